/**
 * Writing with GPT-2 (124M, random weights, a prompt of 64 tokens) in 32, 8 and 4 bits, beside llama.cpp and
 * transformers.js; and eight texts at once beside one (writing/decode.ts). `PUNCHLINE_PROMPT=512` takes a prompt of that
 * many tokens.
 */
import type { BenchRow } from "./bench.ts";
import { PROMPT, writeGpt2 } from "./gpt2/folder.ts";
import { compareWriting } from "./writing/decode.ts";

const gpt2Decode = (): Promise<BenchRow[]> => {
  const prompt = Number(process.env.PUNCHLINE_PROMPT ?? PROMPT);
  if (!Number.isInteger(prompt) || prompt < 1 || prompt > 900)
    throw new Error(
      `PUNCHLINE_PROMPT must be a whole number from 1 to 900, not ${process.env.PUNCHLINE_PROMPT}.`,
    );
  return compareWriting({ title: "GPT-2 124M", write: writeGpt2, prompt, many: 8, runs: 5 });
};
export default gpt2Decode;
