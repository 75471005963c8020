/** Punchline's side of the training benchmarks of whole models, in a process of its own, so that its peak memory can be told. */
import { createInterface } from "node:readline";
import { gradients } from "../../src/autodiff/grad.ts";
import { float32, int32, sizeOf } from "../../src/core/array.ts";
import { Random } from "../../src/core/random.ts";
import { peakBytes } from "../../src/files/peak-bytes.ts";
import type { Tensor } from "../../src/graph/tensor.ts";
import { objective } from "../../src/models/model.ts";
import { architectureOf } from "../../src/models/registry.ts";
import { training } from "../../src/nn/mode.ts";
import type { Parameters } from "../../src/nn/parameters.ts";
import { gemm } from "../../src/ops/matmul.ts";
import { slice } from "../../src/ops/movement.ts";
import { adamw } from "../../src/optim/adamw.ts";
import { clipGlobalNorm } from "../../src/optim/optimizer.ts";
import { Arena } from "../../src/runtime/arena.ts";
import { compile } from "../../src/runtime/compile.ts";
import { nodeBackend } from "../../src/runtime/node.ts";
import { adaptModel, initialise } from "../../src/train/setup.ts";
import { usualSize } from "../quick.ts";

const backend = nodeBackend({ threads: 2 });

interface Setup {
  /** Default: gpt2. */
  readonly architecture?: string;
  readonly config: string;
  readonly vocabulary: number;
  readonly batch: number;
  readonly length: number;
  /** Train adapters, of the default size, beside frozen weights. */
  readonly lora?: boolean;
}

const modelOf = ({ architecture = "gpt2", config, vocabulary }: Setup) => {
  const made = architectureOf(architecture);
  return made.build(made.configure({ ...usualSize(config), dropout: 0 }, vocabulary));
};

function setUp(setup: Setup) {
  const { vocabulary, batch, length, lora } = setup;
  const whole = modelOf(setup);
  const { model, trainable } = adaptModel(whole, lora ? { lora: {} } : {});
  const layout = model.parameters.map((spec) => ({ ...spec, trainable: trainable.has(spec.name) }));
  const arena = Arena.create(layout, { moments: 2 });
  initialise(model, arena, 0);
  const optimizer = adamw();
  const names = [...trainable];
  const pass = compile(
    (parameters: Parameters, input: { ids: Tensor; targets: Tensor }) => {
      const { loss } = objective(model, parameters, input, training());
      const found = gradients(
        loss,
        names.map((name) => parameters[name]!),
      );
      return { gradients: Object.fromEntries(names.map((name, i) => [name, found[i]!])), loss };
    },
    { backend },
  );
  let done = 0;
  const draw = (stream: string) => {
    const random = new Random(0, stream, done);
    return int32(
      [batch, length],
      Int32Array.from({ length: batch * length }, (_, i) => random.below(vocabulary, i)),
    );
  };
  return {
    prepare: () => pass.prepare(arena.parameters, { ids: draw("x"), targets: draw("y") }),
    /** One step; seconds of it all, and of clipping and the optimiser alone. */
    async step() {
      const begun = performance.now();
      await pass.run([arena.parameters, { ids: draw("x"), targets: draw("y") }], {
        into: { gradients: arena.gradients },
      });
      const update = performance.now();
      done++;
      const { gradScale } = clipGlobalNorm(arena, 1, 1 / (batch * length));
      optimizer.step(arena, { step: done, lr: 1e-4, gradScale });
      const end = performance.now();
      return { seconds: (end - begun) / 1000, update: (end - update) / 1000 };
    },
  };
}

/**
 * The products of one training step alone: each matrix with the stream, with its result's gradient, and the
 * stream with that. Only a row of each result leaves the graph, as copying the whole would be measured too.
 */
function products(setup: Setup): () => Promise<number> {
  const { batch, length } = setup;
  const model = modelOf(setup);
  const matrices = model.parameters.filter(({ outputs }) => outputs !== undefined);
  const counts = new Map<string, { size: readonly [number, number]; count: number }>();
  for (const { shape, outputs } of matrices) {
    const [a, b] = shape as [number, number];
    const size = outputs === 0 ? ([b, a] as const) : ([a, b] as const);
    counts.set(`${size}`, { size, count: (counts.get(`${size}`)?.count ?? 0) + 1 });
  }
  const rows = batch * length;
  const passes = [...counts.values()].map(({ size: [inputs, outputs], count }) => {
    const three = compile(
      (x: Tensor, w: Tensor, g: Tensor) =>
        [
          gemm(x, w),
          gemm(g, w, undefined, { transposeB: true }),
          gemm(x, g, undefined, { transposeA: true }),
        ].map((product) => slice(product, 0, 0, 1)),
      { backend },
    );
    const filled = (...size: number[]) => float32(size, new Float32Array(sizeOf(size)).fill(0.1));
    return {
      three,
      count,
      arrays: [filled(rows, inputs), filled(inputs, outputs), filled(rows, outputs)] as const,
    };
  });
  return async () => {
    let seconds = 0;
    for (const { three, count, arrays } of passes) {
      await three.prepare(...arrays);
      const begun = performance.now();
      // As often as the step does: the first runs after other work are slower, and would count for all.
      for (let run = 0; run < count; run++) await three(...arrays);
      seconds += (performance.now() - begun) / 1000;
    }
    return seconds;
  };
}

let productsAlone: (() => Promise<number>) | undefined;
let current: ReturnType<typeof setUp> | undefined;
for await (const line of createInterface({ input: process.stdin })) {
  const ask = JSON.parse(line);
  let answer: object;
  if (ask.op === "setup") {
    current = setUp(ask);
    const begun = performance.now();
    await current.prepare();
    answer = { seconds: (performance.now() - begun) / 1000 };
  } else if (ask.op === "train") answer = await current!.step();
  else if (ask.op === "products") {
    productsAlone ??= products(ask);
    answer = { seconds: await productsAlone() };
  } else answer = { megabytes: peakBytes() / 2 ** 20 };
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
