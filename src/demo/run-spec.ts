/** A training of the story, and the command line that repeats it. */
import type { PreparedData } from "../data/prepare.ts";
import type { OptionValues } from "../models/model.ts";
import type { BaseModel } from "../train/base.ts";
import type { TrainOptions } from "../train/options.ts";

/** A training as the story wants it. */
export interface RunSpec {
  /** What people call the model: "the character model". */
  readonly what: string;
  readonly model: string;
  readonly modelOptions?: OptionValues;
  readonly base?: BaseModel;
  readonly data: PreparedData;
  readonly sources: readonly string[];
  readonly options: Partial<TrainOptions>;
}

/** The command that trains the same model into `folder`. */
export function trainingCommand(folder: string, spec: RunSpec): string {
  const { model, modelOptions = {}, base, data, sources, options } = spec;
  const { keepUnicode } = data.cleaning;
  // What the command does of itself: pieces of bytes spell every letter, characters only those of the data.
  const usual = base !== undefined;
  return [
    "punchline",
    ...(base ? ["finetune", base.name] : ["train", "--model", model]),
    ...flags(modelOptions),
    ...sourceFlags(sources),
    ...(keepUnicode === usual ? [] : [keepUnicode ? "--keep-unicode" : "--no-keep-unicode"]),
    ...flags(options),
    "--out",
    folder,
  ].join(" ");
}

/** `--data` of each source. */
const sourceFlags = (sources: readonly string[]): string[] =>
  sources.flatMap((source) => ["--data", quoted(source)]);

/** Options as the command line takes them: `{ batchSize: 32 }` is `--batch-size 32`. */
function flags(options: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(options).flatMap(([name, value]) =>
    value === undefined
      ? []
      : [`--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`, quoted(String(value))],
  );
}

const quoted = (word: string): string => (/^[\w./:@+-]+$/.test(word) ? word : JSON.stringify(word));
