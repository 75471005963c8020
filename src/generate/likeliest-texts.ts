/**
 * The likeliest continuations of a text by beam search: the best `beams` beginnings go on side by side, as rows
 * of one batch, and a text's rank is its probability under the model, the sum of its tokens' log-probabilities.
 */
import { type Continuation, continuationOf } from "../text/stream-decoder.ts";
import type { Decoder } from "./decoders/decoder.ts";
import type { LanguageModel } from "./language-model.ts";
import { likeliest } from "./likeliest.ts";
import { logSumExp } from "./sampler.ts";

export interface LikeliestOptions {
  /** Beginnings that go on side by side: 1 is greedy. At most the decoder's rows. */
  readonly beams: number;
  /** Texts wanted; at most `beams`. */
  readonly n: number;
  /** Most tokens of a text. */
  readonly maxLength: number;
  /** Texts that end a result; they are not part of it. */
  readonly stop?: readonly string[] | undefined;
  /** How a text goes on after the prompt. Default: as one that begins. */
  readonly continuation?: Continuation | undefined;
  /** A token that is never written. */
  readonly never?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A continuation. */
export interface LikelyText {
  readonly ids: readonly number[];
  readonly text: string;
  /** Of each token. */
  readonly logProbabilities: readonly number[];
  readonly finish: "eos" | "length" | "stop";
}

interface Beam {
  /** The row that it goes on from. */
  readonly row: number;
  readonly ids: readonly number[];
  readonly logProbabilities: readonly number[];
  readonly total: number;
}

/**
 * The best continuations that the search meets, likeliest first.
 * @param decoder of `beams` rows; it is left with the prompt read
 * @param prompt ids, at least one
 */
export async function likeliestTexts(
  lm: LanguageModel,
  decoder: Decoder,
  prompt: Int32Array,
  options: LikeliestOptions,
): Promise<LikelyText[]> {
  const { n, maxLength, signal, continuation = continuationOf(lm.tokenizer, "") } = options;
  const { batch } = decoder;
  const results: (LikelyText & { readonly total: number })[] = [];
  const rank = () => results.sort((a, b) => b.total - a.total).slice(0, n);
  let at = decoder;
  let logits = await decoder.start(prompt, options.signal);
  let beams: readonly Beam[] = [{ row: 0, ids: [], logProbabilities: [], total: 0 }];
  for (let length = 1; length <= maxLength; length++) {
    const open: Beam[] = [];
    for (const beam of expand(lm, beams, logits, batch, options)) {
      const ended = endOf(lm, continuation, beam, options);
      if (ended) results.push({ ...ended, logProbabilities: beam.logProbabilities, total: beam.total });
      else if (open.push(beam) === options.beams) break;
    }
    // A beam only loses probability: none behind the n-th result can still get before it.
    const worst = rank()[n - 1]?.total ?? -Infinity;
    beams = open.filter(({ total }) => total > worst);
    if (beams.length === 0 || length === maxLength) break;
    signal?.throwIfAborted();
    const rows = Array.from({ length: batch }, (_, i) => beams[i] ?? beams[0]!);
    at = at.branch(rows.map(({ row }) => row));
    logits = await at.append(Int32Array.from(rows, ({ ids }) => ids.at(-1)!));
    beams = beams.map((beam, row) => ({ ...beam, row }));
  }
  for (const { ids, logProbabilities, total } of beams)
    results.push({ ids, text: continuation.decode(ids), logProbabilities, finish: "length", total });
  return rank().map(({ total: _, ...text }) => text);
}

/** Every beam with one more token, likeliest first: enough of them to go on with and to end. */
function expand(
  { tokenizer }: LanguageModel,
  beams: readonly Beam[],
  logits: Float32Array,
  batch: number,
  { beams: count, never }: LikeliestOptions,
): Beam[] {
  const width = logits.length / batch;
  return beams
    .flatMap(({ row, ids, logProbabilities, total }) => {
      const all = logSumExp(logits.subarray(row * width, (row + 1) * width));
      const scores = logits.slice(row * width, row * width + Math.min(width, tokenizer.size));
      if (never !== undefined) scores[never] = -Infinity;
      return Array.from(likeliest(scores, 2 * count), (id) => {
        const logProbability = scores[id]! - all;
        return {
          row,
          ids: [...ids, id],
          logProbabilities: [...logProbabilities, logProbability],
          total: total + logProbability,
        };
      });
    })
    .sort((a, b) => b.total - a.total);
}

/** How a beam has come to its end, or undefined where it goes on. */
function endOf(
  { tokenizer, stopAtEos }: LanguageModel,
  continuation: Continuation,
  { ids }: Beam,
  { stop = [] }: LikeliestOptions,
): Pick<LikelyText, "ids" | "text" | "finish"> | undefined {
  if (stopAtEos && ids.at(-1) === tokenizer.endOfText)
    return { ids, text: continuation.decode(ids.slice(0, -1)), finish: "eos" };
  if (stop.length === 0) return undefined;
  const text = continuation.decode(ids);
  const cut = Math.min(...stop.map((s) => text.indexOf(s)).filter((at) => at >= 0));
  return Number.isFinite(cut) ? { ids, text: text.slice(0, cut), finish: "stop" } : undefined;
}
