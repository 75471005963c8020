/** The last chapter of the story: what GPT and BERT predict, and which is faster in which sense. */
import { compareModels } from "../../compare/compare.ts";
import type { Compared, Comparison } from "../../compare/results.ts";
import { loadTokenizer } from "../../hub/tokenizer-files.ts";
import type { CompareData } from "../../report/index.ts";
import { troublesOf } from "../compared.ts";
import { bertFolders, bertModel } from "../models/bert.ts";
import { charactersModel } from "../models/characters.ts";
import { type Contender, cachedContenders, tooLarge, withFullSize } from "../models/full-size.ts";
import { gptModel } from "../models/gpt.ts";
import type { StoryRun } from "../runs.ts";
import type { StoryChapter, Telling } from "../telling.ts";

export const compare: StoryChapter<"compare"> = {
  name: "compare",
  title: "GPT or BERT?",
  uses: ["characters", "gpt"],
  runs: bertFolders,
  seconds: ({ masking, fullSize, runs }) => 60 * masking + (fullSize ? 6 * runs + 20 : 10),
  async tell(telling) {
    const { plan, runs } = telling;
    const cached = await cachedContenders();
    if (cached.length === 2) {
      const comparison = await measured(telling, cached, { runs: plan.runs, sweep: true });
      return told(comparison, comparison, []);
    }
    const [characters, gpt, bert] = await trainedHere(telling);
    const predictions = await measured(telling, [characters, gpt, bert], { runs: 0 });
    const obstacle = plan.fullSize
      ? await tooLarge(runs.folderOf("full-size"))
      : "this is the quick form of the story";
    if (obstacle !== undefined) {
      const speed = await measured(telling, [gpt, bert], { runs: plan.runs, sweep: true });
      return told(predictions, speed, [
        `All of this is measured on the small models that were trained here. The speed of models of full size was left out: ${obstacle}.`,
      ]);
    }
    const vocabularies = {
      gpt2: await loadTokenizer(gpt.folder),
      bert: await loadTokenizer(bert.folder),
    };
    return withFullSize(telling, vocabularies, async (contenders) => {
      const speed = await measured(telling, contenders, { runs: plan.runs, sweep: true });
      const random = contenders.filter(({ trained }) => !trained).map(({ label }) => label);
      return told(predictions, speed, [
        `What follows is measured on two sets of models. The predictions are those of the small models that were trained here. Speed is that of GPT-2 and BERT-base at full size: the weights of ${random.join(" and of ")} are random numbers, since nothing was downloaded, and a model with random weights is exactly as fast as one that has learned.`,
      ]);
    });
  },
};

/** The story's own models. */
async function trainedHere(telling: Telling): Promise<readonly [Contender, Contender, Contender]> {
  const contender = (label: string, { folder }: StoryRun): Contender => ({ label, folder, trained: true });
  return [
    contender("the character model", await charactersModel(telling)),
    contender("the small GPT-2", await gptModel(telling)),
    contender("the small BERT", await bertModel(telling)),
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
  caveats: readonly string[],
): CompareData {
  const same = predictions === speed;
  const said = [...caveats, troublesOf(predictions), same ? undefined : troublesOf(speed)].filter(Boolean);
  const asked = same ? [] : predictions.models;
  const twice = (model: Compared) => asked.some((other) => other.model === model.model);
  return {
    ...speed,
    models: [
      ...asked.map((m) => ({ ...m, ...measuresOf(speed.models.find(({ model }) => model === m.model)) })),
      // Those that are only timed may know nothing: what they predict is not shown.
      ...speed.models.filter((model) => !twice(model)).map((model) => (same ? model : onlyTimed(model))),
    ],
    ...(said.length > 0 ? { caveat: said.join(" ") } : {}),
    command: speed.command,
    predicted: predictions.command,
  };
}

/**
 * What was measured of a model, all of it when its speed was: a model that was asked first and timed later has been
 * loaded twice, and its figures come from one of the times.
 */
function measuresOf(timed: Compared | undefined): Partial<Compared> {
  if (timed === undefined) return { speed: [] };
  const { speed, load_ms, memory_mb } = timed;
  return {
    speed,
    ...(load_ms === undefined ? {} : { load_ms }),
    ...(memory_mb === undefined ? {} : { memory_mb }),
  };
}

/** A model of which nothing but its speed is shown. */
function onlyTimed({
  right_context_effect: _,
  attention: __,
  predictions: ___,
  writing: ____,
  ...model
}: Compared): Compared {
  return { ...model, predictions: [] };
}
