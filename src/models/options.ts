/** Reading the options and configurations of architectures, with errors that say what would do. */
import { didYouMean, InputError, UsageError } from "../core/errors.ts";
import type { Architecture, ModelConfig, ModelOption, OptionValues } from "./model.ts";

/** All options with their defaults filled in. @throws UsageError for one that the architecture lacks or a value out of range. */
export function resolveOptions(
  { type, options }: Pick<Architecture, "type" | "options">,
  given: OptionValues,
): OptionValues {
  for (const [name, value] of Object.entries(given)) {
    const option = options[name];
    if (!option)
      throw new UsageError(
        `${type} has no option ${flag(name)}: ${didYouMean(flag(name), Object.keys(options).map(flag))}`,
        {
          option: name,
        },
      );
    check(type, name, option, value);
  }
  return Object.fromEntries(
    Object.entries(options).map(([name, option]) => [name, given[name] ?? option.default]),
  );
}

/** As the command line writes an option: `allLayers` is `--all-layers`. */
const flag = (name: string): string => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

function check(
  type: string,
  name: string,
  { type: kind, min = -Infinity, max = Infinity, choices }: ModelOption,
  value: unknown,
): void {
  const fail = (expected: string): never => {
    throw new UsageError(`${flag(name)} of ${type} must be ${expected}, not ${JSON.stringify(value)}.`, {
      option: name,
      value,
    });
  };
  if (kind === "boolean") {
    if (typeof value !== "boolean") fail("true or false");
  } else if (kind === "choice") {
    if (!choices!.includes(value as string)) fail(`one of ${choices!.join(", ")}`);
  } else {
    const range = max === Infinity ? `${min} or more` : `from ${min} to ${max}`;
    if (typeof value !== "number" || !(value >= min && value <= max)) fail(`a number ${range}`);
    if (kind === "integer" && !Number.isInteger(value)) fail("a whole number");
  }
}

/** Largest number of anything in a configuration: sizes and ids are 32 bits wide. */
const MOST = 2 ** 31 - 1;

/** A positive whole number of a configuration. */
export function size(config: ModelConfig, key: string): number {
  const value = config[key];
  if (typeof value !== "number" || !Number.isInteger(value) || value < 1 || value > MOST) {
    throw new InputError(
      "config",
      `config.json of ${config.model_type}: "${key}" must be a positive whole number${Number(value) > MOST ? ` up to ${MOST}` : ""}, not ${JSON.stringify(value)}.`,
      { key, value },
    );
  }
  return value;
}

/** A positive number of a configuration; `fallback` where it is absent. */
export function number(config: ModelConfig, key: string, fallback: number): number {
  const value = config[key] ?? fallback;
  if (typeof value !== "number" || !(value > 0 && Number.isFinite(value))) {
    throw new InputError(
      "config",
      `config.json of ${config.model_type}: "${key}" must be a number above 0, not ${JSON.stringify(value)}.`,
      { key, value },
    );
  }
  return value;
}

/** A token of the vocabulary that a configuration names, or undefined where it names none. */
export function tokenId(config: ModelConfig, key: string): number | undefined {
  const value = config[key];
  if (value === undefined) return undefined;
  if (!(Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) < config.vocab_size)) {
    throw new InputError(
      "config",
      `config.json of ${config.model_type}: "${key}" must be a token id below ${config.vocab_size}, not ${JSON.stringify(value)}.`,
      { key, value },
    );
  }
  return Number(value);
}

/** A yes or no of a configuration; `fallback` where it is absent. */
export function switched(config: ModelConfig, key: string, fallback: boolean): boolean {
  const value = config[key] ?? fallback;
  if (typeof value !== "boolean") {
    throw new InputError(
      "config",
      `config.json of ${config.model_type}: "${key}" must be true or false, not ${JSON.stringify(value)}.`,
      { key, value },
    );
  }
  return value;
}

/** One of the names that `known` has; `fallback` where it is absent. */
export function named<K extends string>(
  config: ModelConfig,
  key: string,
  known: Readonly<Record<K, unknown>>,
  fallback: K,
): K {
  const value = config[key] ?? fallback;
  if (typeof value !== "string" || !Object.hasOwn(known, value)) {
    const names = Object.keys(known);
    throw new InputError(
      "config",
      `config.json of ${config.model_type}: "${key}" is ${JSON.stringify(value)}; known are: ${names.join(", ")}.`,
      { key, value },
    );
  }
  return value as K;
}

/** A probability of a configuration; `fallback` where it is absent. */
export function rate(config: ModelConfig, key: string, fallback = 0): number {
  const value = config[key] ?? fallback;
  if (typeof value !== "number" || !(value >= 0 && value < 1)) {
    throw new InputError(
      "config",
      `config.json of ${config.model_type}: "${key}" must be from 0 to below 1, not ${JSON.stringify(value)}.`,
      { key, value },
    );
  }
  return value;
}

export const integer = (value: number, doc: string, min = 1, max?: number): ModelOption<number> => ({
  type: "integer",
  default: value,
  doc,
  min,
  ...(max === undefined ? {} : { max }),
});

export const fraction = (value: number, doc: string): ModelOption<number> => ({
  type: "number",
  default: value,
  doc,
  min: 0,
  max: 0.95,
});

export const choice = (value: string, choices: readonly string[], doc: string): ModelOption<string> => ({
  type: "choice",
  default: value,
  doc,
  choices,
});

export const onOff = (value: boolean, doc: string): ModelOption<boolean> => ({
  type: "boolean",
  default: value,
  doc,
});
