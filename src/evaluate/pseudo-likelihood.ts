/**
 * The pseudo-log-likelihood of texts under a masked model (Salazar et al. 2020, "Masked language model scoring",
 * arXiv 1910.14659, equation 2): each token is hidden in turn, and scored given all the others.
 */
import { int32 } from "../core/array.ts";
import { InputError, UsageError } from "../core/errors.ts";
import { requireFinite } from "../core/finite.ts";
import { option } from "../core/options.ts";
import { repeated } from "../generate/decoders/decoder.ts";
import { compileMasked } from "../generate/fill.ts";
import type { LanguageModel } from "../generate/language-model.ts";
import { logSumExp } from "../generate/sampler.ts";
import { isHuggingFaceTokenizer } from "../text/huggingface.ts";
import type { LikelihoodOptions, StreamLoss } from "../train/scoring.ts";

/** Default number of tokens of a piece of a longer text: the work grows with its square. */
const PIECE = 128;

export interface PseudoLoss extends StreamLoss {
  /** Tokens of the longest row that was read, the marks around it included. */
  readonly context: number;
  /** The nats of each text. */
  readonly byText: readonly number[];
}

/**
 * The loss of every token of `texts`, each read by itself; one longer than `length` in several pieces.
 * @throws UsageError where `length` has no room for a token between the marks
 * @throws InputError `no-mask` where the vocabulary has no mask, `too-short` where there is nothing to score
 */
export async function pseudoLikelihood(
  lm: LanguageModel,
  texts: readonly string[],
  { batch = 16, length = PIECE, onProgress, signal }: LikelihoodOptions = {},
): Promise<PseudoLoss> {
  const { model, weights, tokenizer, name } = lm;
  const { mask } = tokenizer;
  if (mask === undefined || !isHuggingFaceTokenizer(tokenizer))
    throw new InputError("no-mask", `The vocabulary of ${name} has no [MASK], so it cannot be scored.`);
  const around = tokenizer.wrap([]).ids.length;
  const room = Math.min(length, model.contextLength) - around;
  if (room < 1)
    throw new UsageError(
      `${option("length", length)} has no room for a token between the ${around} marks around it.`,
      { option: "length", value: length, expected: `more than ${around}` },
    );
  const pieces = texts.flatMap((text, index) =>
    cut(tokenizer.encode(text), room).map((piece) => ({ piece, index })),
  );
  const total = pieces.reduce((n, { piece }) => n + piece.length, 0);
  if (total === 0) throw new InputError("too-short", "There is nothing to score: the text is empty.");
  const step = compileMasked(lm, batch);
  const context = around + pieces.reduce((most, { piece }) => Math.max(most, piece.length), 0);
  const byText = texts.map(() => 0);
  let nats = 0;
  let tokens = 0;
  try {
    for (const { piece, index } of pieces) {
      const { ids, types } = tokenizer.wrap(piece);
      const shape = [batch, ids.length];
      const tokenTypes = int32(shape, repeated(types, batch));
      const first = around > 0 ? 1 : 0;
      for (let k = 0; k < piece.length; k += batch) {
        signal?.throwIfAborted();
        // A batch that is not full repeats its last token.
        const places = Array.from({ length: batch }, (_, r) => first + Math.min(k + r, piece.length - 1));
        const rows = int32(shape, repeated(ids, batch));
        const at = places.map((place, r) => r * ids.length + place);
        for (const place of at) rows.data[place] = mask;
        const logits = (await step(weights, { ids: rows, tokenTypes, at: int32([batch], at) }))
          .data as Float32Array;
        requireFinite(logits, name);
        const width = logits.length / batch;
        for (let r = 0; r < Math.min(batch, piece.length - k); r++) {
          const row = logits.subarray(r * width, (r + 1) * width);
          const loss = logSumExp(row) - row[piece[k + r]!]!;
          nats += loss;
          byText[index]! += loss;
        }
        tokens = Math.min(total, tokens + Math.min(batch, piece.length - k));
        onProgress?.(tokens / total);
      }
    }
  } finally {
    await step.release();
  }
  return { nats, tokens, context, byText };
}

function cut(ids: Int32Array, size: number): Int32Array[] {
  return Array.from({ length: Math.ceil(ids.length / size) }, (_, k) =>
    ids.subarray(k * size, (k + 1) * size),
  );
}
