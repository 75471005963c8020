/** llama.cpp through node-llama-cpp, writing after a prompt. One JSON line in, one out. */
import { createInterface } from "node:readline";
import { peers } from "../../test/peers.ts";
import type { LlamaModule, Sequence } from "./node-llama-cpp.ts";

type Ask =
  | { readonly op: "setup"; readonly path: string; readonly threads: number }
  | { readonly op: "write"; readonly prompt: readonly number[]; readonly tokens: number };

const { getLlama } = (await import(peers.llama!)) as LlamaModule;
let sequence: Sequence | undefined;

async function open(path: string, threads: number): Promise<Sequence> {
  const llama = await getLlama({ gpu: false, build: "never", logLevel: "error", maxThreads: threads });
  const model = await llama.loadModel({ modelPath: path, gpuLayers: 0 });
  return (await model.createContext({ contextSize: 512, threads })).getSequence();
}

/** Seconds to the first token, and tokens a second after it. */
async function write(from: Sequence, prompt: readonly number[], tokens: number) {
  await from.clearHistory();
  const begun = performance.now();
  let first = begun;
  let written = 0;
  for await (const _ of from.evaluate(prompt, { temperature: 0 })) {
    if (written === 0) first = performance.now();
    if (written++ === tokens) break;
  }
  return { first: (first - begun) / 1000, rate: tokens / ((performance.now() - first) / 1000) };
}

for await (const line of createInterface({ input: process.stdin })) {
  const ask = JSON.parse(line) as Ask;
  let answer = {};
  if (ask.op === "setup") sequence = await open(ask.path, ask.threads);
  else answer = await write(sequence!, ask.prompt, ask.tokens);
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
