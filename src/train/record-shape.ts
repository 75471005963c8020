/** The fields of `run.json` that are read. Import this lazily, as zod takes long to load. */
import { z } from "zod";

const count = z.number().int().min(0);
/** What a resume computes with, as all versions have written it. */
export const recordShape = z.looseObject({
  model: z.string(),
  base: z.string().optional(),
  baseFingerprint: z.string().optional(),
  modelOptions: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  sources: z.array(z.string()),
  kind: z.enum(["items", "text"]),
  data: z.record(z.string(), z.unknown()),
  fingerprint: z.string(),
  train: z.looseObject({
    batchSize: count.min(1),
    seqLen: count.min(1),
    accumulate: count.min(1),
    optimizer: z.enum(["adamw", "sgd", "muon"]),
    learningRate: z.number().positive(),
    schedule: z.string(),
    finalRate: z.number(),
    weightDecay: z.number().min(0),
    momentum: z.number().min(0),
    clip: z.number().min(0),
    validationTokens: count,
    logEvery: count.min(1),
    checkpointSeconds: z.number().min(0),
    keep: z.enum(["best", "last"]),
    snapshotEvery: count,
    snapshots: count.optional(),
    seed: z.number(),
    samplePrompt: z.string(),
    steps: count.optional(),
    epochs: z.number().positive().optional(),
    maxMinutes: z.number().positive().optional(),
    warmup: count.optional(),
    validateEvery: count.min(1).optional(),
    patience: count.optional(),
    sampleEvery: count.optional(),
  }),
  device: z.string(),
  threads: count.min(1).nullable(),
});
