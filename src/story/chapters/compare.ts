/** The last chapter of the story: what GPT and BERT predict, and which is faster in which sense. */
import { type Comparison, compareModels } from "../../compare/compare.ts";
import { loadTokenizer } from "../../hub/tokenizer-files.ts";
import type { CompareData } from "../../report/index.ts";
import { drawnModel, failuresOf, outputsOf } from "../compared.ts";
import { bertFolders, bertModel } from "../models/bert.ts";
import { charactersModel } from "../models/characters.ts";
import { type Contender, cachedContenders, tooLarge, withFullSize } from "../models/full-size.ts";
import { gptModel } from "../models/gpt.ts";
import type { StoryChapter, Telling } from "../telling.ts";

export const compare: StoryChapter<"compare"> = {
  name: "compare",
  title: "GPT or BERT?",
  uses: ["characters", "gpt"],
  runs: bertFolders,
  seconds: ({ masking, fullSize, runs }) => 60 * masking + (fullSize ? 6 * runs + 20 : 10),
  async tell(telling) {
    const cached = await cachedContenders();
    const known = cached.length === 2 ? cached : await trainedHere(telling);
    const obstacle = telling.plan.fullSize ? await tooLarge(telling.runs.folderOf("full-size")) : undefined;
    if (cached.length === 2 || !telling.plan.fullSize || obstacle !== undefined) {
      const comparison = await measured(telling, known, { runs: telling.plan.runs, sweep: true });
      return told(comparison, comparison, [
        obstacle && `The models are small ones: ${obstacle}, so the figures are theirs alone.`,
      ]);
    }
    const predictions = await measured(telling, known, { runs: 0 });
    const vocabularies = {
      gpt2: await loadTokenizer((await gptModel(telling)).folder),
      bert: await loadTokenizer((await bertModel(telling)).folder),
    };
    const speed = await withFullSize(telling, vocabularies, (contenders) =>
      measured(telling, contenders, { runs: telling.plan.runs, sweep: true }),
    );
    return told(predictions, speed, [
      "What follows is measured on two sets of models. The predictions are those of the small models that were trained here. Speed is that of GPT-2 and BERT-base at full size: their weights are random numbers, since nothing was downloaded, and a model with random weights is exactly as fast as one that has learned.",
    ]);
  },
};

/** The story's own models. */
async function trainedHere(telling: Telling): Promise<Contender[]> {
  return [
    { label: "character model", folder: (await charactersModel(telling)).folder, trained: true },
    { label: "small GPT-2", folder: (await gptModel(telling)).folder, trained: true },
    { label: "small BERT", folder: (await bertModel(telling)).folder, trained: true },
  ];
}

async function measured(
  { emit, signal }: Telling,
  contenders: readonly Contender[],
  options: { readonly runs: number; readonly sweep?: boolean },
): Promise<Comparison & { readonly command: string }> {
  const names = contenders.map(({ folder }) => folder);
  const comparison = await compareModels(names, {
    ...options,
    labels: contenders.map(({ label }) => label),
    signal,
    onProgress: (stage, done) => emit({ type: "work", what: stage, done }),
  });
  // What was timed before an interrupt is a page for `punchline compare`; the story measures it again.
  signal?.throwIfAborted();
  const whole = contenders.every(({ trained }) => trained);
  const command = whole
    ? `punchline compare ${names.join(" ")} --runs ${Math.max(1, options.runs)}${options.sweep ? " --sweep" : ""}`
    : "punchline demo --chapter compare";
  return { ...comparison, command };
}

function told(
  predictions: Comparison & { readonly command: string },
  speed: Comparison & { readonly command: string },
  caveats: readonly (string | false | undefined)[],
): CompareData {
  const same = predictions === speed;
  const said = [...caveats, failuresOf(predictions), same ? undefined : failuresOf(speed)].filter(Boolean);
  return {
    models: same
      ? speed.models.map(drawnModel)
      : [
          ...predictions.models.map((model) => ({ ...drawnModel(model), speed: [] })),
          ...speed.models.map((model) => {
            const { right_context_effect: _, ...drawn } = drawnModel(model);
            return { ...drawn, predictions: [] };
          }),
        ],
    answers: speed.answers,
    by_length: speed.by_length,
    outputs: outputsOf(predictions),
    protocol: speed.protocol,
    ...(said.length > 0 ? { caveat: said.join(" ") } : {}),
    command: speed.command,
    predicted: predictions.command,
  };
}
