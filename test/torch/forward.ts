/** Asks the plain PyTorch implementations (forward.py) for the streams and logits of a model's folder. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { sizeOf } from "../../src/core/array.ts";
import { Random } from "../../src/core/random.ts";
import { writeSafetensors } from "../../src/hub/safetensors-file.ts";
import type { Model } from "../../src/models/model.ts";
import { runInTorch } from "./python.ts";

export interface ForwardRequest {
  readonly ids: readonly (readonly number[])[];
  readonly mask?: readonly (readonly number[])[];
  readonly types?: readonly (readonly number[])[];
  /** The folder of a LoRA adapter to apply. */
  readonly adapter?: string;
}

/** The stream before the first layer and after each, and the logits: each flat, batch-major. */
export async function forwardInTorch(
  folder: string,
  request: ForwardRequest,
  sizes: { readonly width: number; readonly layers: number },
): Promise<{ streams: Float32Array[]; logits: Float32Array }> {
  const scratch = await mkdtemp(join(tmpdir(), "punchline-torch-"));
  try {
    const script = fileURLToPath(new URL("forward.py", import.meta.url));
    const [asked, out] = [join(scratch, "request.json"), join(scratch, "out.bin")] as const;
    await writeFile(asked, JSON.stringify(request));
    await runInTorch(script, [folder, asked, out]);
    const bytes = await readFile(out);
    const all = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
    const stream = request.ids.length * request.ids[0]!.length * sizes.width;
    return {
      streams: Array.from({ length: sizes.layers + 1 }, (_, k) => all.subarray(k * stream, (k + 1) * stream)),
      logits: all.subarray((sizes.layers + 1) * stream),
    };
  } finally {
    await rm(scratch, { recursive: true });
  }
}

/** A folder with a model of random weights, for `use`; deleted afterwards. */
export async function withRandomFolder<T>(model: Model, use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "punchline-random-"));
  try {
    await writeRandomFolder(model, folder);
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Writes config.json and model.safetensors with weights drawn as the model draws them, biases and gains moved off 0 and 1. */
export async function writeRandomFolder(model: Model, folder: string): Promise<void> {
  const tensors = model.parameters.map(({ name, shape, initialise, decay }) => {
    const data = new Float32Array(sizeOf(shape));
    initialise(data, new Random(5, name));
    if (!decay) {
      const random = new Random(6, name);
      for (let i = 0; i < data.length; i++) data[i]! += 0.2 * (random.uniform(i) - 0.5);
    }
    return { name, dtype: "F32" as const, shape, data };
  });
  await writeFile(join(folder, "config.json"), JSON.stringify(model.config));
  await writeSafetensors(join(folder, "model.safetensors"), tensors);
}
