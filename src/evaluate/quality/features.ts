/**
 * Texts as vectors, for measures that compare distributions of texts (mauve.ts): the mean over a text's
 * tokens of what the model's last layer makes of them.
 *
 * Pillutla et al. take the last token's vector of GPT-2 large. The mean suits small models better, whose
 * last vector knows little but how texts end; values of the measure compare only under one encoder anyway.
 */
import { type HostArray, int32 } from "../../core/array.ts";
import { InputError, UsageError } from "../../core/errors.ts";
import { beginsAfterEnd, type LanguageModel } from "../../generate/language-model.ts";
import { zeroState } from "../../generate/state.ts";
import type { Tensor } from "../../graph/tensor.ts";
import type { Model, State } from "../../models/model.ts";
import { evaluation } from "../../nn/mode.ts";
import type { Parameters } from "../../nn/parameters.ts";
import { compile } from "../../runtime/compile.ts";
import type { Tokenizer } from "../../text/tokenizer.ts";

/** Lengths are rounded up to multiples of this, so that few graphs serve all texts. */
const ROUND = 32;
const BATCH = 16;
/** Most tokens of a text that are read. */
const LONGEST = 256;

/** Whether the model has vectors to compare texts by. */
export const canEncode = (model: Model): boolean => model.predicts !== "last";

/**
 * One vector for each text, of the model's width. Of a long text the first 256 tokens are read, or as many
 * as the model has places for. A text without tokens is read as an empty one, which ends where it begins;
 * characters that the vocabulary cannot spell are passed over.
 *
 * @throws UsageError for a model that has no vector for each token (char-bilstm)
 */
export async function textFeatures(
  lm: LanguageModel,
  texts: readonly string[],
  signal?: AbortSignal,
): Promise<Float32Array[]> {
  const { model, weights, backend, name } = lm;
  if (!canEncode(model)) {
    throw new UsageError(
      `${name} (${model.config.model_type}) has no vector for each token of a text; choose another encoder.`,
    );
  }
  const rows = texts.map((text) => tokensOf(lm, text));
  const masked = model.predicts === "masked";
  const step = compile(
    (parameters: Parameters, input: { ids: Tensor; attentionMask?: Tensor; state: State }) => {
      const hidden = model.forward(parameters, input, evaluation).hidden?.at(-1);
      if (!hidden) throw new UsageError(`${name} has no vector for each token of a text.`);
      return hidden;
    },
    { backend },
  );
  const features = new Array<Float32Array>(texts.length);
  const order = rows.map((_, i) => i).sort((a, b) => rows[a]!.length - rows[b]!.length);
  try {
    for (let k = 0; k < order.length; k += BATCH) {
      signal?.throwIfAborted();
      const some = order.slice(k, k + BATCH);
      const longest = rows[some.at(-1)!]!.length;
      const length = Math.min(mostTokens(model), Math.ceil(longest / ROUND) * ROUND);
      const ids = new Int32Array(BATCH * length);
      const real = new Int32Array(BATCH * length);
      some.forEach((i, row) => {
        ids.set(rows[i]!, row * length);
        real.fill(1, row * length, row * length + rows[i]!.length);
      });
      // Rows of nothing but padding would attend to nothing.
      for (let row = some.length; row < BATCH; row++) real[row * length] = 1;
      const shape = [BATCH, length];
      const carries = !Number.isFinite(model.contextLength);
      const state: Record<string, HostArray> = carries ? zeroState(model.state(BATCH)) : {};
      const input = { ids: int32(shape, ids), state };
      const hidden = await step(weights, masked ? { ...input, attentionMask: int32(shape, real) } : input);
      const width = hidden.shape[1]!;
      some.forEach((i, row) => {
        const from = row * length * width;
        features[i] = meanOfRows((hidden.data as Float32Array).subarray(from), rows[i]!.length, width);
      });
    }
  } finally {
    await step.release();
  }
  return features;
}

/** Tokens that the model can read in one go, at most {@link LONGEST}: a transformer has no place for more. */
function mostTokens(model: Model): number {
  const placed =
    model.predicts === "masked" ||
    Object.values(model.state(1)).some(({ shape }) => shape.some((d) => typeof d === "string"));
  return placed ? Math.min(model.contextLength, LONGEST) : LONGEST;
}

/** The ids that stand for a text, with the special tokens its model is used to. */
function tokensOf({ tokenizer, model }: LanguageModel, text: string): Int32Array {
  const ids = spelled(tokenizer, text);
  const begins = model.predicts === "masked" ? tokenizer.id("[CLS]") : undefined;
  const first = begins ?? (beginsAfterEnd(tokenizer) || ids.length === 0 ? tokenizer.endOfText : undefined);
  const last = model.predicts === "masked" ? [tokenizer.endOfText] : [];
  const room = mostTokens(model) - last.length - (first === undefined ? 0 : 1);
  return Int32Array.of(
    ...(first === undefined ? [] : [first]),
    ...ids.subarray(0, Math.max(0, room)),
    ...last,
  );
}

/** The ids of a text, or of what is left of it without the characters that the vocabulary lacks. */
export function spelled(tokenizer: Tokenizer, text: string): Int32Array {
  const tried = (part: string) => {
    try {
      return tokenizer.encode(part);
    } catch (error) {
      if (error instanceof InputError) return undefined;
      throw error;
    }
  };
  return tried(text) ?? tokenizer.encode([...text].filter((c) => tried(c)).join(""));
}

function meanOfRows(rows: Float32Array, count: number, width: number): Float32Array {
  const mean = new Float32Array(width);
  for (let row = 0; row < count; row++) for (let k = 0; k < width; k++) mean[k]! += rows[row * width + k]!;
  return mean.map((value) => value / count);
}
