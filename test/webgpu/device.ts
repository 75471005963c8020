/**
 * The device that these tests compute on. ONNX Runtime gives it up with its last session, and compiled shaders with it;
 * compiling them took two thirds of the time of these tests. So one session stays open.
 */
import { float32 } from "../../src/core/array.ts";
import type { Tensor } from "../../src/graph/tensor.ts";
import { add } from "../../src/ops/elementwise.ts";
import { compile } from "../../src/runtime/compile.ts";
import { nodeBackend } from "../../src/runtime/node.ts";

export const gpu = nodeBackend({ device: "webgpu" });

await compile((x: Tensor) => add(x, x), { backend: gpu })(float32([1], [1]));
