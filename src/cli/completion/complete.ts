/** What may follow on a command line: the answer of `punchline completion -- WORD...`, which the shells' scripts ask. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { CompletedCommand, CompletedOption, CompletionTable, Value } from "./table.ts";

export interface Completions {
  /** Paths that the shell adds by itself. */
  readonly paths: "files" | "folders" | "none";
  /** Words, each with what it is; of `--option=VALUE` only the value. */
  readonly words: readonly (readonly [word: string, about: string])[];
}

const nothing: Completions = { paths: "none", words: [] };

/** Most run folders that are offered. */
const RUNS = 200;

/** @param words those after `punchline`, the last one being typed, perhaps still empty */
export function complete(words: readonly string[], table: CompletionTable): Completions {
  const typed = words.at(-1) ?? "";
  const before = words.slice(0, -1);
  const at = before.findIndex((word) => !word.startsWith("-"));
  if (at < 0 || (before[at] === "help" && at === before.length - 1))
    return startingWith(typed, typed.startsWith("-") ? programFlags : commandNames(table));
  const command = table.commands.find(({ name }) => name === before[at]);
  return command === undefined ? nothing : within(command, before.slice(at + 1), typed, table);
}

const programFlags: Completions = {
  paths: "none",
  words: [
    ["--help", "Show all commands"],
    ["--version", "Show the version"],
  ],
};

const commandNames = ({ commands }: CompletionTable): Completions => ({
  paths: "none",
  words: [
    ...commands.map(({ name, about }) => [name, about] as const),
    ["help", "Show the help of a command"],
  ],
});

function startingWith(typed: string, { paths, words }: Completions): Completions {
  return { paths, words: words.filter(([word]) => word.startsWith(typed)) };
}

/** After the name of a command. */
function within(
  command: CompletedCommand,
  before: readonly string[],
  typed: string,
  table: CompletionTable,
): Completions {
  const find = (word: string) => command.options.find(({ flag, short }) => flag === word || short === word);
  const given: CompletedOption[] = [];
  let places = 0;
  let open: CompletedOption | undefined;
  let ended = false;
  for (const word of before) {
    if (open !== undefined && !(open.bare && word.startsWith("-"))) {
      open = undefined;
      continue;
    }
    open = undefined;
    if (ended || !word.startsWith("-") || word === "-") places++;
    else if (word === "--") ended = true;
    else {
      const option = find(word.split("=")[0]!);
      if (option) given.push(option);
      if (option?.value && !word.includes("=")) open = option;
    }
  }
  if (open?.value && !(open.bare && typed.startsWith("-")))
    return startingWith(typed, valuesOf(open.value, typed, table));
  if (!ended && typed.startsWith("-")) {
    const [flag = "", joined] = typed.split(/=(.*)/s);
    const value = joined === undefined ? undefined : find(flag)?.value;
    if (joined !== undefined) return value ? startingWith(joined, valuesOf(value, joined, table)) : nothing;
    const left = command.options.filter((option) => option.several || !given.includes(option));
    return startingWith(typed, { paths: "none", words: left.map(({ flag: name, about }) => [name, about]) });
  }
  const place = command.arguments[places] ?? (command.several ? command.arguments.at(-1) : undefined);
  return place ? startingWith(typed, valuesOf(place, typed, table)) : nothing;
}

function valuesOf(
  { kind, words: offered = [], commas = false }: Value,
  typed: string,
  { models, sources }: CompletionTable,
): Completions {
  const named = (names: readonly string[], about: string) => names.map((name) => [name, about] as const);
  const words = commas ? listsOf(offered, typed) : offered;
  const own = named(words, "");
  if (kind === "file") return { paths: "files", words: own };
  if (kind === "folder") return { paths: "folders", words: own };
  if (kind === "source") return { paths: "files", words: [...own, ...named(sources, "built-in texts")] };
  if (kind === undefined) return { paths: "none", words: own };
  const known = [...own, ...named(models, "built-in model"), ...named(runsNear(typed), "run folder")];
  return { paths: kind === "samples" ? "files" : "folders", words: known };
}

/** What is typed up to its last comma, with each word that it does not have yet. */
function listsOf(words: readonly string[], typed: string): string[] {
  const before = typed.slice(0, typed.lastIndexOf(",") + 1);
  const given = before.split(",");
  return words.filter((word) => !given.includes(word)).map((word) => before + word);
}

/** Run folders in the folder that is being typed, or in `runs` and the current folder. */
function runsNear(typed: string): string[] {
  const slash = typed.lastIndexOf("/");
  const folders = slash < 0 ? ["runs/", ""] : [typed.slice(0, slash + 1)];
  return folders.flatMap((folder) => runsIn(folder)).slice(0, RUNS);
}

function runsIn(folder: string): string[] {
  try {
    return readdirSync(folder === "" ? "." : folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && existsSync(join(folder, entry.name, "run.json")))
      .map(({ name }) => folder + name);
  } catch {
    return [];
  }
}

/** The lines that the scripts read: what paths the shell adds, then a word with what it is on each line. */
export const answerText = ({ paths, words }: Completions): string =>
  [paths, ...words.map(([word, about]) => `${word}\t${about}`)].map((line) => `${line}\n`).join("");
