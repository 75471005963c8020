/**
 * How sentences name options. The library writes the property between backticks, `topK`, `windows: "shuffled"` or
 * `cleaning.keepUnicode`, as its callers write it; the command line shows the same sentence with its flags, `--top-k` or
 * `--windows shuffled`, and the server with the fields of its requests, `top_k`.
 */
import { didYouMean } from "./did-you-mean.ts";
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

/** As it is written in a program, in 80 characters at most; what is deep inside, such as weights, is left out. */
export function shown(value: unknown): string {
  // JSON has no NaN and no infinity.
  if (typeof value === "number") return String(value);
  if (typeof value === "bigint") return `${value}n`;
  const outer = (key: string, field: unknown) => {
    if (typeof field === "bigint") return `${field}n`;
    return key !== "" && typeof field === "object" && field !== null ? "..." : field;
  };
  const text = JSON.stringify(value, outer) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

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

/** The names of a function's options, and the names inside of those that are objects themselves. */
export interface OptionNames {
  readonly names: readonly string[];
  readonly inner: Readonly<Record<string, OptionNames | undefined>>;
}

type Words<S extends string, Found extends string = never> = S extends `${infer Word} ${infer Rest}`
  ? Words<Rest, Found | Word>
  : Found | S;

/**
 * The names of an interface's options, with spaces between them. The compiler refuses one too few or too many.
 *
 * @example
 * const embedNames = optionNames<keyof EmbedOptions>()("maxTokens signal");
 */
export const optionNames =
  <K extends string>() =>
  <S extends string>(
    names: S & ([K, Words<S>] extends [Words<S>, K] ? unknown : never),
    inner: { readonly [N in K]?: OptionNames } = {},
  ): OptionNames => ({ names: names.split(" "), inner });

export interface Abortable {
  /** Aborting it ends the call, which then throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

export const abortableNames = optionNames<keyof Abortable>()("signal");

/** @throws UsageError where a program without types gives something else than a text */
export function checkText(value: unknown, name = "text"): void {
  if (typeof value !== "string") throw invalidOption(name, value, "a text");
}

/** @throws UsageError for anything but a text, and for one that can be no name: an empty one, or one with a null byte */
export function checkName(value: unknown, name: string): void {
  checkText(value, name);
  if (value === "" || (value as string).includes("\0"))
    throw invalidOption(name, value, "a name that is not empty and has no null byte");
}

/** @throws UsageError for something that is given and cannot be called */
export function checkFunction(value: unknown, name: string): void {
  if (value !== undefined && typeof value !== "function") throw invalidOption(name, value, "a function");
}

/** @throws UsageError for something that is given and is no list */
export function checkList(value: unknown, name: string): void {
  if (value !== undefined && !Array.isArray(value)) throw invalidOption(name, value, "a list");
}

/** @throws UsageError for anything that has no fields, given or not */
export function checkObject(value: unknown, name: string, expected = "an object"): void {
  if (typeof value !== "object" || value === null) throw invalidOption(name, value, expected);
}

/** @throws UsageError for anything but a list of texts */
export function checkTexts(values: unknown, name = "texts"): void {
  const odd = Array.isArray(values) ? values.findIndex((value) => typeof value !== "string") : undefined;
  if (odd === undefined) throw invalidOption(name, values, "a list of texts");
  if (odd >= 0) checkText((values as readonly unknown[])[odd], `${name}[${odd}]`);
}

/**
 * The options of a public function, checked as programs without types need it; every such function calls it first.
 * @throws UsageError for a name that is none of `known`, and where an object of options is something else
 * @throws the reason of a `signal` that is aborted already, so that nothing is begun
 */
export function checkOptions<T extends object>(given: T, known: OptionNames): T {
  checkNames(given, known);
  if (!known.names.includes("signal")) return given;
  const { signal } = given as { readonly signal?: AbortSignal | undefined };
  if (signal !== undefined && typeof signal?.throwIfAborted !== "function")
    throw invalidOption("signal", signal, "an AbortSignal, such as `controller.signal`");
  signal?.throwIfAborted();
  return given;
}

/** The part of {@link checkOptions} that is about names; a name without a value counts as not given. */
export function checkNames(given: object, { names, inner }: OptionNames, path = ""): void {
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    const what = path === "" ? "Options" : option(path.slice(0, -1));
    const expected = `an object, such as { ${names[0]}: ... }`;
    throw new UsageError(`${what} must be ${expected}, not ${shown(given)}.`, { value: given, expected });
  }
  for (const name of Object.keys(given)) {
    const known = inner[name];
    if (names.includes(name) && known === undefined) continue;
    const value = (given as Readonly<Record<string, unknown>>)[name];
    if (value === undefined) continue;
    if (!names.includes(name)) throw unknownOption(name, { names, inner }, path);
    // `false` and `true` choose a default instead of an object.
    if (typeof value !== "boolean") checkNames(value as object, known!, `${path}${name}.`);
  }
}

function unknownOption(name: string, { names, inner }: OptionNames, path: string): UsageError {
  const place = Object.entries(inner).find(([, within]) => within?.names.includes(name))?.[0];
  const advice = place ? `did you mean "${path}${place}.${name}"?` : didYouMean(name, names);
  const whole = path + name;
  return new UsageError(`Unknown option ${option(whole)}; ${advice}`, { option: whole, expected: names });
}
