/** The fields of `run.json` that are read. Import this lazily, as zod takes long to load. */
import * as z from "zod/mini";
import en from "zod/v4/locales/en.js";

const count = z.int().check(z.minimum(0));
const atLeastOne = z.int().check(z.minimum(1));
const positive = z.number().check(z.positive());
const notNegative = z.number().check(z.minimum(0));
/** What a resume computes with, as all versions have written it. */
const recordShape = z.looseObject({
  model: z.string(),
  base: z.optional(z.string()),
  baseFingerprint: z.optional(z.string()),
  adapter: z.optional(z.string()),
  adapterFingerprint: z.optional(z.string()),
  modelOptions: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  sources: z.array(z.string()),
  kind: z.enum(["items", "text"]),
  data: z.record(z.string(), z.unknown()),
  fingerprint: z.string(),
  train: z.looseObject({
    batchSize: atLeastOne,
    seqLen: atLeastOne,
    accumulate: atLeastOne,
    optimizer: z.enum(["adamw", "sgd", "muon"]),
    learningRate: positive,
    schedule: z.string(),
    finalRate: z.number(),
    weightDecay: notNegative,
    momentum: notNegative,
    clip: notNegative,
    validationTokens: count,
    logEvery: atLeastOne,
    checkpointSeconds: notNegative,
    keep: z.enum(["best", "last"]),
    snapshotEvery: count,
    snapshots: z.optional(count),
    seed: z.number(),
    samplePrompt: z.string(),
    steps: z.optional(count),
    epochs: z.optional(positive),
    maxMinutes: z.optional(positive),
    warmup: z.optional(count),
    validateEvery: z.optional(atLeastOne),
    patience: z.optional(count),
    sampleEvery: z.optional(count),
  }),
  device: z.string(),
  threads: z.nullable(atLeastOne),
});

/**
 * The small form of zod, which pages load, has no words for what is wrong unless it is given some. They are given to this
 * check alone: zod's configuration is the whole program's.
 */
export const checkRecord = (record: unknown) => recordShape.safeParse(record, { error: en().localeError });
