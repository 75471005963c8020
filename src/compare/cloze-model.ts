/**
 * A model asked about one text with a gap, wherever the model runs, also in a browser: what it predicts, whether the words
 * right of the gap matter to it, what it looks at, and how fast it is.
 *
 * @example
 * const bert = clozeModel(await openRun(files, webBackend()), "The fox jumped over the [MASK] dog.");
 * await bert.predict(5); // [{ token: "lazy", id: 3170, probability: 0.4 }, ...]
 */
import { checkOptions, optionNames } from "../core/options.ts";
import type { Candidate } from "../generate/fill.ts";
import type { LanguageModel } from "../generate/language-model.ts";
import { type Answers, answersOf } from "./answers.ts";
import { type AttentionMap, attentionOf } from "./attention.ts";
import { casesOf, limitsOf } from "./cases.ts";
import { cleanCloze, suitedCloze } from "./clean-cloze.ts";
import { readCloze, textFor } from "./cloze.ts";
import { factsOf, kindOf, type ModelFacts, type ModelKind } from "./facts.ts";
import { predictCloze, type RightChange, rightChange } from "./predictions.ts";
import { punchlineEngine } from "./punchline-engine.ts";
import { smallModelNotes } from "./small-models.ts";
import { failureNote, type SpeedCase, type Timing, type TimingOptions, timeCases } from "./speed.ts";

export interface ClozeModel {
  readonly name: string;
  readonly kind: ModelKind;
  /** What it reads: for a causal model the text up to the gap. */
  readonly text: string;
  readonly facts: ModelFacts;
  /** Which part of the text it reads, and what it cannot be asked, in sentences. */
  readonly notes: readonly string[];
  readonly cases: readonly SpeedCase[];
  /** The likeliest tokens for the gap. */
  predict(topK: number): Promise<readonly Candidate[]>;
  /** What becomes of the prediction when `right` comes after the gap. */
  change(right: string, topK: number): Promise<RightChange>;
  /** The attention of every head, or a sentence that says why there is none. */
  attention(): Promise<AttentionMap | string>;
  release(): Promise<void>;
}

/**
 * @param text one with a gap, `[MASK]` or `___`, or two
 * @throws UsageError for a text that cannot be asked about
 */
export function clozeModel(lm: LanguageModel, text: string | readonly string[]): ClozeModel {
  const { cloze } = suitedCloze(lm, readCloze(text));
  const engine = punchlineEngine(lm, cloze);
  const question = engine.question();
  const kind = kindOf(lm.model);
  const facts = factsOf(lm.model, question.ids.length);
  return {
    name: lm.name,
    kind,
    text: textFor(kind, cloze),
    facts,
    notes: [...(question.note ? [question.note] : []), ...limitsOf(lm.name, engine)],
    cases: casesOf(lm.name, engine),
    predict: (topK) => predictCloze(engine, topK),
    change(given, topK) {
      const { right = "" } = cleanCloze(lm, { ...cloze, right: given });
      return rightChange(engine, [cloze.right ?? "", right], topK);
    },
    attention: () => attentionOf(lm, question, facts, { layer: 1, head: 1, all: true }),
    release: () => engine.release(),
  };
}

export interface ClozeTimes extends Answers {
  readonly timings: readonly Timing[];
  /** What could not be timed, and what to know before the figures are carried over to other models, in sentences. */
  readonly notes: readonly string[];
}

const timingOptionNames = optionNames<keyof TimingOptions>()("runs warmUp onProgress signal");

/** Times the models in turn, and says which is faster in each sense, with 95 % intervals. */
export async function timeClozeModels(
  models: readonly ClozeModel[],
  options: TimingOptions = {},
): Promise<ClozeTimes> {
  const { timings, failures } = await timeCases(
    models.flatMap(({ cases }) => cases),
    checkOptions(options, timingOptionNames),
  );
  const texts = new Set(models.map(({ kind }) => kind === "masked")).size > 1 ? 2 : 1;
  return {
    timings: timings.map(({ runs: _, ...timing }) => timing),
    ...answersOf(timings, [], texts),
    notes: [
      ...failures.map((failure) => `${failure.model}: ${failureNote(failure)}`),
      ...smallModelNotes(
        models.map(({ name, kind, facts }) => ({ model: name, kind, parameters: facts.parameters })),
      ),
    ],
  };
}
