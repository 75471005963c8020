/** What the options of the library are called on the command line. */

/** `topK` is `--top-k`. */
export function flagOf(key: string): string {
  return `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** `--top-k` is `--no-top-k`. */
export const negativeOf = (flag: string): string => flag.replace("--", "--no-");

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
 * An option of a sentence, for `renderOptions`, as a word of the command line: `nearDuplicates.words: 0.9` is `--near 0.9`,
 * `space: false` is `--no-space`.
 */
export function optionInFlags(property: string, value?: string | number | boolean): string {
  const flag = flagOf(nameOf(property));
  if (value === undefined || value === true) return flag;
  return value === false ? negativeOf(flag) : `${flag} ${value}`;
}
