/**
 * Exports a model's folder to a format that other programs load.
 *
 * @example
 * await exportModel("runs/a", { format: "hf", out: "for-others" });
 */
import { writeHuggingFace } from "./huggingface.ts";
import { writeFolder } from "./out-folder.ts";
import { openExportSource } from "./source.ts";

export const exportFormats = ["hf"] as const;
export type ExportFormat = (typeof exportFormats)[number];

export interface ExportOptions {
  readonly format: ExportFormat;
  /** The folder to be made; absent or empty before. */
  readonly out: string;
}

export interface Exported {
  readonly out: string;
  readonly format: ExportFormat;
  /** Names of the files below `out`, sorted. */
  readonly files: readonly string[];
}

/**
 * Writes the model in the folder `path` to `out`, whole or not at all.
 * @throws UsageError where `out` is taken or the format is not for this model; InputError as
 * {@link openExportSource} and of the file system.
 */
export async function exportModel(path: string, { format, out }: ExportOptions): Promise<Exported> {
  const source = await openExportSource(path);
  try {
    const files = await writeFolder(out, (folder) => writeHuggingFace(source, folder));
    return { out, format, files };
  } finally {
    await source.close();
  }
}
