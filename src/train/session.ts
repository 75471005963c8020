/** One session of a training, from its state to where it stops, and the result. */
import type { DataSummary } from "../data/summary.ts";
import { fillMasks } from "../generate/fill.ts";
import type { LanguageModel } from "../generate/language-model.ts";
import { sample } from "../generate/sample.ts";
import { countParameters } from "../models/model.ts";
import type { Checkpoint } from "./checkpoint-tensors.ts";
import type { LogRow, SampleRow, StopReason } from "./events.ts";
import type { Results } from "./memory-results.ts";
import type { TrainOptions } from "./options.ts";
import type { Setup } from "./setup.ts";
import { streamOf, tokenUnit, validationPass } from "./streams.ts";
import { type TrainListeners, trainOn } from "./trainer.ts";

export interface SessionHooks extends TrainListeners {
  /**
   * Writes each sample along the way with the model as it is then; lines of the text are kept. Default: one text at
   * temperature 0.8, from the same random numbers each time; of a masked model, `samplePrompt` with its gaps filled.
   */
  readonly writeSample?: ((lm: LanguageModel) => Promise<string>) | undefined;
}

export interface TrainSummary {
  /** The run folder, or null. */
  readonly run: string | null;
  readonly steps: number;
  readonly parameters: number;
  /** How many of the parameters are trained. */
  readonly trainable: number;
  /** Nats per token, over the last line of the log; null where the training was stopped before its first. */
  readonly train_loss: number | null;
  /** Nats per token of the weights that the run offers; null where there has been no validation. */
  readonly val_loss: number | null;
  /** Tokens by the seconds of their steps, over the last 20 lines of the log. */
  readonly tokens_per_s: number;
  readonly seconds: number;
  readonly stopped: StopReason;
  /** Processes that have shared the steps; absent where there was no launcher of several. */
  readonly ranks?: number | undefined;
}

export interface SessionResult {
  readonly lm: LanguageModel;
  readonly summary: TrainSummary;
  /** What the data is that was trained on. */
  readonly data: DataSummary;
  readonly log: readonly LogRow[];
  readonly samples: readonly SampleRow[];
}

/** Rows of different lengths count by what was read in them: the mean of their speeds would be that of no training. */
function recentSpeed(log: readonly LogRow[]): number {
  let tokens = 0;
  let seconds = 0;
  for (const [i, row] of log.entries()) {
    if (i < log.length - 20) continue;
    const read = row.tokens - (log[i - 1]?.tokens ?? 0);
    tokens += read;
    seconds += read / row.tokens_per_s;
  }
  return seconds > 0 ? tokens / seconds : 0;
}

export interface SessionParts {
  readonly hooks: SessionHooks;
  readonly results: Results;
  /** The run folder; undefined for memory. */
  readonly name?: string | undefined;
  /** The ids that end a text of the base, besides the vocabulary's end. */
  readonly ends?: readonly number[] | undefined;
  /** Where to go on from. */
  readonly checkpoint?: Checkpoint | undefined;
}

/** Trains until a limit or a signal ends the session. Runs in a browser. */
export async function session(
  setup: Setup,
  { hooks, results, name, ends, checkpoint }: SessionParts,
): Promise<SessionResult> {
  const { model, data, options, backend, arena, optimizer, step } = setup;
  const { tokenizer } = data;
  const lm: LanguageModel = {
    model,
    weights: arena.parameters,
    tokenizer,
    backend,
    stopAtEos: data.kind === "items",
    ends,
    isolateDocuments: options.packing !== "stream",
    cleaning: data.cleaning,
    name: name ?? model.config.model_type,
  };
  try {
    const { stopped, state } = await trainOn({
      ...setup,
      onEvent: hooks.onEvent,
      stopWhen: hooks.stopWhen,
      signal: hooks.signal,
      ...validationSplitOf(setup),
      sink: results,
      unit: tokenUnit(tokenizer),
      writeSample: sampleWriter(lm, options, hooks),
      resume: checkpoint,
    });
    await results.offer(options.keep, state);
    const { log, samples } = await results.history();
    const summary: TrainSummary = {
      run: name ?? null,
      steps: state.step,
      parameters: countParameters(model),
      trainable: setup.trainable,
      train_loss: state.lastLoss,
      val_loss: options.keep === "best" ? state.bestLoss : state.lastValidation,
      tokens_per_s: recentSpeed(log),
      seconds: state.seconds,
      stopped,
      ...(setup.lead === undefined ? {} : { ranks: setup.lead.ranks.size }),
    };
    return { lm, summary, data: data.summary, log, samples };
  } finally {
    await step.release();
    await optimizer.release?.();
  }
}

/** What is scored along the way. */
export const validationSplitOf = ({ model, data, options }: Pick<Setup, "model" | "data" | "options">) =>
  validationPass(model, data, options) ?? {
    validation: streamOf(data, "validation", data.tokenizer, options.validationTokens + 1),
  };

/** How a text is written on the way; a model that fills masks does so in the prompt, and without one not at all. */
function sampleWriter(
  lm: LanguageModel,
  options: TrainOptions,
  { writeSample: own }: SessionHooks,
): (() => Promise<string>) | undefined {
  if (own !== undefined) return () => own(lm);
  if (lm.model.predicts !== "masked") return () => writeSample(lm, options);
  const { samplePrompt } = options;
  return samplePrompt === "" ? undefined : async () => (await fillMasks(lm, samplePrompt)).text;
}

/** A text on the way: the same seed each time, so that what changes is the model. */
async function writeSample(lm: LanguageModel, { samplePrompt, seed }: TrainOptions): Promise<string> {
  const [one] = await sample(lm, {
    prompt: samplePrompt,
    seed,
    maxLength: 160,
    temperature: 0.8,
    slide: true,
  });
  return one!.prompt + one!.text;
}
