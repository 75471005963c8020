/**
 * The kinds of options that a command declares: how each is read, checked and described.
 *
 * A command's `options` is an object of these. The key is the flag (`topK` is `--top-k`), and the builder decides
 * the type of the value that `run` receives: without a default, it is `undefined` if the option is not given.
 */
import { didYouMean, UsageError } from "../../core/errors.ts";

export interface Option<T> {
  /** `flag` takes no value; `list` may be given several times. */
  readonly kind: "flag" | "value" | "list";
  readonly describe: string;
  /** One letter, without its dash. */
  readonly short?: string | undefined;
  /** The value's name in the help: `N`, `FILE`. */
  readonly placeholder: string;
  readonly default: T;
  /** The value, as text, of the option given without one; undefined if it needs one. */
  readonly bare?: string | undefined;
  /** For a switch: whether `--no-...` exists too. Default false. */
  readonly either?: boolean | undefined;
  /** Range, unit and choices, which the help shows in brackets. */
  readonly facts: readonly string[];
  /** The heading in the help. Default "Options". */
  readonly group?: string | undefined;
  /** Reads one value. @throws UsageError that names the flag, what it takes and what it got. */
  read(text: string, flag: string): unknown;
}

/** What every kind takes besides its description. */
interface Spec {
  readonly short?: string;
  readonly placeholder?: string;
}

/** A default, without which the value of an option that is not given is undefined. */
interface Default<D> {
  readonly default?: D;
}

/** The types of `run`'s third parameter. */
export type OptionValues<O extends Readonly<Record<string, Option<unknown>>>> = {
  readonly [K in keyof O]: O[K] extends Option<infer T> ? T : never;
};

/** Puts options under a heading of the help. */
export const inGroup = <O extends Readonly<Record<string, Option<unknown>>>>(group: string, options: O): O =>
  Object.fromEntries(Object.entries(options).map(([key, option]) => [key, { ...option, group }])) as O;

/** An option with a value, without more any text. */
const value = <T>(describe: string, more: Partial<Option<T>>): Option<T> => ({
  kind: "value",
  describe,
  placeholder: "TEXT",
  default: undefined as T,
  facts: [],
  read: (given) => given,
  ...more,
});

/** A switch. With `default: true` its flag is the negative one, `--no-...`. */
export const flag = (describe: string, spec: Default<boolean> = {}): Option<boolean> =>
  value(describe, { kind: "flag", placeholder: "", default: false, read: () => true, ...spec });

/** A switch that is on or undefined. */
export const optionalFlag = (describe: string): Option<boolean | undefined> => ({
  ...flag(describe),
  default: undefined,
});

/** A switch that is on, off or undefined: `--x`, `--no-x`, or neither. */
export const eitherFlag = (describe: string): Option<boolean | undefined> => ({
  ...optionalFlag(describe),
  either: true,
});

/** Any text: a name, a file, a prompt. */
export const text = <D extends string | undefined = undefined>(
  describe: string,
  spec: Spec & Default<D> = {},
): Option<string | D> => value<string | D>(describe, spec);

/** Names, with commas between them. */
export function names(describe: string, spec: Spec): Option<readonly string[] | undefined> {
  const read = (given: string) =>
    given
      .split(",")
      .map((name) => name.trim())
      .filter((name) => name !== "");
  return value<readonly string[] | undefined>(describe, { read, ...spec });
}

/** As often as the option is given. */
const repeated = <T>(option: Option<T | undefined>): Option<readonly T[]> => ({
  ...option,
  kind: "list",
  default: [],
  facts: [...option.facts, "may be repeated"],
});

/** Any text, as often as the option is given. */
export const list = (describe: string, spec: Spec = {}): Option<readonly string[]> =>
  repeated(text(describe, spec));

/** Bounds of a number; the range includes `min` and `max`, but not `above` and `below`. */
interface Range {
  readonly min?: number | undefined;
  readonly max?: number | undefined;
  readonly above?: number | undefined;
  readonly below?: number | undefined;
}

interface NumberSpec extends Spec, Range {
  readonly integer?: boolean | undefined;
  /** In the plural: `minutes`, `tokens`. */
  readonly unit?: string | undefined;
}

/** A number within a range. */
export const number = <D extends number | undefined = undefined>(
  describe: string,
  spec: NumberSpec & Default<D> = {},
): Option<number | D> =>
  value<number | D>(describe, {
    placeholder: "N",
    facts: numberFacts(spec),
    read: (given, flag) => readNumber(given, flag, spec),
    ...spec,
  });

/** A whole number within a range. */
export const integer = <D extends number | undefined = undefined>(
  describe: string,
  spec: NumberSpec & Default<D> = {},
): Option<number | D> => number(describe, { ...spec, integer: true });

/** A number within a range; `bare` if the option is given without a value. */
export function numberOrBare(
  describe: string,
  spec: NumberSpec & { readonly bare: number },
): Option<number | undefined> {
  const option = number(describe, spec);
  const facts = [...option.facts, `${spec.bare} where it is left out`];
  return { ...option, bare: String(spec.bare), placeholder: `[${option.placeholder}]`, facts };
}

/** A number within a range, or the word `off`. */
export const numberOrOff = (
  describe: string,
  spec: NumberSpec & Default<number | "off">,
): Option<number | "off"> =>
  value<number | "off">(describe, {
    placeholder: "N|off",
    facts: numberFacts(spec),
    read: (given, flag) => (given === "off" ? "off" : readNumber(given, flag, spec, ' or "off"')),
    ...spec,
  });

/** One of a few names; the error for an unknown one suggests the nearest. */
export const choice = <const N extends string, const D extends N | undefined = undefined>(
  describe: string,
  names: readonly N[],
  spec: Spec & Default<D> = {},
): Option<N | D> =>
  value<N | D>(describe, {
    placeholder: "NAME",
    facts: [names.join(", ")],
    read: (given, flag) => readChoice(given, flag, names),
    ...spec,
  });

/** Some of a few names: one each time that the option is given. */
export const choices = <const N extends string>(
  describe: string,
  names: readonly N[],
  spec: Spec = {},
): Option<readonly N[]> => repeated(choice(describe, names, spec));

function readChoice<N extends string>(given: string, flag: string, names: readonly N[]): N {
  const found = names.find((name) => name === given);
  if (found === undefined)
    throw new UsageError(`${flag} has no choice "${given}"; ${didYouMean(given, names)}`);
  return found;
}

function readNumber(given: string, flag: string, spec: NumberSpec, alternative = ""): number {
  const value = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(given) ? Number(given) : Number.NaN;
  const fits =
    Number.isFinite(value) &&
    (!spec.integer || Number.isSafeInteger(value)) &&
    value >= (spec.min ?? -Infinity) &&
    value <= (spec.max ?? Infinity) &&
    value > (spec.above ?? -Infinity) &&
    value < (spec.below ?? Infinity);
  if (fits) return value;
  const kind = spec.integer ? "a whole number" : "a number";
  const wanted = [kind, spec.unit && `of ${spec.unit}`, rangeText(spec)].filter(Boolean).join(" ");
  throw new UsageError(`${flag} must be ${wanted}${alternative}, not "${given}".`);
}

function numberFacts(spec: NumberSpec): string[] {
  return [spec.unit, rangeText(spec)].filter((fact): fact is string => Boolean(fact));
}

/** `from 0 to 1`, `above 0`, `at least 1`. */
function rangeText({ min, max, above, below }: Range): string {
  if (min !== undefined && max !== undefined) return `from ${min} to ${max}`;
  const lower = above !== undefined ? `above ${above}` : min !== undefined ? `at least ${min}` : "";
  const upper = below !== undefined ? `below ${below}` : max !== undefined ? `at most ${max}` : "";
  return [lower, upper].filter(Boolean).join(" and ");
}

/** The entries that are not undefined, for an object that is merged or recorded. */
export function present<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
