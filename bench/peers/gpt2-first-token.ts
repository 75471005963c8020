/** Opens a model's folder in a fresh process and reads a prompt: its time and the memory that it then holds. One JSON line in, one out. */
import { createInterface } from "node:readline";
import { createDecoder } from "../../src/generate/decoders/create.ts";
import { openQuantized } from "../../src/generate/quantized-weights.ts";
import { openModelFolder } from "../../src/hub/folder.ts";
import { openWeights } from "../../src/hub/stored-weights.ts";
import { gpt2 } from "../../src/models/gpt2.ts";
import type { ModelConfig } from "../../src/models/model.ts";
import type { Quantization } from "../../src/models/quantize.ts";
import { nodeBackend } from "../../src/runtime/node.ts";

interface Ask {
  readonly folder: string;
  readonly quantize?: Quantization;
  readonly prompt: number;
}

/** Resident now: the peak that the system tells of a process is not free of its parent's. */
const megabytes = () => process.memoryUsage.rss() / 2 ** 20;

for await (const line of createInterface({ input: process.stdin })) {
  const { folder, quantize, prompt } = JSON.parse(line) as Ask;
  const before = megabytes();
  const begun = performance.now();
  const files = await openModelFolder(folder);
  const model = gpt2.build(files.config as ModelConfig);
  const weights = quantize
    ? await openQuantized(files, model, { quantization: quantize }, gpt2.checkpointMapping)
    : await openWeights(model.parameters, files.tensors, gpt2.checkpointMapping);
  await files.close();
  const tokenizer = { endOfText: 0, size: model.config.vocab_size } as never;
  const backend = nodeBackend({ threads: 2 });
  const decoder = createDecoder({ model, weights, tokenizer, backend, stopAtEos: false, name: folder });
  await decoder.append(Int32Array.from({ length: prompt }, (_, i) => i));
  const seconds = (performance.now() - begun) / 1000;
  const held = megabytes() - before;
  await decoder.release();
  process.stdout.write(`${JSON.stringify({ seconds, megabytes: held })}\n`);
}
