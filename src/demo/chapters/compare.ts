/** The last chapter of the story: what GPT and BERT predict, and which is faster in which sense. */
import { compareModels } from "../../compare/compare.ts";
import type { ComparedModel, Comparison } from "../../compare/results.ts";
import { loadTokenizer } from "../../hub/tokenizer-files.ts";
import { type CompareData, percent } from "../../report/index.ts";
import { troublesOf } from "../../report/pages/compared.ts";
import { unknownToken, unknownWords } from "../../text/unknown-words.ts";
import type { StoryChapter, Telling } from "../context.ts";
import { type Contender, FULL_SIZE, tooLarge, withFullSize } from "../models/full-size.ts";
import { builtInPair, comparedModels, isSmall, type Pretrained } from "../models/pretrained.ts";

/** Two models are of a size where neither has more than so many times the parameters of the other. */
const ALIKE = 3;

type Measured = Comparison & { readonly command: string };

export const compare: StoryChapter<"compare"> = {
  name: "compare",
  title: "GPT or BERT?",
  uses: [],
  // The last two are what stories of 0.1.0 have left.
  runs: [FULL_SIZE, "bert", "bert-untrained"],
  seconds: ({ fullSize, runs }) => 7 + runs / 3 + (fullSize > 0 ? 14 + 3 * fullSize : 0),
  async tell(telling) {
    const { plan, pretrained } = telling;
    const asked = await comparedModels(pretrained);
    const fair = areAlike(asked);
    // Where their sizes say more of their speed than their kinds do, two of a size are timed.
    const timed = fair ? asked : await builtInPair();
    const contenders = (models: readonly Pretrained[]) => models.map(({ name }) => ({ label: name, name }));
    const speed = await measured(telling, contenders(timed), {
      runs: plan.runs,
      sweep: plan.sweep,
    });
    const predictions = fair ? speed : await measured(telling, contenders(asked), { runs: 0 });
    const caveats = [
      ...(fair
        ? []
        : [
            `${asked.map(({ name }) => name).join(" and ")} are of very different sizes, so that their times would say nothing of GPT and BERT: those are of ${timed.map(({ name }) => name).join(" and ")}.`,
          ]),
      ...(await unreadable(telling, asked[1])),
    ];
    const told = together(predictions, speed, caveats);
    return timed.some(isSmall) ? { ...told, full_size: await atFullSize(telling) } : told;
  },
};

const areAlike = ([a, b]: readonly [Pretrained, Pretrained]): boolean =>
  Math.max(a.parameters, b.parameters) <= ALIKE * Math.min(a.parameters, b.parameters);

/** The same cases timed on models as large as the published ones, or why they were not. */
async function atFullSize(telling: Telling): Promise<NonNullable<CompareData["full_size"]>> {
  const { plan, runs } = telling;
  if (plan.fullSize === 0) return { left_out: "this is the quick form of the story" };
  const obstacle = await tooLarge(runs.folderOf(FULL_SIZE));
  if (obstacle !== undefined) return { left_out: obstacle };
  const [gpt, bert] = await builtInPair();
  const vocabularies = {
    gpt2: await loadTokenizer(gpt.folder),
    bert: await loadTokenizer(bert.folder),
  };
  return withFullSize(telling, vocabularies, async (contenders) => {
    const { models, answers, protocol, command } = await measured(telling, contenders, {
      runs: plan.fullSize,
    });
    return {
      models: models.map(onlyTimed),
      answers,
      protocol,
      command,
      random: contenders.flatMap(({ label, random }) => (random ? [label] : [])),
    };
  });
}

async function measured(
  { emit, signal }: Telling,
  contenders: readonly Contender[],
  options: { readonly runs: number; readonly sweep?: boolean },
): Promise<Measured> {
  const names = contenders.map(({ name }) => name);
  const comparison = await compareModels(names, {
    ...options,
    labels: contenders.map(({ label }) => label),
    signal,
    onProgress: (stage, done) => emit({ type: "work", what: stage, done }),
  });
  // What was timed before an interrupt is a page for `punchline compare`; the story measures it again.
  signal?.throwIfAborted();
  const command = contenders.some(({ random }) => random)
    ? "punchline demo --chapter compare"
    : `punchline compare ${names.join(" ")} --runs ${Math.max(1, options.runs)}${options.sweep ? " --sweep" : ""}`;
  return { ...comparison, command };
}

/** What of the texts of the story the BERT cannot read, in a sentence; nothing where it reads nearly all. */
async function unreadable({ data }: Telling, { name, folder }: Pretrained): Promise<string[]> {
  const tokenizer = await loadTokenizer(folder);
  const texts = data.splits.train.slice(0, 500);
  const unknown = texts.flatMap((text) => unknownWords(tokenizer, text));
  const words = texts.reduce((sum, text) => sum + (text.match(/\S+/g)?.length ?? 0), 0);
  if (unknown.length <= 0.02 * words) return [];
  return [
    `${name} cannot read ${percent(unknown.length / words)} of the words of your texts, such as “${unknown[0]!}”: its vocabulary lacks their letters, and it sees ${unknownToken(tokenizer)} in their place. A GPT-2 spells every text by its bytes. The two are compared on an English text.`,
  ];
}

function together(predictions: Measured, speed: Measured, caveats: readonly string[]): CompareData {
  const same = predictions === speed;
  const said = [...caveats, troublesOf(predictions), same ? undefined : troublesOf(speed)].filter(Boolean);
  const asked = same ? [] : predictions.models;
  const twice = (model: ComparedModel) => asked.some((other) => other.model === model.model);
  return {
    ...speed,
    models: [
      ...asked.map((m) => ({ ...m, ...measuresOf(speed.models.find(({ model }) => model === m.model)) })),
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
function measuresOf(timed: ComparedModel | undefined): Partial<ComparedModel> {
  if (timed === undefined) return { speed: [] };
  const { speed, load_ms, memory_mb } = timed;
  return {
    speed,
    ...(load_ms === undefined ? {} : { load_ms }),
    ...(memory_mb === undefined ? {} : { memory_mb }),
  };
}

/** A model of which nothing but its speed is shown: it may know nothing. */
function onlyTimed({
  right_context_effect: _,
  attention: __,
  predictions: ___,
  writing: ____,
  ...model
}: ComparedModel): ComparedModel {
  return { ...model, predictions: [] };
}
