/**
 * The kinds of options that a command declares: how each is read, checked and described.
 *
 * A command's `options` is an object of these. The key is the flag (`topK` is `--top-k`), and the builder decides
 * the type of the value that `run` receives. Every option has a default: `default` is its value, and `defaultIs` says
 * in words what happens without it, where the value is then `undefined`.
 *
 * A switch is turned on by `--x` and off by `--no-x`. An option of a flag `noX` of its own has that for its negative.
 */
import { didYouMean } from "../../core/did-you-mean.ts";
import { UsageError } from "../../core/errors.ts";

export interface Option<T> {
  /** `flag` takes no value; `list` may be given several times. */
  readonly kind: "flag" | "value" | "list";
  readonly describe: string;
  /** One letter, without its dash. */
  readonly short?: string | undefined;
  /** The value's name in the help: `N`, `FILE`. */
  readonly placeholder: string;
  readonly default: T;
  /** The default as the help shows it; undefined for an option that must be given. */
  readonly defaultText: string | undefined;
  /** The end of the sentence that asks for an option that must be given. */
  readonly needed?: string | undefined;
  /** The value, as text, of the option given without one; undefined if it needs one. */
  readonly bare?: string | undefined;
  /** The values that there are, if they are a few names. */
  readonly choices?: readonly string[] | undefined;
  /** Usual values among others, which a completion offers. */
  readonly words?: readonly string[] | undefined;
  /** Whether a value may be several names with commas between them. */
  readonly commas?: boolean | undefined;
  /** An earlier name, which is still understood with a value of this option. */
  readonly former?: string | undefined;
  /** Options that take its place in a configuration when they are given. */
  readonly rivals?: readonly string[] | undefined;
  /** The value of the flag of a switch. */
  readonly on?: unknown;
  /** The value of `--no-...`; undefined where there is none. */
  readonly off?: unknown;
  /** Unit and choices, which the help shows in brackets. */
  readonly facts: readonly string[];
  /** The range of a number: `from 0 to 1`. */
  readonly range?: string | undefined;
  /** Whether `--help` shows it; `--help-all` shows every option. */
  readonly usual?: boolean | undefined;
  /** The heading in the help. Default "Options". */
  readonly group?: string | undefined;
  /** Reads one value. @throws UsageError that names the flag, what it takes and what it got. */
  read(text: string, flag: string): unknown;
}

/** What every kind takes besides its description. */
interface Spec {
  readonly short?: string;
  /** Also says what a completion offers: FILE, DIR, SOURCE and MODEL. */
  readonly placeholder?: string;
  readonly words?: readonly string[];
}

/** The value of an option that is not given; or in words what happens then, and the value is undefined. */
type Default<D> =
  | { readonly default: D; readonly defaultIs?: string }
  | { readonly default?: undefined; readonly defaultIs: string };

/** The types of `run`'s third parameter. */
export type OptionValues<O extends Readonly<Record<string, Option<unknown>>>> = {
  readonly [K in keyof O]: O[K] extends Option<infer T> ? T : never;
};

/** Puts options under a heading of the help. */
export const inGroup = <O extends Readonly<Record<string, Option<unknown>>>>(group: string, options: O): O =>
  Object.fromEntries(Object.entries(options).map(([key, option]) => [key, { ...option, group }])) as O;

/** Options that say the same thing in several ways: one that is given takes the place of all in a configuration. */
export const rivals = <O extends Readonly<Record<string, Option<unknown>>>>(options: O): O =>
  Object.fromEntries(
    Object.entries(options).map(([key, option]) => [key, { ...option, rivals: Object.keys(options) }]),
  ) as unknown as O;

/** Marks the options that most people use, which the short help shows. */
export const usual = <O extends Readonly<Record<string, Option<unknown>>>>(options: O): O =>
  Object.fromEntries(Object.entries(options).map(([key, option]) => [key, { ...option, usual: true }])) as O;

type More<T> = Partial<Omit<Option<T>, "default" | "defaultText">> & {
  readonly default?: unknown;
  readonly defaultIs?: string | undefined;
};

/** An option with a value, without more any text. */
const value = <T>(describe: string, { defaultIs, ...more }: More<T>): Option<T> => ({
  kind: "value",
  describe,
  placeholder: "TEXT",
  facts: [],
  read: (given) => given,
  ...more,
  default: more.default as T,
  defaultText: defaultIs ?? (more.default === "" ? "none" : String(more.default)),
});

/** A switch that is off unless `default` is true. */
export const flag = (
  describe: string,
  { short, default: standard = false }: Pick<Spec, "short"> & { readonly default?: boolean } = {},
): Option<boolean> => switchOf(describe, { short, default: standard, defaultIs: standard ? "on" : "off" });

/** A switch that is undefined where it is not given. */
export const eitherFlag = (
  describe: string,
  spec: Pick<Spec, "short"> & { readonly defaultIs: string },
): Option<boolean | undefined> => switchOf(describe, spec);

/**
 * A switch with words for its values, undefined where it is not given. `--x WORD`, as it was written before, is still
 * read.
 */
export const wordFlag = <const On extends string, const Off extends string>(
  describe: string,
  { on, off, defaultIs }: { readonly on: On; readonly off: Off; readonly defaultIs: string },
): Option<On | Off | undefined> => switchOf(describe, { on, off, defaultIs });

const switchOf = <T>(describe: string, more: More<T>): Option<T> =>
  value(describe, { kind: "flag", placeholder: "", on: true, off: false, ...more });

/** Any text: a name, a file, a prompt. */
export const text = <D extends string | undefined = undefined>(
  describe: string,
  spec: Spec & Default<D>,
): Option<string | D> => value<string | D>(describe, spec);

/** A text that must be given. @param needed the end of the sentence that asks for it, after "--out is needed: " */
export const neededText = (describe: string, { needed, ...spec }: Spec & { readonly needed: string }) => ({
  ...value<string>(describe, spec),
  defaultText: undefined,
  needed,
});

/** Names, with commas between them. */
export function names(
  describe: string,
  spec: Spec & { readonly defaultIs: string },
): Option<readonly string[] | undefined> {
  const read = (given: string) =>
    given
      .split(",")
      .map((name) => name.trim())
      .filter((name) => name !== "");
  return value<readonly string[] | undefined>(describe, { read, commas: true, ...spec });
}

/** Whole numbers within a range, with commas between them. */
export function integers(
  describe: string,
  spec: NumberSpec & { readonly defaultIs: string },
): Option<readonly number[] | undefined> {
  const one = { ...spec, integer: true };
  const read = (given: string, flag: string) =>
    given
      .split(",")
      .map((part) => readNumber(part.trim(), flag, one, ", or several with commas between them"));
  return value<readonly number[] | undefined>(describe, {
    placeholder: "N,N",
    ...numberFacts(one),
    read,
    ...spec,
  });
}

/** As often as the option is given. */
const repeated = <T>(option: Option<T | undefined>): Option<readonly T[]> => ({
  ...option,
  kind: "list",
  default: [],
});

/** Any text, as often as the option is given. */
export const list = (
  describe: string,
  spec: Spec & { readonly defaultIs: string },
): Option<readonly string[]> => repeated(text(describe, spec));

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
  spec: NumberSpec & Default<D>,
): Option<number | D> =>
  value<number | D>(describe, {
    placeholder: "N",
    ...numberFacts(spec),
    read: (given, flag) => readNumber(given, flag, spec),
    ...spec,
  });

/** A whole number within a range. */
export const integer = <D extends number | undefined = undefined>(
  describe: string,
  spec: NumberSpec & Default<D>,
): Option<number | D> => number<D>(describe, { ...spec, integer: true });

/** A number within a range; `bare` if the option is given without a value. */
export function numberOrBare(
  describe: string,
  spec: NumberSpec & { readonly bare: number; readonly defaultIs: string },
): Option<number | undefined> {
  const option = number(describe, spec);
  const facts = [...option.facts, `${spec.bare} where it is left out`];
  return { ...option, bare: String(spec.bare), placeholder: `[${option.placeholder}]`, facts };
}

/** A number within a range, or `off` by `--no-...`. */
export const numberOrOff = (
  describe: string,
  spec: NumberSpec & Default<number | "off">,
): Option<number | "off"> =>
  value<number | "off">(describe, {
    placeholder: "N",
    off: "off",
    ...numberFacts(spec),
    read: (given, flag) => (given === "off" ? "off" : readNumber(given, flag, spec, ' or "off"')),
    ...spec,
  });

/** One of a few names; the error for an unknown one suggests the nearest. */
export const choice = <const N extends string, const D extends N | undefined = undefined>(
  describe: string,
  names: readonly N[],
  spec: Spec & Default<D>,
): Option<N | D> =>
  value<N | D>(describe, {
    placeholder: "NAME",
    facts: [names.join(", ")],
    choices: names,
    read: (given, flag) => readChoice(given, flag, names),
    ...spec,
  });

/** Some of a few names: one each time that the option is given. */
export const choices = <const N extends string>(
  describe: string,
  names: readonly N[],
  spec: Spec & { readonly defaultIs: string },
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

const numberFacts = (spec: NumberSpec) => ({
  facts: spec.unit === undefined ? [] : [spec.unit],
  range: rangeText(spec) || undefined,
});

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
