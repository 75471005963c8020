/** A model's folder opened to be exported: architecture, vocabulary, and weights read one at a time. */
import { join } from "node:path";
import { sizeOf } from "../core/array.ts";
import { InputError } from "../core/errors.ts";
import type { JsonObject } from "../core/json.ts";
import { readOptionalJson } from "../files/json-file.ts";
import { openModelFolder } from "../hub/folder.ts";
import { matchTensors } from "../hub/match-tensors.ts";
import { checkFinite } from "../hub/tensor-source.ts";
import type { Architecture, Model } from "../models/model.ts";
import { buildModel } from "../models/registry.ts";
import type { Tokenizer } from "../text/tokenizer.ts";

/** The first file that a training writes to its folder. */
const RUN_FILE = "run.json";

export interface ExportSource {
  readonly path: string;
  readonly model: Model;
  readonly tokenizer: Tokenizer;
  readonly generationConfig: JsonObject | undefined;
  /** Whether it is a LoRA adapter; its weights are then read merged with its base. */
  readonly adapted: boolean;
  /** The numbers of one parameter, by the model's name for it. @throws InputError as {@link checkFinite} */
  read(name: string): Promise<Float32Array<ArrayBuffer>>;
  close(): Promise<void>;
}

/**
 * Opens the folder at `path`; every tensor is matched before any is read.
 * @param adapter the folder of an adapter to merge into it
 * @param architectures besides Punchline's own
 * @throws InputError `half-written` where a training has left no weights yet, `tokenizer-size` where the
 * vocabulary does not fit, and those of {@link openModelFolder} and {@link matchTensors}.
 */
export async function openExportSource(
  path: string,
  {
    adapter,
    architectures,
  }: { adapter?: string | undefined; architectures?: readonly Architecture[] | undefined },
): Promise<ExportSource> {
  const folder = await openModelFolder(path, { adapter }).catch(async (error: unknown) => {
    throw (await halfWritten(path, error)) ?? error;
  });
  try {
    const tensors = folder.tensors.tensors.size;
    const model = buildModel(folder.config, { folder: path, tensors, architectures });
    const shapes = new Map(model.parameters.map(({ name, shape }) => [name, shape]));
    const matches = matchTensors(model.parameters, folder.tensors, model.architecture.checkpointMapping);
    const tokenizer = await folder.tokenizer(model.config.vocab_size);
    return {
      path,
      model,
      tokenizer,
      generationConfig: folder.generationConfig,
      adapted: folder.base !== undefined,
      async read(name) {
        const data = new Float32Array(sizeOf(shapes.get(name)!));
        const stored = matches.get(name)!;
        await folder.tensors.read(stored, data);
        checkFinite(stored, data);
        return data;
      },
      close: () => folder.close(),
    };
  } catch (error) {
    await folder.close();
    throw error;
  }
}

/** The error for a run that was stopped before its first checkpoint, in place of one about missing files. */
async function halfWritten(path: string, error: unknown): Promise<InputError | undefined> {
  if (!(error instanceof InputError) || error.code !== "not-a-model") return undefined;
  const run = await readOptionalJson(join(path, RUN_FILE)).catch(() => undefined);
  if (!run) return undefined;
  return new InputError(
    "half-written",
    `${path} is a run without weights yet: its training was stopped before the first checkpoint. Go on with "punchline train --resume --out ${path}", then export.`,
    { path },
    error,
  );
}
