/**
 * Exports a model's folder to a format that other programs load.
 *
 * @example
 * await exportModel("runs/a", { format: "hf", out: "for-others" });
 */
import { UsageError } from "../core/errors.ts";
import { writeAdapter } from "./adapter.ts";
import { writeGguf } from "./gguf-gpt2.ts";
import { writeHuggingFace } from "./huggingface.ts";
import { writeOnnxGpt2 } from "./onnx-gpt2.ts";
import { hasFixedState, writeOnnxStep } from "./onnx-step.ts";
import { writeFolder } from "./out-folder.ts";
import type { GgufType } from "./quantise.ts";
import { type ExportSource, openExportSource } from "./source.ts";

export const exportFormats = ["hf", "onnx", "gguf"] as const;
export type ExportFormat = (typeof exportFormats)[number];

export interface ExportOptions {
  readonly format: ExportFormat;
  /** The folder to be made; absent or empty before. */
  readonly out: string;
  /** How `gguf` keeps the numbers; default `f16`. Not of other formats. */
  readonly type?: GgufType;
  /** Write a LoRA adapter merged into its base; `hf` writes the adapter alone otherwise. Other formats always merge. */
  readonly merge?: boolean;
}

export interface Exported {
  readonly out: string;
  readonly format: ExportFormat;
  /** Names of the files below `out`, sorted. */
  readonly files: readonly string[];
}

type Writer = (source: ExportSource, folder: string, options: ExportOptions) => Promise<void>;

const writers: Readonly<Record<ExportFormat, Writer>> = {
  hf: (source, folder, { merge }) =>
    source.adapted && !merge ? writeAdapter(source, folder) : writeHuggingFace(source, folder),
  onnx: writeOnnx,
  gguf: (source, folder, { type }) => writeGguf(source, folder, type ?? "f16"),
};

/**
 * Writes the model in the folder `path` to `out`, whole or not at all.
 * @throws UsageError where `out` is taken or the format is not for this model; InputError as
 * `openExportSource` and of the file system.
 */
export async function exportModel(path: string, options: ExportOptions): Promise<Exported> {
  const { format, out } = options;
  if (options.type !== undefined && format !== "gguf")
    throw new UsageError(`The type ${options.type} is one of gguf; ${format} is always float32.`);
  const source = await openExportSource(path);
  try {
    if (options.merge && !source.adapted)
      throw new UsageError(`${path} has no adapter that could be merged; leave --merge out.`);
    const files = await writeFolder(out, (folder) => writers[format](source, folder, options));
    return { out, format, files };
  } finally {
    await source.close();
  }
}

async function writeOnnx(source: ExportSource, folder: string): Promise<void> {
  if (source.architecture.type === "gpt2") return writeOnnxGpt2(source, folder);
  if (hasFixedState(source)) return writeOnnxStep(source, folder);
  throw new UsageError(
    `${source.path} is a ${source.architecture.type}, and onnx is written of gpt2 and of recurrent and convolutional models; --format hf takes every model.`,
  );
}
