/** The tokens of prepared data as a training reads them. */
import { UsageError } from "../core/errors.ts";
import { type BatchSource, shuffledWindows, streamWindows } from "../data/batches/index.ts";
import { encodeSplit, type PreparedData } from "../data/prepare.ts";
import { allocateTokens, type TokenArray } from "../data/tokens.ts";
import { beginsAfterEnd } from "../generate/language-model.ts";
import type { Model } from "../models/model.ts";
import type { Tokenizer, TokenizerKind } from "../text/tokenizer.ts";
import type { TokenUnit } from "./events.ts";
import type { TrainOptions } from "./options.ts";
import { carriesState } from "./step.ts";

const units: Readonly<Record<TokenizerKind, TokenUnit>> = {
  character: "characters",
  word: "words",
  bpe: "tokens",
  wordpiece: "tokens",
};

/** What the tokens of a vocabulary are called, in the plural. */
export const tokenUnit = ({ kind }: Pick<Tokenizer, "kind">): TokenUnit => units[kind];

/** The tokens of a split, an end of text first where the vocabulary has one, so that the first token of all is predicted as well. */
export function streamOf(
  data: PreparedData,
  split: "train" | "validation" | "test",
  tokenizer: Tokenizer,
): TokenArray {
  const { tokens } = encodeSplit(data, split, tokenizer);
  if (!(data.kind === "items" || beginsAfterEnd(tokenizer))) return tokens;
  const out = allocateTokens(tokenizer.size, tokens.length + 1);
  out[0] = tokenizer.endOfText;
  out.set(tokens, 1);
  return out;
}

/** Batches of the training split. @throws UsageError where the model cannot read such windows */
export function trainingBatches(model: Model, data: PreparedData, options: TrainOptions): BatchSource {
  const { batchSize: batch, seqLen: length, stride, seed } = options;
  const { model_type } = model.config;
  const carries = carriesState(model);
  const kind = options.windows ?? (carries ? "stream" : "shuffled");
  if (kind === "stream" && !carries)
    throw new UsageError(`${model_type} carries no state from window to window; use --windows shuffled.`);
  if (kind === "stream" && stride !== undefined)
    throw new UsageError("--stride is an option of --windows shuffled; lanes of a stream have no gaps.");
  if (model.predicts === "last" && length !== model.contextLength) {
    throw new UsageError(
      `${model_type} reads windows of ${model.contextLength} tokens, not of --seq-len ${length}.`,
    );
  }
  if (length > model.contextLength) {
    throw new UsageError(
      `--seq-len ${length} is beyond the ${model.contextLength} tokens that ${model_type} sees at once.`,
    );
  }
  const tokens = streamOf(data, "train", data.tokenizer);
  if (kind === "stream") return streamWindows(tokens, { batch, length, seed });
  const windows = shuffledWindows(tokens, {
    batch,
    length,
    seed,
    ...(stride === undefined ? {} : { stride }),
  });
  return model.predicts === "last" ? lastTargets(windows, length) : windows;
}

/** The same windows, of which the target after the last token alone counts. */
function lastTargets(windows: BatchSource, length: number): BatchSource {
  return {
    ...windows,
    targetsPerEpoch: windows.targetsPerEpoch / length,
    targetsPerBatch: windows.targetsPerBatch / length,
    next: () => {
      const batch = windows.next();
      return { ...batch, targets: batch.batch };
    },
  };
}
