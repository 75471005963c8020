/**
 * Exports a model's folder to a format that other programs load.
 *
 * @example
 * await exportModel("runs/a", { format: "hf", out: "for-others" });
 */
import { UsageError } from "../core/errors.ts";
import { checkOptions, checkText, invalidOption, option, optionNames } from "../core/options.ts";
import { writeFolder } from "../files/whole-folder.ts";
import type { Architecture } from "../models/model.ts";
import { writeGguf } from "./gguf-write.ts";
import { type HuggingFaceType, huggingFaceTypes, writeAdapter, writeHuggingFace } from "./huggingface.ts";
import { writeOnnx } from "./onnx.ts";
import { type OnnxType, onnxTypes } from "./onnx-types.ts";
import { type GgufType, ggufTypes } from "./quantise.ts";
import { type ExportSource, openExportSource } from "./source.ts";

export const exportFormats = ["hf", "onnx", "gguf"] as const;
export type ExportFormat = (typeof exportFormats)[number];

export type ExportType = OnnxType | GgufType | HuggingFaceType;
/** The types of each format; the first of them is the default. */
const typesOf: Readonly<Record<ExportFormat, readonly ExportType[]>> = {
  hf: huggingFaceTypes,
  onnx: onnxTypes,
  gguf: ["f16", ...ggufTypes.filter((type) => type !== "f16")],
};
/** Every type of every format. */
export const exportTypes: readonly ExportType[] = [
  ...new Set([...onnxTypes, ...ggufTypes, ...huggingFaceTypes]),
];

/** `hf` also accepts the names that `onnx` has for two of its types. */
const sameType: Readonly<Partial<Record<ExportType, HuggingFaceType>>> = { fp32: "f32", fp16: "f16" };

export interface ExportOptions {
  readonly format: ExportFormat;
  /** The folder to write; it must not exist, or be empty. */
  readonly out: string;
  /**
   * Number types, by the names that the format's readers use. Each becomes a file of its own, except with `hf`,
   * which takes one. Default: `fp32` of `onnx`, `f16` of `gguf`, `f32` of `hf`.
   */
  readonly types?: readonly ExportType[] | undefined;
  /** The folder of a LoRA adapter that is merged into the model first, in every format. Default: none. */
  readonly adapter?: string | undefined;
  /** Merge a LoRA adapter into its base model. Default false: `hf` writes only the adapter. Other formats always merge. */
  readonly merge?: boolean | undefined;
  /** Aborting it ends the export before the next tensor, with the signal's reason, and leaves nothing behind. */
  readonly signal?: AbortSignal | undefined;
  /** Architectures besides Punchline's own, for a model of one of them. */
  readonly architectures?: readonly Architecture[] | undefined;
}

const exportOptionNames = optionNames<keyof ExportOptions>()(
  "format out types adapter merge signal architectures",
);

export interface Exported {
  readonly out: string;
  readonly format: ExportFormat;
  /** Paths of the files below `out`, sorted. */
  readonly files: readonly string[];
}

type Writer = (
  source: ExportSource,
  folder: string,
  types: readonly ExportType[],
  merge: boolean | undefined,
) => Promise<void>;

const writers: Readonly<Record<ExportFormat, Writer>> = {
  hf: (source, folder, types, merge) =>
    source.adapted && !merge
      ? writeAdapter(source, folder)
      : writeHuggingFace(source, folder, types[0] as HuggingFaceType),
  onnx: (source, folder, types) => writeOnnx(source, folder, types as readonly OnnxType[]),
  gguf: (source, folder, types) => writeGguf(source, folder, types as readonly GgufType[]),
};

/**
 * Writes the model in the folder `path` to `out`, whole or not at all.
 * @throws UsageError where `out` is not empty or the format cannot hold this model; InputError as
 * `openExportSource` and of the file system.
 */
export async function exportModel(path: string, options: ExportOptions): Promise<Exported> {
  const { format, out } = checkOptions(options, exportOptionNames);
  if (!exportFormats.includes(format))
    throw invalidOption("format", format, `one of ${exportFormats.join(", ")}`);
  checkText(out, "out");
  const types = checkTypes(format, options.types ?? []);
  const { adapter, architectures } = options;
  const source = await openExportSource(path, { adapter, architectures });
  const merge = options.merge || adapter !== undefined;
  try {
    if (options.merge && !source.adapted)
      throw new UsageError(`${path} has no adapter that could be merged; leave ${option("merge")} out.`, {
        option: "merge",
        value: true,
      });
    if (format === "hf" && source.adapted && !merge && types[0] !== "f32")
      throw new UsageError(
        `${path} is an adapter, which stays float32; add ${option("merge", true)} to write the whole model in ${types[0]}.`,
        { option: "types", value: types, expected: "f32" },
      );
    const read: ExportSource["read"] = (name) => {
      options.signal?.throwIfAborted();
      return source.read(name);
    };
    const write = (folder: string) => writers[format]({ ...source, read }, folder, types, merge);
    const files = await writeFolder(out, write);
    return { out, format, files };
  } finally {
    await source.close();
  }
}

/** @throws UsageError for a type that the format does not have */
function checkTypes(format: ExportFormat, given: readonly ExportType[]): readonly ExportType[] {
  const known = typesOf[format];
  const types = [...new Set(given.map((type) => (format === "hf" && sameType[type]) || type))];
  const unknown = types.find((type) => !known.includes(type));
  if (unknown !== undefined)
    throw new UsageError(`${format} has no type ${unknown}; its types are ${known.join(", ")}.`, {
      option: "types",
      value: unknown,
      expected: known,
      format,
    });
  if (format === "hf" && types.length > 1)
    throw new UsageError(
      `hf keeps its weights in one file, so it takes one ${option("types")}, not ${types.join(" and ")}; export once for each.`,
      { option: "types", value: types, expected: "one type", format },
    );
  return types.length > 0 ? types : known.slice(0, 1);
}
