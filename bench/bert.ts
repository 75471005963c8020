/** BERT-base (110M random weights) reading 128 tokens and filling one mask of them, in 32 and 8 bits. */
import type { BenchRow } from "./bench.ts";
import { writeBert } from "./bert/folder.ts";
import { compareReading } from "./bert/forward.ts";

export default (): Promise<BenchRow[]> =>
  compareReading({ title: "bert-base", write: writeBert, quantized: true });
