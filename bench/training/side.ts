/** Punchline's side of the training benchmarks, on any backend: it is set up for a case, trains and writes. */
import { Random } from "../../src/core/random.ts";
import type { BatchSource } from "../../src/data/batches/batch.ts";
import { createDecoder } from "../../src/generate/decoders/create.ts";
import type { LanguageModel } from "../../src/generate/language-model.ts";
import type { Model } from "../../src/models/model.ts";
import { architectureOf } from "../../src/models/registry.ts";
import { adamw } from "../../src/optim/adamw.ts";
import { Arena } from "../../src/runtime/arena.ts";
import type { Backend } from "../../src/runtime/backend.ts";
import { DeviceStep } from "../../src/train/device-step.ts";
import { initialise } from "../../src/train/setup.ts";
import { TrainingStep } from "../../src/train/step.ts";
import type { TrainingCase } from "./compare.ts";

export type TrainingAsk =
  | ({ readonly op: "setup" } & TrainingCase)
  | { readonly op: "train" | "write"; readonly seconds: number };

/**
 * A model that trains and writes.
 * @param batchesOf what it trains on. Default: tokens drawn at random
 */
export async function setUp(
  backend: Backend,
  { model: type, options, vocabulary, batch, length }: TrainingCase,
  batchesOf?: (model: Model) => BatchSource,
) {
  const architecture = architectureOf(type);
  const config = architecture.configure(options, vocabulary);
  const model = architecture.build(config);
  const optimizer = adamw({ weightDecay: 0.01 });
  const arena = Arena.create(model.parameters, { moments: optimizer.moments });
  initialise(model, arena, 0);
  const trainable = model.parameters.map(({ name }) => name);
  const decays = new Set(model.parameters.filter(({ decay }) => decay).map(({ name }) => name));
  const step = backend.keepsResults
    ? new DeviceStep({ model, backend, trainable, decays, graph: optimizer.graph })
    : new TrainingStep(model, backend, trainable);
  let done = 0;
  const draw = (stream: string): Int32Array => {
    const random = new Random(0, stream, done);
    return Int32Array.from({ length: batch * length }, (_, i) => random.below(vocabulary, i));
  };
  const targets = model.predicts === "last" ? batch : batch * length;
  const drawn = {
    next: () => ({ x: draw("x"), y: draw("y"), targets, batch, length, fresh: done === 0 }),
  } as BatchSource;
  const batches = batchesOf?.(model) ?? drawn;
  let carried = step.freshCarry(batch);

  const lm = { model, backend, weights: arena.parameters, tokenizer: { endOfText: 0 } };
  let token = 0;
  const decoder = createDecoder(lm as LanguageModel, { overflow: "slide" });

  return {
    config,
    size: batch * length,
    async train() {
      const place = { seed: 0, step: done + 1, accumulate: 1, progress: 0.5 };
      const result = await step.run(arena, batches, carried, place);
      carried = result.carried;
      done++;
      const update = await step.propose(arena, optimizer, { step: done, lr: 1e-3, clip: 1, targets });
      await update.apply();
    },
    /** One character after another, each the likeliest. */
    async write() {
      const logits = await decoder.append(Int32Array.of(token));
      token = logits.indexOf(Math.max(...logits));
    },
  };
}

/** How often a second `work` is done, by the time of all of them. */
export async function rate(work: () => Promise<void>, seconds: number): Promise<number> {
  const begun = performance.now();
  let n = 0;
  do {
    await work();
    n++;
  } while (performance.now() - begun < seconds * 1000);
  return (n * 1000) / (performance.now() - begun);
}

/** Answers one ask after another. */
export function trainingSide(backend: (training: TrainingCase) => Backend) {
  let current: Awaited<ReturnType<typeof setUp>>;
  return async (ask: TrainingAsk): Promise<object> => {
    if (ask.op === "setup") {
      const begun = performance.now();
      current = await setUp(backend(ask), ask);
      await current.train();
      return { seconds: (performance.now() - begun) / 1000, config: current.config };
    }
    if (ask.op === "train") return { rate: (await rate(current.train, ask.seconds)) * current.size };
    return { rate: await rate(current.write, ask.seconds) };
  };
}
