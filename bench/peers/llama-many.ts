/** llama.cpp through node-llama-cpp, writing one text and several at once. One JSON line in, one out. */
import { createInterface } from "node:readline";
import { peers } from "../../test/peers.ts";
import type { LlamaModule, Sequence } from "./node-llama-cpp.ts";

type Ask =
  | { readonly op: "setup"; readonly path: string; readonly threads: number; readonly sequences: number }
  | {
      readonly op: "write";
      readonly prompt: readonly number[];
      readonly tokens: number;
      readonly texts: number;
    };

const { getLlama } = (await import(peers.llama!)) as LlamaModule;
let sequences: readonly Sequence[] = [];

async function open({ path, threads, sequences: count }: Extract<Ask, { op: "setup" }>): Promise<Sequence[]> {
  const llama = await getLlama({ gpu: false, build: "never", logLevel: "error", maxThreads: threads });
  const model = await llama.loadModel({ modelPath: path, gpuLayers: 0 });
  const context = await model.createContext({ contextSize: 256, sequences: count, threads });
  return Array.from({ length: count }, () => context.getSequence());
}

async function one(sequence: Sequence, prompt: readonly number[], tokens: number): Promise<number> {
  await sequence.clearHistory();
  let written = 0;
  for await (const _ of sequence.evaluate(prompt, { temperature: 0.8 })) if (++written === tokens) break;
  return written;
}

for await (const line of createInterface({ input: process.stdin })) {
  const ask = JSON.parse(line) as Ask;
  let answer = {};
  if (ask.op === "setup") sequences = await open(ask);
  else {
    const begun = performance.now();
    const some = sequences.slice(0, ask.texts).map((sequence) => one(sequence, ask.prompt, ask.tokens));
    const written = (await Promise.all(some)).reduce((a, b) => a + b, 0);
    answer = { rate: written / ((performance.now() - begun) / 1000) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
