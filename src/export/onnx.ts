/**
 * Writes a folder with ONNX graphs: `onnx/model.onnx`, as transformers.js reads decoders and masked models, or
 * `model.onnx`, one step of a model with a state of fixed size. Each number type is a file of its own.
 */
import { join } from "node:path";
import { float32, type HostArray } from "../core/array.ts";
import { UsageError } from "../core/errors.ts";
import { jsonText } from "../core/json.ts";
import { option } from "../core/options.ts";
import { writeFileAtomic } from "../files/atomic.ts";
import { hasGrowingState } from "../models/model.ts";
import { encodeModel, type OnnxFile, type OnnxModel } from "../onnx/proto.ts";
import { writeDescription } from "./huggingface.ts";
import { decoderGraph, isCache } from "./onnx-decoder.ts";
import { maskedGraph } from "./onnx-masked.ts";
import { describeStep, stepGraph } from "./onnx-step.ts";
import { type OnnxType, onnxFileName, toType } from "./onnx-types.ts";
import type { ExportSource } from "./source.ts";
import { decoderForTransformersJs, maskedForTransformersJs } from "./transformers-js.ts";

/** Bytes of weights that fit into a protobuf message, and so into an .onnx file, with room for the graph. */
const MAX_BYTES = 0.99 * 2 ** 31;

/** @throws UsageError where a file would be larger than an .onnx file can be */
export async function writeOnnx(
  source: ExportSource,
  folder: string,
  types: readonly OnnxType[],
): Promise<void> {
  const weights = await readWeights(source);
  const layout = layouts[layoutOf(source)];
  const model = layout.graph(source, weights);
  for (const type of types) {
    const file = toType(model, type, isCache);
    checkSize(source, file, type);
    await writeFileAtomic(join(folder, layout.folder, onnxFileName(type)), encodeModel(file));
  }
  await layout.describe(source, folder, types);
}

type Layout = "decoder" | "masked" | "step";

interface LayoutRules {
  /** The subfolder of the graphs. */
  readonly folder: string;
  graph(source: ExportSource, weights: ReadonlyMap<string, HostArray>): OnnxModel;
  /** Writes everything but the graphs. */
  describe(source: ExportSource, folder: string, types: readonly OnnxType[]): Promise<void>;
}

const layouts: Readonly<Record<Layout, LayoutRules>> = {
  decoder: {
    folder: "onnx",
    graph: decoderGraph,
    describe: (source, folder, types) =>
      writeDescription(source, folder, decoderForTransformersJs(source, types)),
  },
  masked: {
    folder: "onnx",
    graph: maskedGraph,
    describe: (source, folder) => writeDescription(source, folder, maskedForTransformersJs(source)),
  },
  step: {
    folder: "",
    graph: stepGraph,
    async describe(source, folder) {
      await writeDescription(source, folder);
      await writeFileAtomic(join(folder, "onnx.json"), jsonText(describeStep(source)));
    },
  },
};

function layoutOf({ model }: ExportSource): Layout {
  if (model.predicts === "masked") return "masked";
  return hasGrowingState(model) ? "decoder" : "step";
}

/** All weights in memory, by name. */
async function readWeights(source: ExportSource): Promise<Map<string, HostArray>> {
  const weights = new Map<string, HostArray>();
  for (const { name, shape } of source.model.parameters)
    weights.set(name, float32(shape, await source.read(name)));
  return weights;
}

function checkSize({ path }: ExportSource, { constants }: OnnxFile, type: OnnxType): void {
  let bytes = 0;
  for (const { data } of constants.values()) bytes += data.byteLength;
  if (bytes <= MAX_BYTES) return;
  const advice = type === "q4" ? "" : `; choose a smaller ${option("types")}`;
  throw new UsageError(`${path} as ${type} is larger than the 2 GiB that an .onnx file can hold${advice}.`, {
    option: "types",
    value: type,
    path,
    bytes,
  });
}
