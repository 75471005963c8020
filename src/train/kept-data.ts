/** `texts.jsonl`: the texts that a run keeps, a line a text behind a line about all of them. Runs in a browser. */
import { InputError } from "../core/errors.ts";
import type { PreparedData } from "../data/prepare.ts";
import { numbersBySplit, type TextRows } from "../data/rows.ts";
import { type SplitName, splitNames } from "../data/split.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import { parseJson } from "./run-record.ts";

type Described = Pick<PreparedData, "kind" | "cleaning" | "summary" | "fingerprint">;

interface Head extends Described {
  readonly format: "punchline-texts";
  readonly version: 1;
  /** Of the rows of the lines; absent where they are not known. */
  readonly row_sources?: TextRows["sources"] | undefined;
}

interface Line {
  readonly split: SplitName;
  readonly text: string;
  readonly prompt?: number | undefined;
  readonly learned?: readonly number[] | undefined;
  readonly row?: number | undefined;
}

/** The lines of the file, each with its end. */
export function* keptLines(data: PreparedData): Generator<string> {
  const { kind, cleaning, summary, fingerprint, splits, prompts, learned, rows } = data;
  // Readers of lines end them at these two as well, which JSON writes as they are.
  const line = (value: Head | Line) =>
    `${JSON.stringify(value).replaceAll("\u2028", "\\u2028").replaceAll("\u2029", "\\u2029")}\n`;
  const described = { kind, cleaning, summary, fingerprint };
  yield line({ format: "punchline-texts", version: 1, ...described, row_sources: rows?.sources });
  for (const split of splitNames)
    for (const [i, text] of splits[split].entries())
      yield line({
        split,
        text,
        prompt: prompts?.[split][i],
        learned: learned?.[split][i],
        row: rows?.splits[split][i],
      });
}

/**
 * The texts of the file at `path`, in the run's vocabulary.
 * @param lines without their ends
 * @throws InputError `texts` for a damaged file
 */
export async function parseKeptLines(
  lines: Iterable<string> | AsyncIterable<string>,
  tokenizer: Tokenizer,
  path: string,
): Promise<PreparedData> {
  let head: Head | undefined;
  const splits: Record<SplitName, string[]> = { train: [], validation: [], test: [] };
  const prompts: Record<SplitName, number[]> = { train: [], validation: [], test: [] };
  const learned: Record<SplitName, (readonly number[])[]> = { train: [], validation: [], test: [] };
  const rows: Record<SplitName, number[]> = { train: [], validation: [], test: [] };
  let prompted = false;
  let stretched = false;
  for await (const text of lines) {
    const value = parseJson<Head | Line>(text, path);
    if (value && "format" in value) head = value;
    else if (value && splitNames.includes(value.split)) {
      splits[value.split].push(value.text);
      prompts[value.split].push(value.prompt ?? 0);
      rows[value.split].push(value.row ?? 0);
      learned[value.split].push(value.learned ?? []);
      stretched ||= value.learned !== undefined;
      prompted ||= value.prompt !== undefined;
    } else throw damaged(path);
  }
  if (head?.format !== "punchline-texts" || head.version !== 1) throw damaged(path);
  const { kind, cleaning, summary, fingerprint, row_sources: sources } = head;
  return {
    kind,
    splits,
    prompts: prompted ? prompts : undefined,
    learned: stretched ? learned : undefined,
    rows: sources && { sources, splits: numbersBySplit(rows), dropped: new Uint32Array() },
    tokenizer,
    cleaning,
    summary,
    fingerprint,
  };
}

const damaged = (path: string): InputError =>
  new InputError("texts", `${path} does not hold the texts of a run; pass them again as \`data\`.`, { path });
