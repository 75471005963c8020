/**
 * The prepared texts of a run that was given texts and no sources, in its folder, so that it can be resumed by the
 * folder alone: a line of JSON about all of them, then a line for each text.
 */
import { createReadStream } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { InputError } from "../core/errors.ts";
import type { PreparedData } from "../data/prepare.ts";
import { type SplitName, splitNames } from "../data/split.ts";
import { writeFileAtomic } from "../files/atomic.ts";
import { regularFileIfAny } from "../files/regular-file.ts";
import { loadTokenizer } from "../hub/tokenizer-files.ts";
import { files, parseJson } from "./run-folder.ts";

type Described = Pick<PreparedData, "kind" | "cleaning" | "summary" | "fingerprint">;

interface Head extends Described {
  readonly format: "punchline-texts";
  readonly version: 1;
}

interface Line {
  readonly split: SplitName;
  readonly text: string;
  readonly prompt?: number | undefined;
}

export async function writeKeptData(folder: string, data: PreparedData): Promise<void> {
  const { kind, cleaning, summary, fingerprint, splits, prompts } = data;
  const encoder = new TextEncoder();
  // Readers of lines end them at these two as well, which JSON writes as they are.
  const escaped = (value: Head | Line) =>
    JSON.stringify(value).replaceAll("\u2028", "\\u2028").replaceAll("\u2029", "\\u2029");
  const line = (value: Head | Line) => encoder.encode(`${escaped(value)}\n`);
  function* content() {
    yield line({ format: "punchline-texts", version: 1, kind, cleaning, summary, fingerprint });
    for (const split of splitNames)
      for (const [i, text] of splits[split].entries())
        yield line({ split, text, prompt: prompts?.[split][i] });
  }
  await writeFileAtomic(join(folder, files.texts), content());
}

/**
 * The texts that a run keeps, in its vocabulary; undefined where it keeps none.
 * @throws InputError `texts` for a damaged file
 */
export async function readKeptData(folder: string): Promise<PreparedData | undefined> {
  const path = join(folder, files.texts);
  if (!(await regularFileIfAny(path))) return undefined;
  const tokenizer = await loadTokenizer(folder);
  const lines = createInterface({ input: createReadStream(path), crlfDelay: Infinity });
  let head: Head | undefined;
  const splits: Record<SplitName, string[]> = { train: [], validation: [], test: [] };
  const prompts: Record<SplitName, number[]> = { train: [], validation: [], test: [] };
  let prompted = false;
  for await (const text of lines) {
    const value = parseJson<Head | Line>(text, path);
    if (value && "format" in value) head = value;
    else if (value && splitNames.includes(value.split)) {
      splits[value.split].push(value.text);
      prompts[value.split].push(value.prompt ?? 0);
      prompted ||= value.prompt !== undefined;
    } else throw damaged(path);
  }
  if (head?.format !== "punchline-texts" || head.version !== 1) throw damaged(path);
  const { kind, cleaning, summary, fingerprint } = head;
  return { kind, splits, prompts: prompted ? prompts : undefined, tokenizer, cleaning, summary, fingerprint };
}

const damaged = (path: string): InputError =>
  new InputError("texts", `${path} does not hold the texts of a run; pass them again as \`data\`.`, { path });
