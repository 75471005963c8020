/**
 * The part of the ONNX file format that Punchline writes: messages of onnx.proto3 (IR version 10) as
 * protobuf bytes. Field numbers are those of the ONNX specification.
 */

import type { DType, HostArray, StoredArray } from "../core/array.ts";
import { invalidOption } from "../core/options.ts";
import type { Shape } from "../core/shape.ts";
import { elementNumber, HALF_NUMBER, type OnnxAttribute } from "../ops/emitter.ts";
import { tag, WireWriter } from "./wire.ts";

export interface OnnxNode {
  readonly opType: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, OnnxAttribute | undefined>>;
}

export interface OnnxValue {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: Shape;
}

export interface OnnxModel {
  readonly nodes: readonly OnnxNode[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  readonly constants: ReadonlyMap<string, HostArray>;
  /** Constants that stay in files of one folder. */
  readonly stored?: ReadonlyMap<string, StoredArray>;
  /** Names of outputs that are sequences of float tensors; they come before the other outputs. */
  readonly sequences?: readonly string[];
}

/** 16-bit floats (IEEE binary16), as bit patterns: files may hold them, and no graph of Punchline's computes with them. */
export interface HalfArray {
  readonly dtype: "float16";
  readonly shape: readonly number[];
  readonly data: Uint16Array;
}

/** A model as a file has it: as a graph has it, or with 16-bit floats in places. */
export interface OnnxFile extends Omit<OnnxModel, "inputs" | "outputs" | "constants"> {
  readonly inputs: readonly FileValue[];
  readonly outputs: readonly FileValue[];
  readonly constants: ReadonlyMap<string, HostArray | HalfArray>;
}

export interface FileValue extends Omit<OnnxValue, "dtype"> {
  readonly dtype: DType | "float16";
}

/** TensorProto.DataType */
export const elementType: Readonly<Record<DType | "float16", number>> = {
  ...elementNumber,
  float16: HALF_NUMBER,
};

const IR_VERSION = 10;
const OPSET = 21;
/** TensorProto.DataLocation: the numbers are in another file. */
const EXTERNAL = 1;
const ATTRIBUTE = { float: 1, int: 2, string: 3, ints: 7 } as const;

/** The bytes of an .onnx file. */
export function encodeModel(model: OnnxFile, producer = "punchline"): Uint8Array<ArrayBuffer> {
  if (!Array.isArray(model?.nodes)) throw invalidOption("model", model, "a graph, such as `lower` returns");
  const w = new WireWriter();
  w.uint32(tag(1, 0)).int64(IR_VERSION);
  w.uint32(tag(2, 2)).string(producer);
  message(w, 7, () => graph(w, model));
  for (const [domain, version] of [
    ["", OPSET],
    ["com.microsoft", 1],
  ] as const) {
    message(w, 8, () => {
      w.uint32(tag(1, 2)).string(domain);
      w.uint32(tag(2, 0)).int64(version);
    });
  }
  return w.finish();
}

function graph(w: WireWriter, model: OnnxFile): void {
  for (const node of model.nodes) message(w, 1, () => writeNode(w, node));
  w.uint32(tag(2, 2)).string("graph");
  for (const [name, value] of model.constants) message(w, 5, () => tensor(w, name, value));
  for (const [name, array] of model.stored ?? []) message(w, 5, () => storedTensor(w, name, array));
  for (const value of model.inputs) message(w, 11, () => valueInfo(w, value));
  for (const name of model.sequences ?? []) message(w, 12, () => sequenceInfo(w, name));
  for (const value of model.outputs) message(w, 12, () => valueInfo(w, value));
}

function writeNode(w: WireWriter, node: OnnxNode): void {
  for (const name of node.inputs) w.uint32(tag(1, 2)).string(name);
  for (const name of node.outputs) w.uint32(tag(2, 2)).string(name);
  w.uint32(tag(3, 2)).string(node.outputs[0]!);
  w.uint32(tag(4, 2)).string(node.opType);
  for (const [name, value] of Object.entries(node.attributes)) {
    if (value !== undefined) message(w, 5, () => attribute(w, name, value));
  }
  if (node.domain) w.uint32(tag(7, 2)).string(node.domain);
}

function attribute(w: WireWriter, name: string, value: OnnxAttribute): void {
  w.uint32(tag(1, 2)).string(name);
  if (typeof value === "number") {
    w.uint32(tag(3, 0)).int64(value);
    w.uint32(tag(20, 0)).int64(ATTRIBUTE.int);
  } else if (typeof value === "string") {
    w.uint32(tag(4, 2)).string(value);
    w.uint32(tag(20, 0)).int64(ATTRIBUTE.string);
  } else if ("float" in value) {
    w.uint32(tag(2, 5)).float(value.float);
    w.uint32(tag(20, 0)).int64(ATTRIBUTE.float);
  } else {
    for (const v of value) w.uint32(tag(8, 0)).int64(v);
    w.uint32(tag(20, 0)).int64(ATTRIBUTE.ints);
  }
}

function tensor(w: WireWriter, name: string, { dtype, shape, data }: HostArray | HalfArray): void {
  for (const d of shape) w.uint32(tag(1, 0)).int64(d);
  w.uint32(tag(2, 0)).int64(elementType[dtype]);
  w.uint32(tag(8, 2)).string(name);
  w.uint32(tag(9, 2)).bytes(new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength));
}

function storedTensor(w: WireWriter, name: string, { dtype, shape, stored }: StoredArray): void {
  for (const d of shape) w.uint32(tag(1, 0)).int64(d);
  w.uint32(tag(2, 0)).int64(elementType[dtype]);
  w.uint32(tag(8, 2)).string(name);
  const place = { location: baseName(stored.file), offset: stored.offset, length: stored.length };
  for (const [key, value] of Object.entries(place)) {
    message(w, 13, () => w.uint32(tag(1, 2)).string(key).uint32(tag(2, 2)).string(String(value)));
  }
  w.uint32(tag(14, 0)).int64(EXTERNAL);
}

const baseName = (path: string): string =>
  path.slice(Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1);

function valueInfo(w: WireWriter, { name, dtype, shape }: FileValue): void {
  w.uint32(tag(1, 2)).string(name);
  message(w, 2, () => {
    message(w, 1, () => {
      w.uint32(tag(1, 0)).int64(elementType[dtype]);
      message(w, 2, () => {
        for (const d of shape) {
          message(w, 1, () => {
            if (typeof d === "number") w.uint32(tag(1, 0)).int64(d);
            else w.uint32(tag(2, 2)).string(d);
          });
        }
      });
    });
  });
}

/** TypeProto.sequence_type, of tensors of any shape. */
function sequenceInfo(w: WireWriter, name: string): void {
  w.uint32(tag(1, 2)).string(name);
  message(w, 2, () => {
    message(w, 4, () => {
      message(w, 1, () => {
        message(w, 1, () => w.uint32(tag(1, 0)).int64(elementType.float32));
      });
    });
  });
}

function message(w: WireWriter, field: number, body: () => void): void {
  w.uint32(tag(field, 2)).fork();
  body();
  w.join();
}
