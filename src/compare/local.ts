/** A model of this machine, run by Punchline, as a contender. */
import { UsageError } from "../core/errors.ts";
import type { LanguageModel } from "../generate/language-model.ts";
import { loadModel } from "../generate/load.ts";
import { promptText, readPrompt } from "../generate/prompt.ts";
import { resolveModel } from "../hub/pull.ts";
import { attentionOf } from "./attention.ts";
import { type Blank, blankFor, withPlainQuotes } from "./blank.ts";
import { limitsOf } from "./cases.ts";
import { type Contender, timingsOf } from "./contender.ts";
import { factsOf } from "./facts.ts";
import { kindOf } from "./kind.ts";
import { memoryQuestion, peakMemory } from "./memory.ts";
import { type CompareOptions, deviceOf } from "./options.ts";
import { predictBlank, rightContextEffect } from "./predictions.ts";
import { punchlineEngine } from "./punchline-engine.ts";
import type { Precision } from "./results.ts";
import { writeOn } from "./writing.ts";

/** Loads a model and has it answer once. */
export async function openLocalEngine(
  name: string,
  shown: string,
  precision: Precision,
  blank: Blank,
  options: CompareOptions,
) {
  const folder = await resolveModel(name);
  const begun = performance.now();
  const quantize = precision === "fp32" ? {} : { quantize: precision };
  const lm: LanguageModel = {
    ...(await loadModel(folder, { ...deviceOf(options), ...quantize })),
    name: shown,
  };
  const suited = blankFor(kindOf(lm.model), blank);
  const own = readBlankAs(lm, suited);
  const engine = punchlineEngine(lm, own);
  try {
    const question = engine.question();
    await engine.look(question);
    const load_ms = performance.now() - begun;
    const changed = lm.cleaning !== undefined && (own.left !== suited.left || own.right !== suited.right);
    const note = changed ? [cleanedNote(shown)] : [];
    return { lm, engine, question, blank: own, cleaned: note, load_ms, release: () => engine.release() };
  } catch (error) {
    await engine.release();
    throw error;
  }
}

/** The text around a blank, cleaned as the model's own texts were; of a model of which that is not known, with plain quotes. */
function readBlankAs(lm: LanguageModel, blank: Blank): Blank {
  if (lm.cleaning === undefined) return withPlainQuotes(blank);
  const { left, right } = blank;
  return { left: promptText(lm, left), right: right === undefined ? undefined : readPrompt(lm, right).text };
}

export const cleanedNote = (shown: string): string =>
  `${shown} reads the text cleaned as the texts that it learned, which changes some of its signs.`;

/** Loads a model, asks it, and keeps it ready for the timing. */
export async function localContender(
  name: string,
  shown: string,
  precision: Precision,
  given: Blank,
  options: CompareOptions,
): Promise<Contender> {
  const { topK = 10, layer = 1, head = 1 } = options;
  const memory_mb = await peakMemory(memoryQuestion(name, "punchline", precision, options), options);
  const opened = await openLocalEngine(name, shown, precision, given, options);
  const { lm, engine, question, load_ms, blank, cleaned } = opened;
  try {
    const candidates = await predictBlank(engine, topK);
    const effect = await rightContextEffect(engine, blank);
    const writing = await writeOn(lm, blank).catch((error: unknown) => {
      if (error instanceof UsageError) return undefined;
      throw error;
    });
    const facts = factsOf(lm.model, question.ids.length);
    const kind = kindOf(lm.model);
    // What holds in one precision holds in the others.
    const first = precision === (options.precisions?.[0] ?? "fp32");
    const attention = first ? await attentionOf(lm, question, facts, { layer, head }) : undefined;
    const notes = first
      ? [...(question.note ? [question.note] : []), ...limitsOf(shown, engine, kind), ...cleaned]
      : [];
    return {
      told: {
        model: shown,
        kind,
        engine: "punchline",
        precision,
        parameters: facts.parameters,
        text: textFor(kind, blank),
        tokens: question.ids.length,
        predictions: candidates.map(({ token, probability }) => ({ token, probability })),
        ...(effect === undefined ? {} : { right_context_effect: effect }),
        ...(typeof attention === "object" ? { attention } : {}),
        ...(writing === undefined ? {} : { writing }),
        facts,
        load_ms,
        ...(memory_mb === undefined ? {} : { memory_mb }),
        notes: typeof attention === "string" ? [...notes, attention] : notes,
      },
      ...timingsOf(shown, engine, options),
      flopsPerToken: (tokens) => factsOf(lm.model, tokens).flops_per_token,
      release: () => engine.release(),
    };
  } catch (error) {
    await engine.release();
    throw error;
  }
}

/** What a model of this kind is given to read. */
export const textFor = (kind: string, { left, right }: Blank): string =>
  kind === "masked" ? `${left} [MASK]${right ?? ""}` : left;
