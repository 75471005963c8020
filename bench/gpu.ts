/**
 * Training steps on this machine's graphics card by WebGPU (forward, backward, clipping, AdamW), beside PyTorch's on the
 * same card by CUDA, in turn. Needs the first; `punchline devices` says whether it is there.
 */
import { InputError } from "../src/core/errors.ts";
import { listDevices } from "../src/train/list-devices.ts";
import { type BenchRow, row } from "./bench.ts";
import { quick } from "./quick.ts";
import { compareTraining, type TrainingCase } from "./training/compare.ts";

type NamedCase = TrainingCase & { readonly name: string };

const cases: readonly [NamedCase, NamedCase] = [
  {
    name: "LSTM 2x512, batch 64x100",
    model: "char-lstm",
    options: { width: 512, layers: 2, embedding: 64, dropout: 0 },
    vocabulary: 100,
    batch: 64,
    length: 100,
  },
  {
    name: "transformer 6x384, batch 64x256",
    model: "char-transformer",
    options: { width: 384, layers: 6, heads: 6, context: 256, dropout: 0 },
    vocabulary: 100,
    batch: 64,
    length: 256,
  },
];

/** The same networks small, where a processor acts as the card: that shows that it works, and no speed. */
const smallCases: typeof cases = [
  {
    ...cases[0],
    name: "LSTM 1x32, batch 4x8",
    options: { width: 32, layers: 1, embedding: 8, dropout: 0 },
    batch: 4,
    length: 8,
  },
  {
    ...cases[1],
    name: "transformer 1x32, batch 4x16",
    options: { width: 32, layers: 1, heads: 2, context: 16, dropout: 0 },
    batch: 4,
    length: 16,
  },
];

/** Whether Vulkan is given a driver that computes on the processor. */
const isSoftware = (): boolean =>
  /swiftshader|lvp/i.test(`${process.env.VK_ICD_FILENAMES}${process.env.VK_DRIVER_FILES}`);

/** @throws InputError `device` where WebGPU is not usable */
export default async function gpu(): Promise<BenchRow[]> {
  const found = (await listDevices()).find(({ name }) => name === "webgpu");
  if (!found?.usable) throw new InputError("device", found?.reason ?? "There is no WebGPU here.");
  const rows: BenchRow[] = [];
  const software = isSoftware();
  const small = software || quick;
  for (const { name, ...sizes } of small ? smallCases : cases) {
    const training = { ...sizes, device: "webgpu" } as const;
    const { tokensPerSecond, operations, megabytes, peerName } = await compareTraining(training, {
      ...(small ? { seconds: 0.1, runs: 1 } : { seconds: 3 }),
    });
    const flops = (tokensPerSecond.ours * operations) / 1e12;
    rows.push(
      row({
        case: name,
        unit: "characters/s",
        better: "more",
        ...tokensPerSecond,
        peerName,
        note: software
          ? "not measured on a GPU yet: a processor acts as one here"
          : `${flops.toFixed(2)} TFLOP/s of products`,
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
