/** Punchline's side of the training benchmarks, in a process of its own, so that its peak memory can be told. */
import { createInterface } from "node:readline";
import { Random } from "../../src/core/random.ts";
import type { BatchSource } from "../../src/data/batches/batch.ts";
import { createDecoder } from "../../src/generate/decoders/create.ts";
import type { LanguageModel } from "../../src/generate/language-model.ts";
import { architectureOf } from "../../src/models/registry.ts";
import { adamw } from "../../src/optim/adamw.ts";
import { clipGlobalNorm } from "../../src/optim/optimizer.ts";
import { Arena } from "../../src/runtime/arena.ts";
import { nodeBackend } from "../../src/runtime/node.ts";
import { initialise } from "../../src/train/setup.ts";
import { TrainingStep } from "../../src/train/step.ts";
import type { TrainingCase } from "./compare.ts";

async function setUp({ model: type, options, vocabulary, batch, length }: TrainingCase) {
  const architecture = architectureOf(type);
  const config = architecture.configure(options, vocabulary);
  const model = architecture.build(config);
  const backend = nodeBackend({ threads: 2 });
  const optimizer = adamw({ weightDecay: 0.01 });
  const arena = Arena.create(model.parameters, { moments: optimizer.moments });
  initialise(model, arena, 0);
  const step = new TrainingStep(
    model,
    backend,
    model.parameters.map(({ name }) => name),
  );
  let done = 0;
  const draw = (stream: string): Int32Array => {
    const random = new Random(0, stream, done);
    return Int32Array.from({ length: batch * length }, (_, i) => random.below(vocabulary, i));
  };
  const targets = model.predicts === "last" ? batch : batch * length;
  const batches = {
    next: () => ({ x: draw("x"), y: draw("y"), targets, batch, length, fresh: done === 0 }),
  } as BatchSource;
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
      const { gradScale } = clipGlobalNorm(arena, 1, 1 / targets);
      optimizer.step(arena, { step: done, lr: 1e-3, gradScale });
    },
    /** One character after another, each the likeliest. */
    async write() {
      const logits = await decoder.append(Int32Array.of(token));
      token = logits.indexOf(Math.max(...logits));
    },
  };
}

/** How often a second `work` is done. */
async function rate(work: () => Promise<void>, seconds: number): Promise<number> {
  const begun = performance.now();
  let n = 0;
  do {
    await work();
    n++;
  } while (performance.now() - begun < seconds * 1000);
  return (n * 1000) / (performance.now() - begun);
}

let current: Awaited<ReturnType<typeof setUp>> | undefined;
for await (const line of createInterface({ input: process.stdin })) {
  const ask = JSON.parse(line);
  let answer: object;
  if (ask.op === "setup") {
    const begun = performance.now();
    current = await setUp(ask);
    await current.train();
    answer = { seconds: (performance.now() - begun) / 1000, config: current.config };
  } else if (ask.op === "train") {
    answer = { rate: (await rate(current!.train, ask.seconds)) * current!.size };
  } else if (ask.op === "write") {
    answer = { rate: await rate(current!.write, ask.seconds) };
  } else {
    answer = { megabytes: process.resourceUsage().maxRSS / 1024 };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
