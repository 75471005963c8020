/**
 * The files of a run folder, and those that say what the run is: `run.json` and what describes its model. Runs in a
 * browser.
 */
import { InputError } from "../core/errors.ts";
import { type JsonObject, jsonText, parseJsonText } from "../core/json.ts";
import { version } from "../core/version.ts";
import type { JokeSelection } from "../data/sources/source.ts";
import { generationConfig } from "../generate/generation-config.ts";
import { ADAPTER_CONFIG_FILE, ADAPTER_WEIGHTS_FILE } from "../hub/adapter.ts";
import { WEIGHTS_FILE } from "../hub/safetensors.ts";
import type { ModelConfig, OptionValues } from "../models/model.ts";
import type { Device } from "../runtime/backend.ts";
import type { TextCleaning } from "../text/clean.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import type { TrainOptions } from "./options.ts";

export const files = {
  run: "run.json",
  config: "config.json",
  generation: "generation_config.json",
  tokenizer: "tokenizer.json",
  tokenizerConfig: "tokenizer_config.json",
  weights: WEIGHTS_FILE,
  adapterConfig: ADAPTER_CONFIG_FILE,
  adapterWeights: ADAPTER_WEIGHTS_FILE,
  optimizer: "optimizer.safetensors",
  state: "state.json",
  log: "log.jsonl",
  samples: "samples.md",
  texts: "texts.jsonl",
} as const;

/** `run.json`: everything needed to repeat the run. */
export interface RunRecord {
  readonly format: "punchline-run";
  readonly version: 1;
  /** The version of Punchline that began it. */
  readonly punchline: string;
  /** ISO 8601. */
  readonly created: string;
  /** The architecture. */
  readonly model: string;
  /** The model that it was fine-tuned from, by its name; absent for a training from scratch. */
  readonly base?: string | undefined;
  /** Of the weights that it began from: `fingerprintTensors`. */
  readonly baseFingerprint?: string | undefined;
  /** The adapter that it went on with, by its name. */
  readonly adapter?: string | undefined;
  /** Of that adapter's matrices. */
  readonly adapterFingerprint?: string | undefined;
  /** Its options, as given. */
  readonly modelOptions: OptionValues;
  readonly parameters: number;
  /** How many of them are trained. */
  readonly trainable: number;
  readonly sources: readonly string[];
  /** `items` or one continuous `text`. */
  readonly kind: "items" | "text";
  /** Options of the data, as given. */
  readonly data: Readonly<Record<string, unknown>>;
  /** How the texts were cleaned; absent in runs of 0.1.0, of which `data` says it. */
  readonly cleaning?: TextCleaning | undefined;
  /** Which of the built-in jokes are among the texts; absent where none are, and in runs of 0.1.0. */
  readonly jokes?: JokeSelection | undefined;
  /** Of the prepared texts and their splits. */
  readonly fingerprint: string;
  readonly train: TrainOptions;
  readonly device: Device;
  readonly threads: number | null;
  readonly platform: string;
}

export interface NewRun {
  readonly config: ModelConfig;
  readonly tokenizer: Tokenizer;
  readonly record: RunRecord;
  /** The ids that end a text of the base, besides the vocabulary's end. */
  readonly ends?: readonly number[] | undefined;
  /** `adapter_config.json` of a LoRA training. */
  readonly adapter?: JsonObject | undefined;
}

/** The files of what a run knows before its first step, in the order in which they are written: `run.json` first. */
export function describingFiles({
  config,
  tokenizer,
  record,
  ends,
  adapter,
}: NewRun): Record<string, string> {
  return {
    [files.run]: jsonText(record),
    ...Object.fromEntries(
      Object.entries(tokenizer.files()).map(([name, content]) => [name, jsonText(content)]),
    ),
    [files.config]: jsonText(config),
    ...(adapter ? { [files.adapterConfig]: jsonText(adapter) } : {}),
    [files.generation]: jsonText(
      generationConfig({
        tokenizer,
        stopAtEos: record.kind === "items",
        ends,
        isolateDocuments: (record.train.packing ?? "stream") !== "stream",
        cleaning: record.cleaning,
      }),
    ),
  };
}

/** The record in the text of the file at `path`. @throws InputError `not-a-run` where it is no whole record */
export async function parseRecord(text: string, path: string): Promise<RunRecord> {
  const folder = path.replace(/[/\\][^/\\]*$/, "");
  const record = parseJson<Partial<RunRecord>>(text, path);
  if (record?.format !== "punchline-run" || record.version !== 1) {
    throw new InputError("not-a-run", `${path} is not a run record that this version (${version}) reads.`, {
      folder,
    });
  }
  const { checkRecord } = await import("./record-shape.ts");
  const checked = checkRecord(record);
  if (checked.success) return record as RunRecord;
  const { path: where, message } = checked.error.issues[0]!;
  throw new InputError(
    "not-a-run",
    `${path} is damaged: ${where.join(".")}: ${message.replace(/\s*\n\s*/g, " ")}; restore the file, or start a new run.`,
    { folder },
  );
}

/** @throws InputError `not-json` that names the file */
export function parseJson<T>(text: string, where: string): T | null {
  try {
    return parseJsonText(text) as T;
  } catch (cause) {
    throw new InputError(
      "not-json",
      `${where} is not whole JSON; restore the file or start a new run.`,
      { where },
      cause,
    );
  }
}
