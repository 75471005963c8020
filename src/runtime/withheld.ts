/**
 * A result that onnxruntime-node cannot return. Its binding (1.30) copies every result into an array of its own, even
 * one that was written where the caller wanted it: for a training step, all the gradients, half a gigabyte for GPT-2.
 * It converts results one by one, in the order of the model's outputs, after the run; at a sequence it gives up. So a
 * run that asks for an empty sequence first writes everything in place, and copies nothing.
 */
import type { OnnxModel } from "../onnx/proto.ts";

/** Name of the sequence. */
export const WITHHELD = "withheld";

/** The model with an empty sequence as its first output. Who does not fetch it notices nothing. */
export const withholding = (model: OnnxModel): OnnxModel => ({
  ...model,
  nodes: [
    { opType: "SequenceEmpty", domain: "", inputs: [], outputs: [WITHHELD], attributes: {} },
    ...model.nodes,
  ],
  sequences: [WITHHELD],
});

/** Whether a run failed only because its results include a sequence: it is over then, and all others are written. */
export const isWithheld = (error: unknown): boolean =>
  error instanceof Error && error.message.startsWith("Non tensor type");
