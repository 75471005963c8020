/** What programs without types give a function in place of its tensors. */
import { PunchlineError } from "../core/errors.ts";
import { shown } from "../core/options.ts";

/** @throws PunchlineError `operation` for anything but a tensor */
export function checkTensor(value: unknown, op: string): void {
  if (typeof value === "object" && value !== null && "node" in value) return;
  const advice =
    typeof value === "number"
      ? `write constant(float32([], [${value}]))`
      : "pass what input or an operation returned";
  throw new PunchlineError("operation", `${op}: ${shown(value)} is no tensor; ${advice}.`, {
    details: { op, value },
  });
}

/** The same for the sizes, axes or tensors that a function takes as a list. */
export function checkList(value: unknown, op: string, what: string): void {
  if (!Array.isArray(value))
    throw new PunchlineError("operation", `${op}: ${shown(value)} is no list of ${what}; pass one.`, {
      details: { op, value },
    });
}

/** The same for a list of tensors. */
export function checkTensors(value: unknown, op: string): void {
  checkList(value, op, "tensors");
  for (const one of value as readonly unknown[]) checkTensor(one, op);
}
