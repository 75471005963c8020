/**
 * An ONNX model in smaller number types, which have transformers.js's names, as their files do.
 *
 * `fp16` computes in 16-bit floats. `q8` and `q4` store matrices in 8 or 4 bits, in blocks with a scale
 * each, as Punchline's own quantised models do: products become ONNX Runtime's MatMulNBits, and lookups in a table
 * that is also the head become GatherBlockQuantized.
 */
import { type HostArray, hostArray } from "../core/array.ts";
import { floatToHalf } from "../hub/half.ts";
import {
  bitsOf,
  type PackedMatrix,
  packsWhole,
  type Quantization,
  quantizeMatrix,
} from "../models/quantize.ts";
import { elementType, type HalfArray, type OnnxFile, type OnnxModel, type OnnxNode } from "../onnx/proto.ts";

export const onnxTypes = ["fp32", "fp16", "q8", "q4"] as const;
export type OnnxType = (typeof onnxTypes)[number];

/** The end of a type's file name, before `.onnx` (transformers.js, src/utils/dtypes.js). */
const suffixes: Readonly<Record<OnnxType, string>> = { fp32: "", fp16: "_fp16", q8: "_quantized", q4: "_q4" };

export const onnxFileName = (type: OnnxType): string => `model${suffixes[type]}.onnx`;

/**
 * Converts the model to `type`.
 * @param halved for `fp16`, the inputs and outputs that become 16-bit floats too; the rest stay float32
 */
export function toType(model: OnnxModel, type: OnnxType, halved: (name: string) => boolean): OnnxFile {
  if (type === "fp32") return model;
  return type === "fp16" ? toHalf(model, halved) : quantised(model, type);
}

/** The largest magnitude of a 16-bit float. */
const HALF_MAX = 65_504;

function toHalf(model: OnnxModel, halved: (name: string) => boolean): OnnxFile {
  const kept = ({ name, dtype }: { name: string; dtype: string }) => dtype === "float32" && !halved(name);
  const [inputs, outputs] = [model.inputs.filter(kept), model.outputs.filter(kept)];
  const inside = new Map([...inputs, ...outputs].map(({ name }) => [name, `${name}.half`]));
  const names = (list: readonly string[]) => list.map((name) => inside.get(name) ?? name);
  const castTo = (to: "float16" | "float32", from: string, into: string) =>
    nodeOf("Cast", [from], into, { to: elementType[to] });
  const typed = <V extends { name: string; dtype: string }>(value: V) =>
    value.dtype === "float32" && halved(value.name) ? { ...value, dtype: "float16" as const } : value;
  return {
    inputs: model.inputs.map(typed),
    outputs: model.outputs.map(typed),
    constants: new Map([...model.constants].map(([name, value]) => [name, halfArray(value)])),
    nodes: [
      ...inputs.map(({ name }) => castTo("float16", name, inside.get(name)!)),
      ...model.nodes.map((node) => ({
        ...node,
        inputs: names(node.inputs),
        outputs: names(node.outputs),
        attributes:
          node.opType === "Cast" && node.attributes.to === elementType.float32
            ? { to: elementType.float16 }
            : node.attributes,
      })),
      ...outputs.map(({ name }) => castTo("float32", inside.get(name)!, name)),
    ],
  };
}

/** Clamps numbers to the range of 16-bit floats. */
function halfArray(value: HostArray): HostArray | HalfArray {
  if (value.dtype !== "float32") return value;
  const data = new Uint16Array(value.data.length);
  floatToHalf(
    (value.data as Float32Array).map((v) => Math.min(HALF_MAX, Math.max(-HALF_MAX, v))),
    data,
  );
  return { dtype: "float16", shape: value.shape, data };
}

/** A product with a constant matrix. */
interface Product {
  readonly x: string;
  readonly matrix: string;
  /** The matrix's axis of outputs. */
  readonly axis: 0 | 1;
  readonly addend: string | undefined;
}

function quantised(model: OnnxModel, type: Quantization): OnnxFile {
  const bits = bitsOf[type];
  const products = new Map<OnnxNode, Product>();
  const matrices = new Map<string, PackedMatrix>();
  const tables = new Set(
    model.nodes.flatMap(({ opType, inputs }) => (opType === "Gather" ? [inputs[0]!] : [])),
  );
  for (const node of model.nodes) {
    const product = productOf(node, model.constants);
    if (!product) continue;
    products.set(node, product);
    const { matrix, axis } = product;
    const { data, shape } = model.constants.get(matrix)!;
    if (!matrices.has(matrix))
      matrices.set(
        matrix,
        quantizeMatrix(data as Float32Array, { shape, outputs: axis, table: tables.has(matrix) }, bits),
      );
  }
  const parts = (name: string) => ({
    packed: `${name}.packed`,
    scales: `${name}.scales`,
    rows: `${name}.rows`,
  });
  const shapeOf = (name: string) => model.constants.get(name)!.shape;
  const packing = (name: string) => {
    const [, , bytes] = matrices.get(name)!.packed.shape as [number, number, number];
    return { bits, block_size: (bytes * 8) / bits };
  };
  const nodes = model.nodes.flatMap((node): OnnxNode[] => {
    const product = products.get(node);
    if (product) {
      const { x, matrix, axis, addend } = product;
      const { packed, scales } = parts(matrix);
      const [output] = node.outputs as [string];
      const sum = addend === undefined ? output : `${output}.product`;
      const [N, K] = axis === 0 ? shapeOf(matrix) : shapeOf(matrix).toReversed();
      // accuracy_level 4, as in Punchline: integer products, for which the other operand is rounded to 8 bits too.
      const attributes = { ...packing(matrix), K: K!, N: N!, accuracy_level: 4 };
      const multiply = nodeOf("MatMulNBits", [x, packed, scales], sum, attributes, MICROSOFT);
      return addend === undefined ? [multiply] : [multiply, nodeOf("Add", [sum, addend], output)];
    }
    const [table, index] = node.inputs;
    if (node.opType !== "Gather" || !matrices.has(table!)) return [node];
    const { rows, scales } = parts(table!);
    const attributes = { ...packing(table!), gather_axis: 0, quantize_axis: 1 };
    const inputs = [rows, index!, scales];
    return [nodeOf("GatherBlockQuantized", inputs, node.outputs[0]!, attributes, MICROSOFT)];
  });
  const used = new Set(nodes.flatMap(({ inputs }) => inputs));
  const constants = new Map([...model.constants].filter(([name]) => used.has(name)));
  const views: OnnxNode[] = [];
  for (const [name, { packed, scales }] of matrices) {
    const names = parts(name);
    constants.set(names.packed, packed);
    constants.set(names.scales, scales);
    if (!used.has(names.rows)) continue;
    // The same bytes by row: [rows, blocks, bytes] → [rows, bytes].
    const [rows, blocks, bytes] = packed.shape as [number, number, number];
    const shape = `${names.rows}.shape`;
    constants.set(shape, hostArray("int64", [2], BigInt64Array.of(BigInt(rows), BigInt(blocks * bytes))));
    views.push(nodeOf("Reshape", [names.packed, shape], names.rows));
  }
  return { ...model, nodes: [...views, ...nodes], constants };
}

/** The domain of ONNX Runtime's own operators. */
const MICROSOFT = "com.microsoft";

const nodeOf = (
  opType: string,
  inputs: readonly string[],
  output: string,
  attributes: OnnxNode["attributes"] = {},
  domain = "",
): OnnxNode => ({ opType, domain, inputs, outputs: [output], attributes });

/** The node's product with a matrix that can be packed; undefined for other nodes. */
function productOf(
  { opType, inputs, attributes }: OnnxNode,
  constants: ReadonlyMap<string, HostArray>,
): Product | undefined {
  const [x, matrix, addend] = inputs as [string, string, string?];
  const isGemm = opType === "Gemm" && !attributes.transA && isOne(attributes.alpha) && isOne(attributes.beta);
  if (!isGemm && opType !== "MatMul") return undefined;
  const value = constants.get(matrix);
  if (value?.dtype !== "float32" || value.shape.length !== 2) return undefined;
  const axis = isGemm && attributes.transB ? 0 : 1;
  return packsWhole({ shape: value.shape, outputs: axis }) ? { x, matrix, axis, addend } : undefined;
}

const isOne = (value: unknown): boolean =>
  value === undefined ||
  (typeof value === "object" && value !== null && "float" in value && value.float === 1);
