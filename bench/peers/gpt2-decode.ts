/** Punchline itself, writing after a prompt, in a process of its own as the peers are. One JSON line in, one out. */
import { createInterface } from "node:readline";
import { createDecoder } from "../../src/generate/decoders/create.ts";
import type { Decoder } from "../../src/generate/decoders/decoder.ts";
import { loadModel } from "../../src/generate/load.ts";
import { argmax } from "../../src/generate/sampler.ts";
import type { Quantization } from "../../src/models/quantize.ts";
import { promptIds } from "../gpt2/folder.ts";

type Ask =
  | {
      readonly op: "setup";
      readonly folder: string;
      readonly batch: number;
      readonly threads: number;
      readonly quantize?: Quantization;
    }
  | { readonly op: "write"; readonly tokens: number; readonly prompt: number };

let decoder: Decoder | undefined;

/** The likeliest tokens after the prompt: seconds to the first one, and tokens a second after it. */
async function write(from: Decoder, tokens: number, prompt: number) {
  const { batch } = from;
  from.reset();
  const begun = performance.now();
  let logits = await from.append(Int32Array.from(promptIds(batch, prompt)));
  const size = logits.length / batch;
  const best = (r: number) => argmax(logits.subarray(r * size, (r + 1) * size));
  const choose = () => Int32Array.from({ length: batch }, (_, r) => best(r));
  let next = choose();
  const first = performance.now();
  for (let t = 0; t < tokens; t++) {
    logits = await from.append(next);
    next = choose();
  }
  const seconds = (performance.now() - first) / 1000;
  return { first: (first - begun) / 1000, rate: (batch * tokens) / seconds };
}

for await (const line of createInterface({ input: process.stdin })) {
  const ask = JSON.parse(line) as Ask;
  let answer = {};
  if (ask.op === "setup") {
    const { folder, batch, threads, quantize } = ask;
    const lm = await loadModel(folder, { threads, ...(quantize ? { quantize } : {}) });
    decoder = createDecoder(lm, { batch });
  } else answer = await write(decoder!, ask.tokens, ask.prompt);
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
