/** Errors of operations, with the place in the caller's code where the operation was applied. */
import { PunchlineError } from "../core/errors.ts";
import { callerIn } from "../graph/place.ts";
import type { GraphNode } from "../graph/tensor.ts";

/** The same error, naming the operation and where it was applied; `details` has both as `op` and `place`. */
export function errorOf({ op, made }: GraphNode, error: unknown): PunchlineError {
  const message = (error instanceof Error ? error.message : String(error)).replace(/[.\s]*$/, ".");
  const known = error instanceof PunchlineError ? error : undefined;
  const place = made && callerIn(made);
  return new PunchlineError(
    known?.code ?? "operation",
    `${message} In the operation "${op}"${place === undefined ? "" : `, applied at ${place}`}.`,
    { kind: known?.kind ?? "failure", details: { ...known?.details, op, place }, cause: error },
  );
}

/** How ONNX Runtime names the node that it cannot load or run. */
const nodeName = /\bnode(?:,? \("?| with name '|\. Name:')(v\d+)/i;

/**
 * An error of ONNX Runtime as {@link errorOf} gives it; as it is where it names no node.
 * @param origins what each ONNX node is part of, by name
 */
export function locate(error: unknown, origins: ReadonlyMap<string, GraphNode>): unknown {
  const name = error instanceof Error ? nodeName.exec(error.message)?.[1] : undefined;
  const node = name === undefined ? undefined : origins.get(name);
  return node ? errorOf(node, error) : error;
}
