/** Renders the options in the library's sentences as flags. */
import { flagOf, optionInFlags } from "../../core/flags.ts";
import { renderOptions } from "../../core/options.ts";

export { flagOf, nameOf, negativeOf, propertyOf } from "../../core/flags.ts";

/** Whether a key, such as `noKey`, is itself the negative of an option. */
export const isNegative = (key: string): boolean => /^no[A-Z]/.test(key);

/** The flag of the first option that was given. */
export function flagGiven(options: Readonly<Record<string, unknown>>): string | undefined {
  const found = Object.keys(options).find((name) => options[name] !== undefined);
  return found === undefined ? undefined : flagOf(found);
}

/**
 * `topK` between backticks becomes `--top-k`, `windows: "shuffled"` `--windows shuffled`, `space: false` `--no-space`;
 * a property within an option, `cleaning.keepUnicode`, has a flag of its own.
 */
export function inFlags(sentence: string): string {
  return renderOptions(sentence, optionInFlags);
}

/** The fields of a document that hold sentences of the library. */
const sentenceFields: ReadonlySet<string> = new Set([
  "note",
  "notes",
  "warning",
  "warnings",
  "reason",
  "mauve_left_out",
]);

/** The document with options as flags in the library's sentences; other texts are unchanged. */
export function documentInFlags<T>(value: T): T {
  return inFlagsBelow(value, "") as T;
}

function inFlagsBelow(value: unknown, field: string): unknown {
  if (typeof value === "string") return sentenceFields.has(field) ? inFlags(value) : value;
  if (Array.isArray(value)) return value.map((item) => inFlagsBelow(item, field));
  if (value === null || typeof value !== "object" || Object.getPrototypeOf(value) !== Object.prototype)
    return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, inFlagsBelow(item, key)]));
}
