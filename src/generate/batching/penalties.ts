/** What changes the scores before the sampler sees them, token by token. */
import { InputError } from "../../core/errors.ts";
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
  /** Ids that may come next. */
  allowed(): Uint32Array;
  /** Takes the token that was chosen. @returns whether the text ends with it */
  accept(id: number): boolean;
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
) => LastChoice;

export interface LastChoice extends Choice {
  /** Whether the constraint ends the text with it. */
  readonly last?: boolean | undefined;
}

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
    const { id } = choose(constraint ? only(constraint.allowed(), scores) : scores, seen, uniform);
    return { id, logProbability: logits[id]! - logSumExp(logits), last: constraint?.accept(id) };
  };
}

/** The scores of some ids; the others cannot be chosen. */
function only(ids: Uint32Array, scores: Float32Array): Float32Array {
  if (ids.length === 0)
    throw new InputError("constraint", "No token of this model goes on as the schema asks.");
  const found = new Float32Array(scores.length).fill(-Infinity);
  for (const id of ids) found[id] = scores[id]!;
  return found;
}
