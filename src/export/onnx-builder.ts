/** Builds an ONNX graph node by node, for graphs with inputs that Punchline's own graphs do not have. */
import { float32, type HostArray, hostArray } from "../core/array.ts";
import type { OnnxNode } from "../onnx/proto.ts";

type Attributes = OnnxNode["attributes"];

export class OnnxBuilder {
  readonly nodes: OnnxNode[] = [];
  readonly constants: Map<string, HostArray>;

  /** @param constants the weights; the graph's small constants are added to a copy */
  constructor(constants: ReadonlyMap<string, HostArray>) {
    this.constants = new Map(constants);
  }

  /** A standard operator with one output, called `output` or by a generated name. */
  node(
    opType: string,
    inputs: readonly string[],
    attributes: Attributes = {},
    output = `${opType}_${this.nodes.length}`,
  ): string {
    this.nodes.push({ opType, domain: "", inputs, outputs: [output], attributes });
    return output;
  }

  /** The same with several outputs. */
  several(opType: string, inputs: readonly string[], count: number, attributes: Attributes = {}): string[] {
    const outputs = Array.from({ length: count }, (_, i) => `${opType}_${this.nodes.length}_${i}`);
    this.nodes.push({ opType, domain: "", inputs, outputs, attributes });
    return outputs;
  }

  /** The size of one axis of a value, as a scalar. */
  size(value: string, axis: number): string {
    return this.node("Gather", [this.node("Shape", [value]), this.int(axis)]);
  }

  int(value: number): string {
    return this.constant(`int_${value}`, hostArray("int64", [], BigInt64Array.of(BigInt(value))));
  }

  ints(...values: number[]): string {
    const data = BigInt64Array.from(values, BigInt);
    return this.constant(`ints_${values.join("_")}`, hostArray("int64", [values.length], data));
  }

  number(value: number): string {
    return this.constant(`number_${value}`, float32([], [value]));
  }

  constant(name: string, value: HostArray): string {
    this.constants.set(name, value);
    return name;
  }
}
