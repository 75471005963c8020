/** The last chapter of the demo: what GPT and BERT predict, and which is faster in which sense. */

import { defaultText, readCloze } from "../../compare/cloze.ts";
import { compareModels } from "../../compare/compare.ts";
import type { ComparedModel, Comparison } from "../../compare/results.ts";
import { loadTokenizer } from "../../hub/tokenizer-files.ts";
import { percent } from "../../report/format.ts";
import type { CompareData } from "../../report/index.ts";
import { problemsOf } from "../../report/pages/compare.ts";
import { unknownToken, unknownWords } from "../../text/unknown-words.ts";
import type { DemoChapter, DemoContext } from "../context.ts";
import { FULL_SIZE, type FullSizeModel, tooLarge, withFullSize } from "../models/full-size.ts";
import { builtInPair, comparedModels, isSmall, type Pretrained } from "../models/pretrained.ts";

/** Two models are of similar size where neither has more than so many times the parameters of the other. */
const ALIKE = 3;

type MeasuredComparison = Comparison & { readonly command: string };

export const compare: DemoChapter<"compare"> = {
  name: "compare",
  title: "GPT or BERT?",
  question: "GPT or BERT: what can each do, and which is faster?",
  uses: [],
  // The last two are from version 0.1.0.
  runs: [FULL_SIZE, "bert", "bert-untrained"],
  seconds: ({ fullSize, runs }) => 7 + runs / 3 + (fullSize > 0 ? 14 + 3 * fullSize : 0),
  async run(context) {
    const { plan, pretrained, emit } = context;
    const asked = await comparedModels(pretrained);
    const fair = areAlike(asked);
    // Where their sizes explain more of their speed than their kinds do, two of similar size are timed.
    const timed = fair ? asked : await builtInPair();
    const labelled = (models: readonly Pretrained[]) => models.map(({ name }) => ({ label: name, name }));
    const speed = await measured(context, labelled(timed), { runs: plan.runs, sweep: plan.sweep });
    const predictions = fair ? speed : await measured(context, labelled(asked), { runs: 0 });
    emit({ type: "gap", ...gapOf(predictions) });
    const caveats = [
      ...(fair
        ? []
        : [
            `${asked.map(({ name }) => name).join(" and ")} are of very different sizes, so that their times would say nothing of GPT and BERT: those are of ${timed.map(({ name }) => name).join(" and ")}.`,
          ]),
      ...(await unreadable(context, asked[1])),
    ];
    const result = together(predictions, speed, caveats);
    return timed.some(isSmall) ? { ...result, full_size: await atFullSize(context) } : result;
  },
};

/** Words of a text before and after the gap that are shown. */
const AROUND = 9;

/** The sentence around the gap, and the likeliest words for it. */
function gapOf({ models }: Comparison) {
  const { left, right = "" } = readCloze(defaultText);
  const near = left.split(" ");
  return {
    left: near.length > AROUND ? `… ${near.slice(-AROUND).join(" ")}` : left,
    right: right.split(" ").slice(0, AROUND).join(" "),
    models: models
      .filter(({ predictions }) => predictions.length > 0)
      .map(({ model, predictions }) => ({
        model,
        words: predictions.slice(0, 5).map(({ token }) => token.trim()),
      })),
  };
}

const areAlike = ([a, b]: readonly [Pretrained, Pretrained]): boolean =>
  Math.max(a.parameters, b.parameters) <= ALIKE * Math.min(a.parameters, b.parameters);

/** The same cases timed on models as large as the published ones, or why not. */
async function atFullSize(context: DemoContext): Promise<NonNullable<CompareData["full_size"]>> {
  const { plan, runs } = context;
  if (plan.fullSize === 0) return { left_out: "this is the quick form of the demo" };
  const obstacle = await tooLarge(runs.folderOf(FULL_SIZE));
  if (obstacle !== undefined) return { left_out: obstacle };
  const [gpt, bert] = await builtInPair();
  const vocabularies = { gpt2: await loadTokenizer(gpt.folder), bert: await loadTokenizer(bert.folder) };
  return withFullSize(context, vocabularies, async (fullSize) => {
    const { models, answers, protocol, command } = await measured(context, fullSize, { runs: plan.fullSize });
    return {
      models: models.map(onlyTimed),
      answers,
      protocol,
      command,
      random: fullSize.flatMap(({ label, random }) => (random ? [label] : [])),
    };
  });
}

async function measured(
  { emit, signal }: DemoContext,
  compared: readonly FullSizeModel[],
  options: { readonly runs: number; readonly sweep?: boolean | undefined },
): Promise<MeasuredComparison> {
  const names = compared.map(({ name }) => name);
  const comparison = await compareModels(names, {
    ...options,
    labels: compared.map(({ label }) => label),
    heads: true,
    signal,
    onProgress: (stage, done) => emit({ type: "work", what: stage, done }),
  });
  // `punchline compare` shows what was timed before an interrupt; the demo measures it again.
  signal?.throwIfAborted();
  const command = compared.some(({ random }) => random)
    ? "punchline demo --chapter compare"
    : `punchline compare ${names.join(" ")} --runs ${Math.max(1, options.runs)}${options.sweep ? " --sweep" : ""}`;
  return { ...comparison, command };
}

/** A sentence about the words of the texts that the BERT cannot read; none where it reads nearly all. */
async function unreadable({ data }: DemoContext, { name, folder }: Pretrained): Promise<string[]> {
  const tokenizer = await loadTokenizer(folder);
  const texts = data.splits.train.slice(0, 500);
  const unknown = texts.flatMap((text) => unknownWords(tokenizer, text));
  const words = texts.reduce((sum, text) => sum + (text.match(/\S+/g)?.length ?? 0), 0);
  if (unknown.length <= 0.02 * words) return [];
  return [
    `${name} cannot read ${percent(unknown.length / words)} of the words of your texts, such as “${unknown[0]!}”: its vocabulary lacks their letters, and it sees ${unknownToken(tokenizer)} in their place. A GPT-2 spells every text by its bytes. The two are compared on an English text.`,
  ];
}

function together(
  predictions: MeasuredComparison,
  speed: MeasuredComparison,
  caveats: readonly string[],
): CompareData {
  const same = predictions === speed;
  const said = [...caveats, problemsOf(predictions), same ? undefined : problemsOf(speed)].filter(Boolean);
  const asked = same ? [] : predictions.models;
  const twice = (model: ComparedModel) => asked.some((other) => other.model === model.model);
  return {
    ...speed,
    models: [
      ...asked.map((m) => ({ ...m, ...measuresOf(speed.models.find(({ model }) => model === m.model)) })),
      ...speed.models.filter((model) => !twice(model)).map((model) => (same ? model : onlyTimed(model))),
    ],
    caveat: said.length > 0 ? said.join(" ") : undefined,
    command: speed.command,
    predicted: predictions.command,
  };
}

/**
 * The figures from the timing, for a model that was loaded once to be asked and once to be timed: all come from the
 * same time, where that has them.
 */
function measuresOf(timed: ComparedModel | undefined): Partial<ComparedModel> {
  if (timed === undefined) return { speed: [] };
  const { speed, load_ms, memory_mb } = timed;
  return { speed, ...(load_ms !== undefined && { load_ms }), ...(memory_mb !== undefined && { memory_mb }) };
}

/** A model of which only the speed is shown: it may be untrained. */
function onlyTimed({
  right_context_effect: _,
  attention: __,
  predictions: ___,
  writing: ____,
  ...model
}: ComparedModel): ComparedModel {
  return { ...model, predictions: [] };
}
