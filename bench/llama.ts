/**
 * A Llama of SmolLM2-135M's shape (random weights) writing after a prompt of 256 tokens in 32, 8 and 4 bits on two
 * threads, beside llama.cpp. `PUNCHLINE_BITS=4` takes one of the three.
 */
import type { BenchRow } from "./bench.ts";
import { smolTitle, writeSmol } from "./gpt2/smol.ts";
import { oneOf } from "./one-of.ts";
import { allBits, compareWriting } from "./writing/decode.ts";

export default (): Promise<BenchRow[]> =>
  compareWriting({
    title: smolTitle,
    write: writeSmol,
    prompt: 256,
    bits: oneOf("PUNCHLINE_BITS", allBits),
    runs: 3,
  });
