/** Why a device cannot compute a graph by itself: the first operation that it has no kernel for. */
import { PunchlineError } from "../core/errors.ts";
import { callerIn } from "../graph/place.ts";
import { loneNodes } from "../onnx/lone-nodes.ts";
import type { Lowered } from "../onnx/lower.ts";
import { encodeModel } from "../onnx/proto.ts";
import { type Backend, NOT_WHOLE } from "./backend.ts";

/**
 * The refusal of a graph, naming the operation: every kind of node is tried alone.
 * @param cause what the backend said, which names none
 */
export async function withoutKernel(
  backend: Backend,
  lowered: Lowered,
  cause: PunchlineError,
): Promise<PunchlineError> {
  for (const { node, model } of loneNodes(lowered)) {
    try {
      await (await backend.createSession(encodeModel(model), { whole: true })).release();
    } catch (error) {
      if (!(error instanceof PunchlineError && error.code === NOT_WHOLE)) continue;
      const origin = lowered.origins.get(node.outputs[0]!);
      const place = origin?.made && callerIn(origin.made);
      const operation = origin === undefined ? "" : ` of the operation "${origin.op}"`;
      return new PunchlineError(
        NOT_WHOLE,
        `"${backend.device}" has no kernel for ${node.opType}${operation}${place === undefined ? "" : `, applied at ${place}`}, and the CPU would have to take over in the middle of every step; train on the CPU, or write the model without it.`,
        { details: { device: backend.device, operator: node.opType, op: origin?.op, place }, cause },
      );
    }
  }
  return cause;
}
