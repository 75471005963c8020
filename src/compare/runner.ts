/** One column of a comparison: a model as one program runs it, asked what it predicts and ready to be timed. */
import { batchCases, casesOf, lengthCases, limitsOf } from "./cases.ts";
import { type Cloze, textFor } from "./cloze.ts";
import type { Engine, Question } from "./engine.ts";
import { factsOf, kindOf, type ModelFacts } from "./facts.ts";
import { peakMemory } from "./memory.ts";
import type { ModelRequest } from "./options.ts";
import { predictCloze, rightContextEffect } from "./predictions.ts";
import type { ComparedModel, EngineName } from "./results.ts";
import type { SpeedCase } from "./speed.ts";

export interface ModelRunner {
  /** All results but the times. */
  readonly result: Omit<ComparedModel, "speed">;
  readonly cases: readonly SpeedCase[];
  readonly lengths: readonly SpeedCase[];
  readonly batches: readonly SpeedCase[];
  /** Floating-point operations to read one token of a text of so many; undefined where only its service knows. */
  readonly flopsPerToken: ((tokens: number) => number) | undefined;
  release(): Promise<void>;
}

/** A model on this machine that has been loaded and has answered once. */
export interface OpenedModel {
  readonly engine: Engine;
  /** The text as this model reads it. */
  readonly cloze: Cloze;
  /** Whether cleaning it as the model's own texts were has changed it. */
  readonly cleaned: boolean;
  readonly load_ms: number;
  release(): Promise<void>;
}

/** What one program can find out more. */
type Extras = Partial<Pick<ComparedModel, "attention" | "writing" | "notes">>;

/**
 * Opens a model on this machine, asks it, and keeps it ready to be timed.
 * @param askMore asks what only this program can; not what holds in every precision, where `first` is false
 */
export async function engineRunner<Opened extends OpenedModel>(
  program: EngineName,
  request: ModelRequest,
  open: (request: ModelRequest) => Promise<Opened>,
  askMore?: (opened: Opened, question: Question, facts: ModelFacts, first: boolean) => Promise<Extras>,
): Promise<ModelRunner> {
  const { label, precision, options } = request;
  const { topK = 10, sweep = false, precisions } = options;
  const memory_mb = await peakMemory(program, request);
  const opened = await open(request);
  const { engine, cloze, cleaned, load_ms, release } = opened;
  try {
    const { model } = engine;
    const kind = kindOf(model);
    const question = engine.question();
    const tokens = question.ids.length;
    const facts = factsOf(model, tokens);
    const predictions = await predictCloze(engine, topK);
    const right_context_effect = await rightContextEffect(engine, cloze);
    const first = precision === (precisions?.[0] ?? "fp32");
    const { attention, writing, notes = [] } = (await askMore?.(opened, question, facts, first)) ?? {};
    return {
      result: {
        model: label,
        kind,
        engine: program,
        precision,
        parameters: facts.parameters,
        text: textFor(kind, cloze),
        tokens,
        predictions: predictions.map(({ token, probability }) => ({ token, probability })),
        right_context_effect,
        attention,
        writing,
        facts,
        load_ms,
        memory_mb,
        notes: first
          ? [
              ...(question.note ? [question.note] : []),
              ...limitsOf(label, engine),
              ...(cleaned
                ? [
                    `${label} reads the text cleaned as the texts that it learned, which changes some of its signs.`,
                  ]
                : []),
              ...notes,
            ]
          : [],
      },
      cases: casesOf(label, engine),
      lengths: sweep ? lengthCases(label, engine) : [],
      batches: sweep ? batchCases(label, engine) : [],
      flopsPerToken: (length) => factsOf(model, length).flops_per_token,
      release,
    };
  } catch (error) {
    await release();
    throw error;
  }
}
