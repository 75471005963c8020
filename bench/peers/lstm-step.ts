/** Punchline's side of the LSTM benchmark, in a process of its own, so that its peak memory can be told. */
import { createInterface } from "node:readline";
import { gradients } from "../../src/autodiff/grad.ts";
import { type HostArray, int32 } from "../../src/core/array.ts";
import { Random } from "../../src/core/random.ts";
import { zeroState } from "../../src/generate/state.ts";
import type { Tensor } from "../../src/graph/tensor.ts";
import type { State } from "../../src/models/model.ts";
import { objective } from "../../src/models/objective.ts";
import { architectureOf } from "../../src/models/registry.ts";
import { training } from "../../src/nn/mode.ts";
import { adamw } from "../../src/optim/adamw.ts";
import { clipGlobalNorm } from "../../src/optim/clip.ts";
import { Arena } from "../../src/runtime/arena.ts";
import { compile } from "../../src/runtime/compile.ts";
import { nodeBackend } from "../../src/runtime/node.ts";
import { initialise } from "../../src/train/train.ts";

interface Setup {
  readonly embedding: number;
  readonly hidden: number;
  readonly layers: number;
  readonly batch: number;
  readonly steps: number;
}

function setUp({ embedding, hidden, layers, batch, steps }: Setup) {
  const architecture = architectureOf("char-lstm");
  const model = architecture.build(architecture.configure({ layers, width: hidden, embedding }, 100));
  const optimizer = adamw({ weightDecay: 0.01 });
  const arena = Arena.create(model.parameters, { moments: 2 });
  initialise(model, arena, 0);
  const step = compile(
    (parameters: Record<string, Tensor>, input: { ids: Tensor; targets: Tensor; state: State }) => {
      const { loss, state } = objective(model, parameters, input, training());
      const found = gradients(loss, Object.values(parameters));
      return {
        loss,
        gradients: Object.fromEntries(Object.keys(parameters).map((name, i) => [name, found[i]!])),
        state,
      };
    },
    { backend: nodeBackend({ threads: 2 }) },
  );
  let state: Record<string, HostArray> = zeroState(model.state(batch));
  let done = 0;
  const draw = (stream: string) => {
    const random = new Random(0, stream, done);
    return int32(
      [batch, steps],
      Int32Array.from({ length: batch * steps }, (_, i) => random.below(100, i)),
    );
  };
  return {
    prepare: () => step.prepare(arena.parameters, { ids: draw("x"), targets: draw("y"), state }),
    async run() {
      const input = { ids: draw("x"), targets: draw("y"), state };
      done++;
      const result = await step.run([arena.parameters, input], {
        into: { gradients: arena.gradients } as never,
      });
      state = result.state as Record<string, HostArray>;
      const { gradScale } = clipGlobalNorm(arena, 1, 1 / (batch * steps));
      optimizer.step(arena, { step: done, lr: 1e-3, gradScale });
    },
  };
}

let current: (ReturnType<typeof setUp> & { readonly size: number }) | undefined;
for await (const line of createInterface({ input: process.stdin })) {
  const ask = JSON.parse(line);
  let answer: object;
  if (ask.op === "setup") {
    const begun = performance.now();
    current = { ...setUp(ask), size: ask.batch * ask.steps };
    await current.prepare();
    answer = { seconds: (performance.now() - begun) / 1000 };
  } else if (ask.op === "run") {
    const begun = performance.now();
    for (let i = 0; i < ask.n; i++) await current!.run();
    answer = { rate: (ask.n * current!.size * 1000) / (performance.now() - begun) };
  } else {
    answer = { megabytes: process.resourceUsage().maxRSS / 1024 };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
