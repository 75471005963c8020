/**
 * How sentences name options. The library writes the property between backticks, `topK`, `windows: "shuffled"` or
 * `cleaning.keepUnicode`, as its callers write it; the command line shows the same sentence with its flags, `--top-k` or
 * `--windows shuffled`, and the server with the fields of its requests, `top_k`.
 */
import { UsageError } from "./errors.ts";

/** The option, or the option with a value, as a sentence of the library names it. */
export function option(name: string, value?: string | number | boolean): string {
  return value === undefined ? `\`${name}\`` : `\`${name}: ${JSON.stringify(value)}\``;
}

/**
 * The error of an option with a value that it cannot have.
 * @param expected what it can have, to follow "must be": `a whole number of 1 or more`
 */
export const invalidOption = (name: string, value: unknown, expected: string): UsageError =>
  new UsageError(`${option(name)} must be ${expected}, not ${shown(value)}.`, {
    option: name,
    value,
    expected,
  });

/** As it is written in a program: JSON has no NaN and no infinity. */
const shown = (value: unknown): string =>
  typeof value === "number" ? String(value) : (JSON.stringify(value) ?? String(value));

const named = /`([a-z]\w*(?:\.[a-z]\w*)*)(?:: ("[^"`]*"|[\w.+-]+))?`/g;

/** The sentence with every option written by `write`, which gets its value where the sentence has one. */
export function renderOptions(
  sentence: string,
  write: (name: string, value: string | number | boolean | undefined) => string,
): string {
  return sentence.replace(named, (whole, name: string, value?: string) => {
    if (value === undefined) return write(name, undefined);
    try {
      return write(name, JSON.parse(value));
    } catch {
      return whole;
    }
  });
}
