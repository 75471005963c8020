/** Reads the values of a `config.json`, with errors that name the key and what would be valid. */
import { type ErrorDetails, InputError } from "../core/errors.ts";
import { checkObject } from "../core/options.ts";
import type { ModelConfig } from "./model.ts";

/** What programs without types are told to give as a configuration. */
export const CONFIG = "what config.json has, as an object";

/** Largest number in a configuration: sizes and ids are 32 bits wide. */
const MOST = 2 ** 31 - 1;

/** The value of `key`, of any type. */
function given(config: ModelConfig, key: string): unknown {
  checkObject(config, "config", CONFIG);
  return config[key];
}

/** A positive whole number. */
export function readSize(config: ModelConfig, key: string): number {
  const value = given(config, key);
  const size = Number(value);
  if (typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= MOST) return value;
  return refuse(config, key, `must be a positive whole number${size > MOST ? ` up to ${MOST}` : ""}`);
}

/** A positive whole number; `fallback` where it is absent or null. */
export const readOptionalSize = (config: ModelConfig, key: string, fallback: number): number =>
  config[key] == null ? fallback : readSize(config, key);

/** A positive number; `fallback` where it is absent. */
export function readNumber(config: ModelConfig, key: string, fallback: number): number {
  const value = given(config, key) ?? fallback;
  if (typeof value === "number" && value > 0 && Number.isFinite(value)) return value;
  return refuse(config, key, "must be a number above 0");
}

/** A probability below 1; `fallback` where it is absent. */
export function readProbability(config: ModelConfig, key: string, fallback = 0): number {
  const value = given(config, key) ?? fallback;
  if (typeof value === "number" && value >= 0 && value < 1) return value;
  return refuse(config, key, "must be from 0 to below 1");
}

/** True or false; `fallback` where it is absent. */
export function readFlag(config: ModelConfig, key: string, fallback: boolean): boolean {
  const value = given(config, key) ?? fallback;
  return typeof value === "boolean" ? value : refuse(config, key, "must be true or false");
}

/** One of the keys of `known`; `fallback` where it is absent. */
export function readChoice<K extends string>(
  config: ModelConfig,
  key: string,
  known: Readonly<Record<K, unknown>>,
  fallback: K,
): K {
  const value = given(config, key) ?? fallback;
  checkObject(known, "known", "an object whose keys are the choices");
  if (typeof value === "string" && Object.hasOwn(known, value)) return value as K;
  const names = Object.keys(known).join(", ");
  throw configError(config, `"${key}" is ${JSON.stringify(value)}; known are: ${names}.`, { key, value });
}

/** The id of a token of the vocabulary, or undefined where it is absent. */
export function readTokenId(config: ModelConfig, key: string): number | undefined {
  const value = given(config, key);
  if (value === undefined) return undefined;
  if (Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) < config.vocab_size)
    return Number(value);
  return refuse(config, key, `must be a token id below ${config.vocab_size}`);
}

/** The number of attention heads, which divides the width. */
export function readHeads(config: ModelConfig, key: string, width: number): number {
  const heads = readSize(config, key);
  if (width % heads === 0) return heads;
  throw configError(config, `the width ${width} is not a multiple of ${key}, ${heads}.`, { width, heads });
}

/**
 * @param values of `key` that make a variant which is not computed. Default: whatever it is.
 * @throws InputError `config`, which names the key
 */
export function refuseVariant(
  config: ModelConfig,
  key: string,
  values: readonly unknown[] = [config[key]],
): void {
  if (values.includes(config[key]))
    throw configError(
      config,
      `"${key}": ${JSON.stringify(config[key])} is a variant that Punchline does not compute.`,
      { key },
    );
}

function refuse(config: ModelConfig, key: string, expected: string): never {
  const value = config[key];
  if (value === undefined) throw configError(config, `"${key}" is missing; it ${expected}.`, { key });
  throw configError(config, `"${key}" ${expected}, not ${JSON.stringify(value)}.`, { key, value });
}

/** The error of a `config.json` that is not one of its architecture; `reason` says why. */
export const configError = (config: ModelConfig, reason: string, details?: ErrorDetails): InputError =>
  new InputError("config", `config.json of ${config.model_type}: ${reason}`, details);
