/** Batches of a token stream: with carried state, of independent windows, or of whole items. */
export type { BatchSource, TokenBatch } from "./batch.ts";
export { itemBatches } from "./items.ts";
export { shuffledWindows } from "./shuffled.ts";
export { streamWindows } from "./stream.ts";
