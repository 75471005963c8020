/** Batches of a token stream: with carried state, of independent windows, or of whole items. */
export type { BatchSource, RowLayout, TokenBatch } from "./batch.ts";
export { itemBatches, itemPass } from "./items.ts";
export { MASK_SHARE, type Masking, maskedBatches, maskedPass, maskingRules, mostMasked } from "./masking.ts";
export type { LongItems } from "./rows.ts";
export { shuffledWindows } from "./shuffled.ts";
export { streamWindows } from "./stream.ts";
