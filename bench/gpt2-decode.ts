/**
 * Writing with GPT-2 (124M, random weights, a prompt of 64 tokens) in 32, 8 and 4 bits, beside llama.cpp and
 * transformers.js; and eight texts at once beside one (writing/decode.ts).
 */
import type { BenchRow } from "./bench.ts";
import { PROMPT, writeGpt2 } from "./gpt2/folder.ts";
import { compareWriting } from "./writing/decode.ts";

const gpt2Decode = (): Promise<BenchRow[]> =>
  compareWriting({ title: "GPT-2 124M", write: writeGpt2, prompt: PROMPT, many: 8, runs: 5 });
export default gpt2Decode;
