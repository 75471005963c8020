/** Batches of a token stream: with carried state, of independent windows, or of whole items. */
export type { BatchSource, BatchState, TokenBatch } from "./batch.ts";
export { type ItemOptions, itemBatches } from "./items.ts";
export { type ShuffledOptions, shuffledWindows } from "./shuffled.ts";
export { type StreamOptions, streamWindows } from "./stream.ts";
