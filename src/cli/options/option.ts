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

interface Common {
  readonly describe: string;
  readonly short?: string | undefined;
  readonly group?: string | undefined;
}

/** The types of `run`'s third parameter. */
export type OptionValues<O extends Readonly<Record<string, Option<unknown>>>> = {
  readonly [K in keyof O]: O[K] extends Option<infer T> ? T : never;
};

const common = ({ describe, short, group }: Common): Common => ({ describe, short, group });

/** A switch. With `default: true` its flag is the negative one, `--no-...`. */
export function flag(spec: Common & { readonly default?: boolean | undefined }): Option<boolean> {
  return {
    ...common(spec),
    kind: "flag",
    placeholder: "",
    default: spec.default ?? false,
    facts: [],
    read: () => true,
  };
}

/** A switch that is on or undefined. */
export function optionalFlag(spec: Common): Option<boolean | undefined> {
  return { ...flag(spec), default: undefined };
}

interface TextSpec extends Common {
  readonly placeholder?: string | undefined;
}

/** A switch that is on, off or undefined: `--x`, `--no-x`, or neither. */
export function eitherFlag(spec: Common): Option<boolean | undefined> {
  return { ...flag(spec), default: undefined, either: true };
}

/** Any text: a name, a file, a prompt. */
export function text(spec: TextSpec & { readonly default: string }): Option<string>;
export function text(spec: TextSpec): Option<string | undefined>;
export function text(spec: TextSpec & { readonly default?: string }): Option<string | undefined> {
  return {
    ...common(spec),
    kind: "value",
    placeholder: spec.placeholder ?? "TEXT",
    default: spec.default,
    facts: [],
    read: (given) => given,
  };
}

/** Names, with commas between them. */
export function names(spec: TextSpec): Option<readonly string[] | undefined> {
  const read = (given: string) =>
    given
      .split(",")
      .map((name) => name.trim())
      .filter((name) => name !== "");
  return { ...text(spec), default: undefined, read };
}

/** Any text, as often as the option is given. */
export function list(spec: TextSpec): Option<readonly string[]> {
  return {
    ...common(spec),
    kind: "list",
    placeholder: spec.placeholder ?? "TEXT",
    default: [],
    facts: ["may be repeated"],
    read: (given) => given,
  };
}

/** Bounds of a number; the range includes `min` and `max`, but not `above` and `below`. */
interface Range {
  readonly min?: number | undefined;
  readonly max?: number | undefined;
  readonly above?: number | undefined;
  readonly below?: number | undefined;
}

interface NumberSpec extends Common, Range {
  readonly placeholder?: string | undefined;
  readonly integer?: boolean | undefined;
  /** In the plural: `minutes`, `tokens`. */
  readonly unit?: string | undefined;
}

/** A number within a range. */
export function number(spec: NumberSpec & { readonly default: number }): Option<number>;
export function number(spec: NumberSpec): Option<number | undefined>;
export function number(spec: NumberSpec & { readonly default?: number }): Option<number | undefined> {
  return {
    ...common(spec),
    kind: "value",
    placeholder: spec.placeholder ?? "N",
    default: spec.default,
    facts: numberFacts(spec),
    read: (given, flag) => readNumber(given, flag, spec),
  };
}

/** A whole number within a range. */
export function integer(spec: NumberSpec & { readonly default: number }): Option<number>;
export function integer(spec: NumberSpec): Option<number | undefined>;
export function integer(spec: NumberSpec & { readonly default?: number }): Option<number | undefined> {
  return number({ ...spec, integer: true } as NumberSpec & { default: number });
}

/** A number within a range; `bare` if the option is given without a value. */
export function numberOrBare(spec: NumberSpec & { readonly bare: number }): Option<number | undefined> {
  const option = number(spec);
  const facts = [...option.facts, `${spec.bare} where it is left out`];
  return { ...option, bare: String(spec.bare), placeholder: `[${option.placeholder}]`, facts };
}

/** A number within a range, or the word `off`. */
export function numberOrOff(spec: NumberSpec & { readonly default: number | "off" }): Option<number | "off"> {
  return {
    ...common(spec),
    kind: "value",
    placeholder: spec.placeholder ?? "N|off",
    default: spec.default,
    facts: numberFacts(spec),
    read: (given, flag) => (given === "off" ? "off" : readNumber(given, flag, spec, ' or "off"')),
  };
}

/** One of a few names; the error for an unknown one suggests the nearest. */
export function choice<const N extends string>(
  names: readonly N[],
  spec: Common & { readonly placeholder?: string; readonly default: NoInfer<N> },
): Option<N>;
export function choice<const N extends string>(
  names: readonly N[],
  spec: Common & { readonly placeholder?: string },
): Option<N | undefined>;
export function choice<const N extends string>(
  names: readonly N[],
  spec: Common & { readonly placeholder?: string; readonly default?: N },
): Option<N | undefined> {
  return {
    ...common(spec),
    kind: "value",
    placeholder: spec.placeholder ?? "NAME",
    default: spec.default,
    facts: [names.join(", ")],
    read: (given, flag) => readChoice(given, flag, names),
  };
}

/** Some of a few names: one each time that the option is given. */
export function choices<const N extends string>(
  names: readonly N[],
  spec: Common & { readonly placeholder?: string },
): Option<readonly N[]> {
  return {
    ...common(spec),
    kind: "list",
    placeholder: spec.placeholder ?? "NAME",
    default: [],
    facts: [names.join(", "), "may be repeated"],
    read: (given, flag) => readChoice(given, flag, names),
  };
}

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
