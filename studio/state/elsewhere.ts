/** What the command line and a program call what is on the screen: the texts, and where a run is. */
import type { GivenTexts } from "./kept-texts.ts";
import { builtInLists, given, isPasted, keepsUnicode } from "./texts.ts";

export interface Elsewhere {
  /** The source for a command, with the options of how it is read. */
  readonly source: string;
  /** A program's import of other names of the package, and of what prepares the texts. */
  readonly importWith: (names: string) => string;
  /** The prepared texts, as an expression of the program. */
  readonly data: string;
}

/** A word for a shell, in quotes where it needs them. */
export const shellWord = (text: string): string =>
  /^[\w./:@=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;

/** A name of the library's options as an option of a command, with its value. */
const flagOf = (name: string, value: unknown): string => {
  const kebab = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  if (typeof value === "boolean") return value ? `--${kebab}` : `--no-${kebab}`;
  return `--${kebab} ${shellWord(String(value))}`;
};

/**
 * The chosen texts: a built-in list by its name there, a file by its own, and what was pasted as a file that is to be written.
 * @param spellsAll as in {@link keepsUnicode}
 */
export function textsElsewhere(asked: { readonly spellsAll?: boolean } = {}): Elsewhere {
  const texts = given.value;
  const { whole = false, ...reading } = texts?.reading ?? {};
  const keepUnicode = texts !== undefined && !whole && keepsUnicode(texts, asked);
  const file = texts ? sourceOf(texts) : "texts.txt";
  const options = { ...reading, ...(keepUnicode ? { keepUnicode } : {}) };
  const flags = Object.entries(options)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ` ${flagOf(name, value)}`);
  const source = `${shellWord(file)}${whole ? " --raw" : ""}${flags.join("")}`;
  if (whole)
    return {
      source,
      importWith: (names) =>
        `import { readFile } from "node:fs/promises";\nimport { prepareText, ${names} } from "punchline";`,
      data: `prepareText(await readFile(${JSON.stringify(file)}, "utf8"))`,
    };
  const programs = { ...reading, ...(keepUnicode ? { cleaning: { keepUnicode } } : {}) };
  const more = Object.keys(programs).length > 0 ? `, ${JSON.stringify(programs)}` : "";
  return {
    source,
    importWith: (names) => `import { prepareData, ${names} } from "punchline";`,
    data: `await prepareData(${JSON.stringify(file)}${more})`,
  };
}

function sourceOf({ name, texts }: GivenTexts): string {
  if (texts instanceof File) return isPasted(texts) ? "texts.txt" : texts.name;
  return builtInLists.find((list) => list.name === name)?.source ?? "texts.txt";
}

/** The folder of a run; that of the one to come where there is none yet. */
export const runFolder = (run: string | undefined): string => `runs/${run ?? "mine"}`;
