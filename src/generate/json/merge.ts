/** Two schemas as one that allows what both allow. */

export type Schema = boolean | SchemaObject;
export type SchemaObject = { readonly [keyword: string]: unknown };

/** @param refuse what to throw where the two cannot be merged */
type Merger = (a: never, b: never, refuse: () => Error) => unknown;

/** Most schemas that two lists of them make: one for each pair. */
const MOST_PAIRS = 1_000;

const all = (...schemas: readonly (Schema | undefined)[]): Schema => {
  const some = schemas.filter((schema) => schema !== undefined && schema !== true);
  return some.length === 0 ? true : some.length === 1 ? some[0]! : { allOf: some };
};
const larger = (a: number, b: number) => Math.max(a, b);
const smaller = (a: number, b: number) => Math.min(a, b);
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value]);

/** Types that both have; every integer is a number. */
function types(a: unknown, b: unknown): readonly unknown[] {
  const within = (type: unknown, others: readonly unknown[]) =>
    others.includes(type) || (type === "integer" && others.includes("number"));
  const [first, second] = [listOf(a), listOf(b)];
  return [...new Set([...first.filter((t) => within(t, second)), ...second.filter((t) => within(t, first))])];
}

const equal = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

/** The least number above 0 that two are factors of, as they are written in decimals: of 0.1 and 0.25 it is 0.5. */
function commonMultiple(a: number, b: number): number {
  const places = Math.max(placesOf(a), placesOf(b));
  const [first, second] = [wholeOf(a, places), wholeOf(b, places)];
  let [factor, rest] = [first, second];
  while (rest > 0n) [factor, rest] = [rest, factor % rest];
  const found = Number(`${(first / factor) * second}e-${places}`);
  return Math.min(found, Number.MAX_VALUE);
}

/** Digits and exponent of a number above 0. */
function decimal(value: number): readonly [digits: string, places: number] {
  const [, whole, fraction = "", exponent = "0"] = /^(\d+)(?:\.(\d+))?(?:e(.+))?$/.exec(String(value))!;
  return [whole + fraction, fraction.length - Number(exponent)];
}

const placesOf = (value: number): number => Math.max(0, decimal(value)[1]);

/** A number times 10 to the power of `places`. */
function wholeOf(value: number, places: number): bigint {
  const [digits, own] = decimal(value);
  return BigInt(digits) * 10n ** BigInt(places - own);
}

const mergers: Readonly<Record<string, Merger>> = {
  type: types,
  enum: (a: readonly unknown[], b: readonly unknown[]) => {
    const texts = new Set(b.map((one) => JSON.stringify(one)));
    return a.filter((one) => texts.has(JSON.stringify(one)));
  },
  required: (a: readonly string[], b: readonly string[]) => [...new Set([...a, ...b])],
  minimum: larger,
  exclusiveMinimum: larger,
  minLength: larger,
  minItems: larger,
  minProperties: larger,
  maximum: smaller,
  exclusiveMaximum: smaller,
  maxLength: smaller,
  maxItems: smaller,
  maxProperties: smaller,
  items: (a: Schema, b: Schema) => all(a, b),
  multipleOf: commonMultiple,
  anyOf: (a: readonly Schema[], b: readonly Schema[], refuse) => {
    if (a.length * b.length > MOST_PAIRS) throw refuse();
    return a.flatMap((one) => b.map((other) => all(one, other)));
  },
};

/**
 * @param a with keywords that have the form of the standard, as in `b`
 * @param refuse gets the keyword that cannot be merged
 */
export function merge(a: SchemaObject, b: SchemaObject, refuse: (keyword: string) => Error): SchemaObject {
  const merged: Record<string, unknown> = { ...a };
  for (const [keyword, value] of Object.entries(b)) {
    const own = a[keyword];
    if (own === undefined) merged[keyword] = value;
    else if (!equal(own, value) && keyword !== "properties" && keyword !== "additionalProperties") {
      const merger = mergers[keyword];
      if (!merger) throw refuse(keyword);
      merged[keyword] = merger(own as never, value as never, () => refuse(keyword));
    }
  }
  if (a.properties !== undefined || b.properties !== undefined) {
    const [first, second] = [propertiesOf(a), propertiesOf(b)];
    // What one of them does not name is one of its other properties.
    merged.properties = Object.fromEntries(
      [...new Set([...Object.keys(first), ...Object.keys(second)])].map((name) => [
        name,
        all(
          Object.hasOwn(first, name) ? first[name] : (a.additionalProperties as Schema | undefined),
          Object.hasOwn(second, name) ? second[name] : (b.additionalProperties as Schema | undefined),
        ),
      ]),
    );
  }
  if (a.additionalProperties !== undefined || b.additionalProperties !== undefined)
    merged.additionalProperties = all(
      a.additionalProperties as Schema | undefined,
      b.additionalProperties as Schema | undefined,
    );
  return merged;
}

const propertiesOf = ({ properties }: SchemaObject) => (properties ?? {}) as Readonly<Record<string, Schema>>;
