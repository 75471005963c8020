/** Every operation of src/ops on ONNX Runtime's WebGPU, held to its float64 reference. */
import { describe, it } from "vitest";
import { checkOp } from "../../src/conformance/check-op.ts";
import { everyOp } from "../every-op.ts";
import { gpu } from "./device.ts";

describe("every operation on WebGPU", () => {
  it.each(everyOp)("%s", (_, op) => checkOp(op, { backend: gpu }));
});
