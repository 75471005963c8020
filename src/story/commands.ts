/** Command lines that repeat what the story did. */
import type { RunSpec } from "./runs.ts";

/** The command that trains the same model into `folder`. */
export function trainingCommand(folder: string, spec: RunSpec): string {
  const { model, modelOptions = {}, base, sources, options } = spec;
  return [
    "punchline",
    ...(base ? ["finetune", base.name] : ["train", "--model", model]),
    ...flags(modelOptions),
    ...sourceFlags(sources),
    ...flags(options),
    "--out",
    folder,
  ].join(" ");
}

/** `--data` of each source. */
export const sourceFlags = (sources: readonly string[]): string[] =>
  sources.flatMap((source) => ["--data", quoted(source)]);

/** Options as the command line takes them: `{ batchSize: 32 }` is `--batch-size 32`. */
export function flags(options: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(options).flatMap(([name, value]) =>
    value === undefined
      ? []
      : [`--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`, quoted(String(value))],
  );
}

const quoted = (word: string): string => (/^[\w./:@+-]+$/.test(word) ? word : JSON.stringify(word));
