/**
 * A JSON Schema (draft 2020-12, and what drafts 4 to 7 have in common with it) as a shape. What is written under it is valid;
 * not everything that is valid can be written: objects keep the order of their properties, and have no others where some
 * are named. A keyword that cannot be kept is refused.
 */
import { didYouMean } from "../../core/did-you-mean.ts";
import { InputError } from "../../core/errors.ts";
import { excerpt } from "../../core/printable.ts";
import { formats } from "./formats.ts";
import { Machine } from "./machine.ts";
import { merge, type SchemaObject } from "./merge.ts";
import { beginsNumber } from "./numbers.ts";
import { fullWork, type Pattern, readPattern, type Work } from "./pattern.ts";
import type { ArrayShape, NumberShape, ObjectShape, Shape, StringShape, UnionShape } from "./shapes.ts";

/** Most subschemas and values of an `enum`, schemas within each other, and characters. */
const MOST_PARTS = 5_000;
const MOST_DEEP = 200;
const MOST_CHARACTERS = 1 << 17;

const ofType: Readonly<Record<string, readonly string[]>> = {
  string: ["minLength", "maxLength", "pattern", "format"],
  number: ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"],
  object: [
    "properties",
    "required",
    "additionalProperties",
    "minProperties",
    "maxProperties",
    "propertyNames",
  ],
  array: ["items", "prefixItems", "minItems", "maxItems", "uniqueItems"],
};
const types = ["string", "number", "integer", "object", "array", "boolean", "null"];
const combining = ["$ref", "allOf", "anyOf", "oneOf", "enum", "const", "type"];
/** Keywords that say nothing about what is valid. */
const notes = (
  "title description default examples example $schema $id id $comment $defs definitions $anchor deprecated readOnly " +
  "writeOnly contentMediaType contentEncoding discriminator"
).split(" ");
const known = [...combining, ...Object.values(ofType).flat(), ...notes];
/** Of the standard, but nothing that can be kept while a text is written from left to right. */
const refused = (
  "not if then else dependentRequired dependentSchemas dependencies patternProperties contains minContains maxContains " +
  "unevaluatedProperties unevaluatedItems additionalItems $dynamicRef $dynamicAnchor $recursiveRef nullable"
).split(" ");

const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value);
const isNumber = (value: unknown): value is number => typeof value === "number";

type Form = readonly [is: (value: unknown) => boolean, name: string];

/** What the value of a keyword must be, and how a sentence calls it. */
const forms: Readonly<Record<string, Form>> = {
  ...each(["anyOf", "oneOf"], [(value) => isList(value) && value.length > 0, "a list of schemas"]),
  ...each(["allOf", "prefixItems"], [isList, "a list of schemas"]),
  enum: [isList, "a list of values"],
  required: [(value) => isList(value) && value.every((name) => typeof name === "string"), "a list of names"],
  properties: [(value) => typeof value === "object" && value !== null && !isList(value), "an object"],
  pattern: [(value) => typeof value === "string", "a text"],
  ...each(["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"], [isNumber, "a number"]),
  multipleOf: [(value) => isNumber(value) && value > 0, "a number above 0"],
  ...each(
    ["minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"],
    [(value) => Number.isInteger(value) && Number(value) >= 0, "a whole number of 0 or more"],
  ),
};

const integers: NumberShape = {
  kind: "number",
  min: -Infinity,
  max: Infinity,
  openMin: false,
  openMax: false,
  step: 1,
};
const constants: Readonly<Record<string, Shape>> = {
  boolean: { kind: "literal", texts: ["true", "false"] },
  null: { kind: "literal", texts: ["null"] },
};

export interface ReadOptions {
  /** Whether only ASCII can be written; other characters of names and values become escapes. */
  readonly ascii: boolean;
}

/** @throws InputError `schema` for what cannot be kept or met, with its place */
export function readSchema(schema: unknown, options: ReadOptions): Shape {
  if ((JSON.stringify(schema) ?? "").length > MOST_CHARACTERS)
    throw refusal(`it has more than ${MOST_CHARACTERS} characters`);
  return new Reader(schema, options).read();
}

/** Any JSON value. */
export function anyShape(): UnionShape {
  const any: UnionShape = { kind: "union", members: [] };
  any.members = [
    anyObject(any),
    ...types.filter((t) => t !== "object" && t !== "integer").map((type) => plain(type, any)),
  ];
  return any;
}

/** Any JSON object. */
export const anyObject = (any: Shape = anyShape()): ObjectShape => ({
  kind: "object",
  properties: [],
  others: any,
  min: 0,
  max: Infinity,
});

function each(words: readonly string[], form: Form): Record<string, Form> {
  return Object.fromEntries(words.map((word) => [word, form]));
}

const plain = (type: string, any: Shape): Shape =>
  type === "string"
    ? { kind: "string", min: 0, max: Infinity }
    : type === "number"
      ? { ...integers, step: 0 }
      : type === "array"
        ? { kind: "array", first: [], rest: any, min: 0, max: Infinity }
        : constants[type]!;

/** What the parts of a schema may take, those that are read on their own too. */
interface Budget {
  parts: number;
  readonly work: Work;
}

class Reader {
  readonly #root: unknown;
  readonly #ascii: boolean;
  readonly #references = new Map<string, UnionShape>();
  readonly #patterns = new Map<string, Pattern>();
  readonly #all: Shape[] = [];
  /** Why shapes that nothing can have are empty. */
  readonly #reasons = new Map<Shape, string>();
  readonly #any = anyShape();
  readonly #budget: Budget;
  #deep = 0;

  constructor(root: unknown, { ascii }: ReadOptions, budget: Budget = { parts: 0, work: fullWork() }) {
    this.#root = root;
    this.#ascii = ascii;
    this.#budget = budget;
  }

  read(): Shape {
    const shape = this.#shape(this.#root, "#");
    const possible = this.#possible();
    if (!possible.has(shape))
      throw refusal(
        `nothing fits it: ${this.#reasonOf(shape, new Set()) ?? "it contains itself without an end"}`,
      );
    for (const one of this.#all) {
      if (one.kind === "union")
        one.members = joinedLiterals(one.members.filter((member) => possible.has(member)));
      if (one.kind === "object") {
        one.properties = one.properties.filter((property) => possible.has(property.shape));
        if (one.others && !possible.has(one.others)) one.others = undefined;
      }
      if (one.kind === "array") {
        const end = one.first.findIndex((item) => !possible.has(item));
        const most = end >= 0 ? end : one.rest && !possible.has(one.rest) ? one.first.length : Infinity;
        one.max = Math.min(one.max, most);
      }
    }
    return shape;
  }

  /** Shapes that some text has: those that need only such. */
  #possible(): ReadonlySet<Shape> {
    const found = new Set<Shape>([this.#any]);
    const has = (shape: Shape): boolean => {
      switch (shape.kind) {
        case "union":
          return shape.members.some((member) => found.has(member));
        case "literal":
          return shape.texts.length > 0;
        case "string":
          return shape.min <= shape.max && (shape.pattern?.reaches(0, shape.min, shape.max) ?? true);
        case "number":
          return beginsNumber(shape, "");
        case "object": {
          const all = shape.properties.filter((one) => found.has(one.shape));
          const needed = shape.properties.filter(({ required }) => required);
          const others = shape.others !== undefined && found.has(shape.others);
          return (
            needed.every((one) => found.has(one.shape)) &&
            needed.length <= shape.max &&
            shape.min <= shape.max &&
            (others || all.length >= shape.min)
          );
        }
        case "array": {
          const items = Array.from(
            { length: Math.min(shape.min, shape.first.length + 1) },
            (_, k) => shape.first[k] ?? shape.rest,
          );
          return shape.min <= shape.max && items.every((item) => item !== undefined && found.has(item));
        }
      }
    };
    for (let before = -1; before < found.size; ) {
      before = found.size;
      for (const shape of this.#all) if (!found.has(shape) && has(shape)) found.add(shape);
    }
    return found;
  }

  /** The first reason on the way to what makes `shape` impossible. */
  #reasonOf(shape: Shape, seen: Set<Shape>): string | undefined {
    if (seen.has(shape)) return undefined;
    seen.add(shape);
    const inner =
      shape.kind === "union"
        ? shape.members
        : shape.kind === "object"
          ? shape.properties.filter(({ required }) => required).map((one) => one.shape)
          : shape.kind === "array"
            ? [...shape.first, ...(shape.rest ? [shape.rest] : [])].slice(0, shape.min)
            : [];
    for (const one of inner) {
      const reason = this.#reasonOf(one, seen);
      if (reason !== undefined) return reason;
    }
    return this.#reasons.get(shape);
  }

  /** @param reason said where nothing has this shape */
  #made<T extends Shape>(shape: T, reason?: string): T {
    this.#all.push(shape);
    if (reason !== undefined) this.#reasons.set(shape, reason);
    return shape;
  }

  #shape(schema: unknown, path: string): Shape {
    this.#countParts(1);
    if (this.#deep > MOST_DEEP)
      throw refusal(`it is nested more than ${MOST_DEEP} deep, at ${excerpt(path)}`);
    this.#deep++;
    try {
      return this.#read(schema, path);
    } finally {
      this.#deep--;
    }
  }

  #countParts(more: number): void {
    this.#budget.parts += more;
    if (this.#budget.parts > MOST_PARTS) throw refusal(`it has more than ${MOST_PARTS} parts`);
  }

  #read(schema: unknown, path: string): Shape {
    if (schema === true) return this.#any;
    if (schema === false) return this.#made({ kind: "union", members: [] }, `${excerpt(path)} is false`);
    const given = this.#checked(schema, path);
    const said = meaningful(given);
    if (typeof said.$ref === "string" && Object.keys(said).length === 1)
      return this.#reference(said.$ref, path);
    const whole = this.#joined(said, path);
    const { anyOf, oneOf, ...rest } = whole;
    for (const [word, branches] of Object.entries({ anyOf, oneOf })) {
      if (!isList(branches)) continue;
      const others = { ...rest, ...(word === "anyOf" && oneOf !== undefined ? { oneOf } : {}) };
      const bare = Object.keys(others).length === 0;
      const plans = branches.map((branch) => (bare ? branch : { allOf: [branch, others] }));
      if (word === "oneOf") this.#requireApart(branches, path);
      return this.#made(
        { kind: "union", members: plans.map((plan, k) => this.#shape(plan, `${path}/${word}/${k}`)) },
        `nothing fits ${excerpt(path)}/${word}`,
      );
    }
    return "enum" in rest || "const" in rest ? this.#values(rest, path) : this.#typed(rest, path);
  }

  /** The schema without `$ref` and `allOf`, which are merged into it. */
  #joined(schema: SchemaObject, path: string): SchemaObject {
    let merged = schema;
    for (let k = 0; "$ref" in merged || "allOf" in merged; k++) {
      if (k > MOST_DEEP) throw refusal(`${excerpt(path)} refers to itself`);
      const { $ref, allOf = [], ...rest } = merged;
      const parts = [
        ...($ref === undefined ? [] : [this.#target($ref, path)]),
        ...(allOf as readonly unknown[]),
      ];
      this.#countParts(parts.length);
      merged = withValues(rest, path);
      for (const part of parts) {
        if (part === true) continue;
        const more = part === false ? { enum: [] } : meaningful(this.#checked(part, path));
        merged = merge(merged, withValues(more, path), (keyword) =>
          refusal(`${excerpt(path)} has ${keyword} twice (by allOf or $ref), which is not supported`),
        );
      }
    }
    return merged;
  }

  #reference(pointer: string, path: string): Shape {
    const known = this.#references.get(pointer);
    if (known) return known;
    const target = this.#target(pointer, path);
    const shape = this.#made<UnionShape>({ kind: "union", members: [] });
    this.#references.set(pointer, shape);
    shape.members = [this.#shape(target, pointer)];
    return shape;
  }

  #target(pointer: unknown, path: string): unknown {
    const missing = refusal(
      `${excerpt(path)}/$ref ${excerpt(JSON.stringify(pointer))} names no part of it; write it as "#/$defs/NAME"`,
    );
    if (typeof pointer !== "string" || !/^#(\/|$)/.test(pointer)) throw missing;
    let at = this.#root;
    for (const part of pointer.split("/").slice(1)) {
      const name = decoded(part);
      if (typeof at !== "object" || at === null || name === undefined || !Object.hasOwn(at, name))
        throw missing;
      at = (at as Record<string, unknown>)[name];
    }
    return at;
  }

  #checked(schema: unknown, path: string): SchemaObject {
    if (typeof schema !== "object" || schema === null || Array.isArray(schema))
      throw refusal(`${excerpt(path)} must be an object, true or false`);
    for (const [word, value] of Object.entries(schema)) {
      if (refused.includes(word) && !(word === "nullable" && value === false))
        throw refusal(`${excerpt(path)} has ${word}, which is not supported`);
      if (!known.includes(word) && !word.startsWith("x-") && !refused.includes(word))
        throw refusal(
          `${excerpt(path)} has the unknown keyword ${excerpt(JSON.stringify(word))}; ${didYouMean(word, known).replace(/[.?]$/, "")}`,
        );
      const [is, name] = (Object.hasOwn(forms, word) && forms[word]) || [() => true];
      if (!is(value)) throw refusal(`${excerpt(path)}/${word} must be ${name}`);
    }
    return schema as SchemaObject;
  }

  #values(schema: SchemaObject, path: string): Shape {
    const { enum: given, ...rest } = withValues(schema, path);
    const values = given as readonly unknown[];
    this.#countParts(values.length);
    const texts = [...new Set(values.map((value) => this.#written(value)))];
    const others = Object.keys(rest).length === 0 ? undefined : new Machine(this.#pruned(rest, path));
    const fitting = texts.filter((text) => others?.accepts(text) ?? true);
    return this.#made({ kind: "literal", texts: fitting }, `${excerpt(path)} has no value that fits`);
  }

  /** A shape that can be used before all are read. */
  #pruned(schema: SchemaObject, path: string): Shape {
    const reader = new Reader(
      {
        ...schema,
        $defs: definitions(this.#root, "$defs"),
        definitions: definitions(this.#root, "definitions"),
      },
      { ascii: this.#ascii },
      this.#budget,
    );
    try {
      return reader.read();
    } catch (error) {
      if (error instanceof InputError && error.message.includes("nothing fits"))
        return { kind: "union", members: [] };
      if (this.#budget.parts > MOST_PARTS || this.#budget.work.left < 0) throw error;
      throw refusal(`${excerpt(path)} has values that cannot be held to its other keywords`);
    }
  }

  #written(value: unknown): string {
    const text = JSON.stringify(value);
    return this.#ascii ? escaped(text) : text;
  }

  #typed(schema: SchemaObject, path: string): Shape {
    const { type } = schema;
    const given = type === undefined ? this.#impliedTypes(schema) : Array.isArray(type) ? type : [type];
    for (const one of given)
      if (!types.includes(one as string))
        throw refusal(
          `${excerpt(path)}/type ${excerpt(JSON.stringify(one))} is no type; ${didYouMean(String(one), types).replace(/[.?]$/, "")}`,
        );
    const wanted = given.filter((one) => !(one === "integer" && given.includes("number"))) as string[];
    if (wanted.length === types.length - 1 && Object.keys(schema).length === 0) return this.#any;
    const shapes = wanted.map((one) => this.#ofType(one, schema, path));
    return shapes.length === 1
      ? shapes[0]!
      : this.#made({ kind: "union", members: shapes }, `${excerpt(path)} has no type that fits`);
  }

  /** Where no type is given: those that the keywords are about, or all. */
  #impliedTypes(schema: SchemaObject): readonly string[] {
    const about = Object.entries(ofType).flatMap(([type, words]) =>
      words.some((word) => word in schema) ? [type] : [],
    );
    return about.length > 0 ? about : types.filter((type) => type !== "integer");
  }

  #ofType(type: string, schema: SchemaObject, path: string): Shape {
    switch (type) {
      case "string":
        return this.#string(schema, path);
      case "number":
      case "integer":
        return this.#number(schema, path, type === "integer");
      case "object":
        return this.#object(schema, path);
      case "array":
        return this.#array(schema, path);
      default:
        return this.#made({ ...constants[type]! });
    }
  }

  #string(schema: SchemaObject, path: string): StringShape {
    const { minLength: min = 0, maxLength: max = Infinity } = schema as Counts;
    const reason = `${excerpt(path)} has no text of ${min} to ${max === Infinity ? "any number of" : max} characters that fits`;
    const { pattern: source, format } = schema;
    if (format !== undefined && !(typeof format === "string" && Object.hasOwn(formats, format)))
      throw refusal(
        `${excerpt(path)}/format ${excerpt(JSON.stringify(format))} is not supported; ${didYouMean(String(format), Object.keys(formats)).replace(/[.?]$/, "")}`,
      );
    if (source !== undefined && format !== undefined)
      throw refusal(`${excerpt(path)} has both a pattern and a format, which is not supported`);
    const wanted =
      (source as string | undefined) ?? (format === undefined ? undefined : formats[format as string]);
    if (wanted === undefined) return this.#made({ kind: "string", min, max }, reason);
    // Lengths are counted through the pattern, which takes time for long ones.
    const bound = Math.min(max, Math.max(min, LONGEST_MATCH));
    if (min > LONGEST_MATCH)
      throw refusal(`${excerpt(path)}/minLength may be at most ${LONGEST_MATCH} with a pattern`);
    return this.#made({ kind: "string", min, max: bound, pattern: this.#pattern(wanted, path) }, reason);
  }

  #pattern(source: string, path: string): Pattern {
    const read = this.#patterns.get(source);
    if (read) return read;
    try {
      const pattern = readPattern(source, this.#ascii ? [[0, 0x7e]] : undefined, this.#budget.work);
      this.#patterns.set(source, pattern);
      return pattern;
    } catch (error) {
      if (error instanceof InputError) throw refusal(`${excerpt(path)}/pattern ${excerpt(error.message)}`);
      throw error;
    }
  }

  #number(schema: SchemaObject, path: string, whole: boolean): NumberShape {
    const { minimum, exclusiveMinimum, maximum, exclusiveMaximum, multipleOf: step = 0 } = schema as Counts;
    const pick = (closed: number | undefined, open: number | undefined, sign: 1 | -1) => {
      const none = -sign * Infinity;
      const [a, b] = [closed ?? none, open ?? none];
      // Of two bounds the narrower holds.
      return sign * b >= sign * a ? { value: b, open: open !== undefined } : { value: a, open: false };
    };
    const low = pick(minimum, exclusiveMinimum, 1);
    const high = pick(maximum, exclusiveMaximum, -1);
    if (!(Number.isInteger(step) && step < 1e15))
      throw refusal(`${excerpt(path)}/multipleOf must be a whole number above 0; others are not supported`);
    return this.#made(
      {
        kind: "number",
        min: low.value,
        max: high.value,
        openMin: low.open,
        openMax: high.open,
        step: whole ? step || 1 : step,
      },
      `${excerpt(path)} has no number that fits`,
    );
  }

  #object(schema: SchemaObject, path: string): ObjectShape {
    const { additionalProperties = true, propertyNames } = schema;
    const properties = (schema.properties ?? {}) as SchemaObject;
    const listedNames = (schema.required ?? []) as readonly string[];
    this.#countParts(listedNames.length);
    const required = new Set(listedNames);
    if (
      propertyNames !== undefined &&
      propertyNames !== true &&
      JSON.stringify(propertyNames) !== '{"type":"string"}'
    )
      throw refusal(`${excerpt(path)} has propertyNames, which is not supported`);
    const names = Object.keys(properties);
    const missing = [...required].filter((name) => !Object.hasOwn(properties, name));
    const others =
      additionalProperties === false
        ? undefined
        : () => this.#shape(additionalProperties, `${path}/additionalProperties`);
    const shapes = [
      ...names.map(
        (name) => [name, this.#shape(properties[name], `${path}/properties/${pointed(name)}`)] as const,
      ),
      ...missing.map(
        (name) =>
          [name, others ? others() : this.#shape(false, `${path}/required/${pointed(name)}`)] as const,
      ),
    ];
    const listed = shapes.map(([name, shape]) => ({
      name,
      text: this.#written(name),
      shape,
      required: required.has(name),
    }));
    const { minProperties: min = 0, maxProperties: max = Infinity } = schema as Counts;
    const needed = listed.filter((one) => one.required).length;
    const free =
      others !== undefined && (listed.length === 0 || additionalProperties !== true || listed.length < min);
    // A free name can come twice, and counts once.
    if (free && min > 1 && listed.length < min)
      throw refusal(
        `${excerpt(path)}/minProperties above 1 is supported only where the properties are named`,
      );
    return this.#made(
      {
        kind: "object",
        properties: listed,
        others: free && (min <= 1 || listed.length === 0) ? others!() : undefined,
        min,
        max,
      },
      needed > max || min > max || (!free && listed.length < min)
        ? `${excerpt(path)} has no object of ${min} to ${max === Infinity ? "any number of" : max} properties that fits`
        : undefined,
    );
  }

  #array(schema: SchemaObject, path: string): ArrayShape {
    const { items = true, uniqueItems = false } = schema;
    const prefixItems = (schema.prefixItems ?? []) as readonly unknown[];
    if (uniqueItems !== false) throw refusal(`${excerpt(path)} has uniqueItems, which is not supported`);
    const { minItems: min = 0, maxItems: max = Infinity } = schema as Counts;
    const first = prefixItems.map((item, k) => this.#shape(item, `${path}/prefixItems/${k}`));
    const rest = items === false ? undefined : this.#shape(items, `${path}/items`);
    const most = rest === undefined ? Math.min(max, first.length) : max;
    return this.#made(
      { kind: "array", first, rest, min, max: most },
      min > most
        ? `${excerpt(path)} has no list of ${min} to ${most === Infinity ? "any number of" : most} items that fits`
        : undefined,
    );
  }

  /** `oneOf` is `anyOf` where no value fits two of its schemas: of other types, or with other values of one property. */
  #requireApart(branches: readonly unknown[], path: string): void {
    const all = branches.map((branch) =>
      marksOf(
        typeof branch === "object" && branch !== null
          ? this.#joined(meaningful(this.#checked(branch, path)), path)
          : {},
      ),
    );
    // All of these will be counted as parts. Here each is compared with those of all other schemas.
    const values = all.flatMap(({ own, named }) => [...(own ? [own] : []), ...named.values()]);
    if (all.length + values.reduce((sum, { size }) => sum + size, 0) > MOST_PARTS)
      throw refusal(`it has more than ${MOST_PARTS} parts`);
    for (const [k, a] of all.entries())
      for (let other = k + 1; other < all.length; other++)
        if (!apart(a, all[other]!))
          throw refusal(`${excerpt(path)}/oneOf has schemas that one value may fit twice; use anyOf`);
  }
}

/** Characters of a text that a pattern with a length, or without an end, is followed for. */
const LONGEST_MATCH = 500;

const refusal = (reason: string): InputError =>
  new InputError("schema", `The schema cannot be used: ${reason}.`);

const meaningful = (schema: SchemaObject): SchemaObject =>
  Object.fromEntries(
    Object.entries(schema).filter(
      ([word]) => !notes.includes(word) && !word.startsWith("x-") && word !== "nullable",
    ),
  );

/** `const` as an `enum` of one. */
function withValues(schema: SchemaObject, path: string): SchemaObject {
  if (!("const" in schema)) return schema;
  const { const: value, ...rest } = schema;
  return merge(rest, { enum: [value] }, () => refusal(`${excerpt(path)} has const twice`));
}

const definitions = (root: unknown, name: string): unknown =>
  (typeof root === "object" && root !== null ? (root as SchemaObject)[name] : undefined) ?? {};

/** What distinguishes the values of a schema from those of another. */
interface Marks {
  /** undefined: any. */
  readonly types: readonly unknown[] | undefined;
  /** The only values, as JSON. */
  readonly own: ReadonlySet<string> | undefined;
  /** The only values of properties that must be there, as JSON. */
  readonly named: ReadonlyMap<string, ReadonlySet<string>>;
}

function marksOf(schema: SchemaObject): Marks {
  const { type, properties, required, enum: values } = schema;
  const types =
    type !== undefined
      ? [type].flat().map((one) => (one === "integer" ? "number" : one))
      : properties !== undefined && values === undefined
        ? ["object"]
        : undefined;
  const needed = new Set((required ?? []) as readonly string[]);
  const named = Object.entries((properties ?? {}) as SchemaObject).flatMap(([name, property]) => {
    const only = needed.has(name) ? valuesOf(property) : undefined;
    return only ? [[name, only] as const] : [];
  });
  return { types, own: valuesOf(schema), named: new Map(named) };
}

function apart(a: Marks, b: Marks): boolean {
  if (a.types && b.types && !a.types.some((type) => b.types!.includes(type))) return true;
  if (a.own && b.own) return disjoint(a.own, b.own);
  for (const [name, values] of a.named) {
    const others = b.named.get(name);
    if (others && disjoint(values, others)) return true;
  }
  return false;
}

function disjoint(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  if (a.size > b.size) return disjoint(b, a);
  for (const one of a) if (b.has(one)) return false;
  return true;
}

function valuesOf(schema: unknown): ReadonlySet<string> | undefined {
  if (typeof schema !== "object" || schema === null) return undefined;
  if ("const" in schema) return new Set([JSON.stringify(schema.const)]);
  return "enum" in schema && isList(schema.enum)
    ? new Set(schema.enum.map((value) => JSON.stringify(value)))
    : undefined;
}

/** Keywords with numbers, of a schema that is checked. */
type Counts = Readonly<Record<string, number | undefined>>;

/** A name as a part of a JSON pointer (RFC 6901). */
const pointed = (name: string): string => name.replaceAll("~", "~0").replaceAll("/", "~1");

function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part).replaceAll("~1", "/").replaceAll("~0", "~");
  } catch {
    return undefined;
  }
}

const escaped = (text: string): string =>
  text.replace(/[^\x20-\x7e]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);

/** The same with one literal in place of several, so that a text that begins like many of them is read in one way. */
function joinedLiterals(members: readonly Shape[]): readonly Shape[] {
  const literals = members.filter((member) => member.kind === "literal");
  if (literals.length < 2) return members;
  const texts = [...new Set(literals.flatMap((literal) => literal.texts))];
  return [...members.filter(({ kind }) => kind !== "literal"), { kind: "literal", texts }];
}
