/** An architecture with an operation of its own that WebGPU has no kernel for: it rounds its logits. */
import type { Tensor } from "../src/graph/tensor.ts";
import type { Architecture } from "../src/models/model.ts";
import { architectureOf } from "../src/models/registry.ts";
import { defineOp, real } from "../src/ops/define.ts";

const roundThroughOp = defineOp({
  name: "round_through",
  inputs: ["x"],
  outputs: ["y"],
  infer: ({ x }) => ({ y: x }),
  vjp: ({ y: g }) => ({ x: g }),
  lower: (emit, { x }) => ({ y: emit.node("Round", [x]) }),
  reference: ({ x }, _, { y }) => y.data.set(x.data.map(Math.round)),
  samples: [{ title: "matrix", inputs: { x: real(2, 3) } }],
});

const roundThrough = (x: Tensor): Tensor => roundThroughOp.apply({ x }).y;

const base = architectureOf("char-gru");

export const roundingModel: Architecture = {
  ...base,
  type: "rounding-gru",
  build(config, ...more) {
    const model = base.build(config, ...more);
    return {
      ...model,
      architecture: roundingModel,
      forward: (...given) => {
        const result = model.forward(...given);
        return { ...result, logits: roundThrough(result.logits) };
      },
    };
  },
};
