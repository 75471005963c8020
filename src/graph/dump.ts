/**
 * A graph as text that a person can read: one line a node, in the order of computation.
 *
 * @example
 * console.log(dump({ loss }));
 * // %0 = input [32, 64] int32 name=x
 * // %1 = gather(%w, %0) [32, 64, 128] axis=0
 * // loss = %41
 */
import { checkObject } from "../core/options.ts";
import { checkTensors } from "./operands.ts";
import type { AttributeValue } from "./tensor.ts";
import { type Tensor, topologicalOrder } from "./tensor.ts";

export function dump(outputs: Readonly<Record<string, Tensor>>): string {
  checkObject(outputs, "outputs", "tensors by name, such as { loss }");
  checkTensors(Object.values(outputs), "dump");
  const names = new Map<Tensor, string>();
  const lines: string[] = [];
  let count = 0;
  for (const node of topologicalOrder(Object.values(outputs))) {
    for (const out of node.outputs) {
      const given = node.op === "input" ? `%${String(node.attributes.name)}` : `%${count++}`;
      names.set(out, given);
    }
    const left = node.outputs.map((o) => names.get(o)).join(", ");
    const args = node.inputs.length > 0 ? `(${node.inputs.map((i) => names.get(i)).join(", ")})` : "";
    const types = node.outputs.map((o) => `${o.dtype}[${o.shape.join(", ")}]`).join(", ");
    const attributes = Object.entries(node.attributes)
      .filter(([key, value]) => value !== undefined && !(node.op === "input" && key === "name"))
      .map(([key, value]) => ` ${key}=${show(value!)}`)
      .join("");
    lines.push(`${left} = ${node.op}${args} ${types}${attributes}`);
  }
  for (const [name, tensor] of Object.entries(outputs)) lines.push(`${name} = ${names.get(tensor)}`);
  return lines.join("\n");
}

function show(value: AttributeValue): string {
  if (typeof value !== "object") return String(value);
  if ("data" in value)
    return value.data.length === 1 ? String(value.data[0]) : `<${value.dtype} ${value.shape.join("x")}>`;
  return `[${value.join(", ")}]`;
}
