/** Renders the options in the library's sentences as flags. */
import { renderOptions } from "../../core/options.ts";

/** `topK` is `--top-k`. */
export function flagOf(key: string): string {
  return `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** `--top-k` is `--no-top-k`. */
export const negativeOf = (flag: string): string => flag.replace("--", "--no-");

/** Whether a key, such as `noKey`, is itself the negative of an option. */
export const isNegative = (key: string): boolean => /^no[A-Z]/.test(key);

/** The flag of the first option that was given. */
export function flagGiven(options: Readonly<Record<string, unknown>>): string | undefined {
  const found = Object.keys(options).find((name) => options[name] !== undefined);
  return found === undefined ? undefined : flagOf(found);
}

/** Options that have another name on the command line. */
const renamed: Readonly<Record<string, string>> = {
  engines: "backend",
  config: "size",
  validationSource: "validationFile",
  allowOrigins: "allowOrigin",
  types: "type",
  nearDuplicates: "near",
  "nearDuplicates.words": "near",
  prepareText: "raw",
  "lora.rank": "loraRank",
  "lora.alpha": "loraAlpha",
  "lora.dropout": "loraDropout",
  "lora.targets": "loraTargets",
};

/** The name on the command line of an option of the library. */
export const nameOf = (property: string): string =>
  renamed[property] ?? property.slice(property.lastIndexOf(".") + 1);

/** The other way round. */
export const propertyOf = (name: string): string =>
  Object.keys(renamed).find((property) => renamed[property] === name) ?? name;

/**
 * `topK` between backticks becomes `--top-k`, `windows: "shuffled"` `--windows shuffled`, `space: false` `--no-space`;
 * a property within an option, `cleaning.keepUnicode`, has a flag of its own.
 */
export function inFlags(sentence: string): string {
  return renderOptions(sentence, (property, value) => {
    const name = nameOf(property);
    const flag = flagOf(name);
    if (value === undefined || value === true) return flag;
    return value === false ? negativeOf(flag) : `${flag} ${value}`;
  });
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
