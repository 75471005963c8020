/** What changes the scores before the sampler sees them, token by token. */
import { invalidOption } from "../../core/options.ts";
import { type Choice, createSampler, logSumExp, type SamplerOptions } from "../sampler.ts";

export interface ScoreOptions extends SamplerOptions {
  /** Subtracted from the score of every token that was written before, as OpenAI's API has it. Default 0. */
  readonly presencePenalty?: number | undefined;
  /** Subtracted for each time that a token was written before. Default 0. */
  readonly frequencyPenalty?: number | undefined;
  /** Added to the scores of single tokens, by id. Default: none. */
  readonly logitBias?: ReadonlyMap<number, number> | undefined;
}

/** What the next token may be. */
export interface Constraint {
  /** 1 for ids that may come next; undefined where all may. */
  allowed(): Uint8Array | undefined;
  /** Takes the token that was chosen. */
  accept(id: number): void;
}

/**
 * @param logits [vocabulary], which stay as they are
 * @param seen ids of the prompt and those written
 * @param written ids written
 */
export type Chooser = (
  logits: Float32Array,
  seen: Iterable<number>,
  written: readonly number[],
  uniform: number,
) => Choice;

/**
 * A sampler behind penalties and a constraint. The log-probability of its choice is that of the model itself.
 * @param size ids below this have a spelling
 * @param never an id that is not chosen
 * @throws UsageError for an option out of range
 */
export function createChooser(
  options: ScoreOptions,
  { size, never }: { readonly size: number; readonly never?: number | undefined },
  constraint?: Constraint,
): Chooser {
  const { presencePenalty = 0, frequencyPenalty = 0, logitBias } = options;
  for (const [name, value] of Object.entries({ presencePenalty, frequencyPenalty }))
    if (!(value >= -2 && value <= 2)) throw invalidOption(name, value, "from -2 to 2");
  for (const id of logitBias?.keys() ?? [])
    if (!(Number.isInteger(id) && id >= 0 && id < size))
      throw invalidOption("logitBias", id, `ids below ${size}`);
  const choose = createSampler(options, { size, never });
  if (presencePenalty === 0 && frequencyPenalty === 0 && !logitBias?.size && !constraint)
    return (logits, seen, _, uniform) => choose(logits, seen, uniform);
  return (logits, seen, written, uniform) => {
    const scores = logits.slice();
    for (const [id, bias] of logitBias ?? []) scores[id]! += bias;
    const counts = new Map<number, number>();
    for (const id of written) counts.set(id, (counts.get(id) ?? 0) + 1);
    for (const [id, count] of counts) scores[id]! -= presencePenalty + frequencyPenalty * count;
    const allowed = constraint?.allowed();
    if (allowed) for (let id = 0; id < scores.length; id++) if (!allowed[id]) scores[id] = -Infinity;
    const { id } = choose(scores, seen, uniform);
    constraint?.accept(id);
    return { id, logProbability: logits[id]! - logSumExp(logits) };
  };
}
