/** Runs PyTorch twins of models (models.py) on given weights and batches, as an independent judge and as the peer of benchmarks. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Model } from "../../src/models/model.ts";
import { runInTorch } from "./python.ts";

export interface OptimizerSettings {
  readonly lr: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
  /** Largest global norm of the gradient. */
  readonly clip: number;
}

export interface TrainingJob {
  readonly model: Model;
  /** First values of the parameters, by name. */
  readonly weights: ReadonlyMap<string, Float32Array>;
  /** One Int32Array [batch, length + 1] a step. */
  readonly batches: readonly Int32Array[];
  readonly batch: number;
  readonly length: number;
  readonly optimizer: OptimizerSettings;
  readonly threads: number;
  /** Names of the parameters that are trained. Default: all. */
  readonly trainable?: ReadonlySet<string>;
  /** The model's adapters, where it has any: the maps' names, what their products are multiplied by, and their layout. */
  readonly lora?: { readonly maps: readonly string[]; readonly scale: number; readonly inputsFirst: boolean };
}

export interface TorchResult {
  readonly version: string;
  /** Mean nats a target, of each step. */
  readonly losses: readonly number[];
  /** Wall time of each step: forward, backward, clip, AdamW. */
  readonly seconds: readonly number[];
  /** Peak resident memory of the whole process. */
  readonly peakMB: number;
}

const script = fileURLToPath(new URL("train.py", import.meta.url));

/** Trains the twin of `job.model` and returns what it measured. */
export async function trainInTorch(job: TrainingJob): Promise<TorchResult> {
  const folder = await mkdtemp(join(tmpdir(), "punchline-torch-"));
  try {
    const { model, batch, optimizer, threads, batches, trainable, lora } = job;
    const parameters = model.parameters.map(({ name, shape, decay }) => ({
      name,
      shape,
      decay,
      trainable: trainable?.has(name) ?? true,
    }));
    await writeFile(
      join(folder, "job.json"),
      JSON.stringify({
        config: model.config,
        parameters,
        batch,
        steps: batches.length,
        optimizer,
        threads,
        lora,
      }),
    );
    await writeFile(
      join(folder, "weights.bin"),
      Buffer.concat(model.parameters.map(({ name }) => bytes(job.weights.get(name)!))),
    );
    await writeFile(join(folder, "batches.bin"), Buffer.concat(batches.map(bytes)));
    return JSON.parse(await runInTorch(script, [folder], threads)) as TorchResult;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const bytes = (x: Float32Array | Int32Array): Buffer => Buffer.from(x.buffer, x.byteOffset, x.byteLength);
