/**
 * Training steps on this machine's graphics card by WebGPU (forward, backward, clipping, AdamW), beside PyTorch's on the
 * same card by CUDA, in turn. Needs both; `punchline devices` says whether the first is there.
 */
import { InputError } from "../src/core/errors.ts";
import { listDevices } from "../src/train/list-devices.ts";
import { type BenchRow, row } from "./bench.ts";
import { compareTraining } from "./training/compare.ts";

const cases = [
  {
    name: "LSTM 2x512, batch 64x100",
    model: "char-lstm",
    options: { width: 512, layers: 2, embedding: 64, dropout: 0 },
    batch: 64,
    length: 100,
  },
  {
    name: "transformer 6x384, batch 64x256",
    model: "char-transformer",
    options: { width: 384, layers: 6, heads: 6, context: 256, dropout: 0 },
    batch: 64,
    length: 256,
  },
] as const;

/** @throws InputError `device` where WebGPU is not usable */
export default async function gpu(): Promise<BenchRow[]> {
  const found = (await listDevices()).find(({ name }) => name === "webgpu");
  if (!found?.usable) throw new InputError("device", found?.reason ?? "There is no WebGPU here.");
  const rows: BenchRow[] = [];
  for (const { name, model, options, batch, length } of cases) {
    const training = { model, options, vocabulary: 100, batch, length, device: "webgpu" } as const;
    const { tokensPerSecond, operations, megabytes, peerName } = await compareTraining(training, {
      seconds: 3,
    });
    const flops = (tokensPerSecond.ours * operations) / 1e12;
    rows.push(
      row({
        case: name,
        unit: "characters/s",
        better: "more",
        ...tokensPerSecond,
        peerName,
        note: `${flops.toFixed(2)} TFLOP/s of products`,
      }),
      row({
        case: `${name}: peak memory of the process`,
        unit: "MB",
        better: "less",
        ...megabytes,
        peerName,
      }),
    );
  }
  return rows;
}
