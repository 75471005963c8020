/** Whatever is written under a schema parses and is valid, as another validator (ajv) has it. */

import { Ajv2020 } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import { describe, expect, it } from "vitest";
import { Random } from "../../core/random.ts";
import { characterTokenizerOf } from "../../text/characters.ts";
import { JsonWriter } from "./constraint.ts";
import { Machine } from "./machine.ts";
import { anyObject, anyShape, readSchema } from "./read-schema.ts";

const ajv = new Ajv2020({ strict: false });
// The package's types are of its CommonJS face.
(formats as unknown as (ajv: Ajv2020) => void)(ajv);

/** Bytes drawn among those that may come, and after a while those that end things. */
function babble(machine: Machine, seed: number): string {
  const random = new Random(seed, "json");
  const bytes: number[] = [];
  let state = machine.begin();
  while (!state.over) {
    const next = Array.from({ length: 256 }, (_, byte) => byte).filter((byte) => machine.after(state, byte));
    expect(next.length + (state.ends ? 1 : 0), `a dead end after ${Buffer.from(bytes)}`).toBeGreaterThan(0);
    if (state.ends && (next.length === 0 || random.uniform(2 * bytes.length) < 0.3)) break;
    const ending = next.filter((byte) => '"}]'.includes(String.fromCharCode(byte)));
    const some = ending.length > 0 && (bytes.length > 200 || random.uniform(3) < 0.05) ? ending : next;
    // Letters are as likely as all other bytes together.
    const plain = some.filter((byte) => byte >= 0x20 && byte < 0x7f);
    const from = plain.length > 0 && random.uniform(5 * bytes.length) < 0.8 ? plain : some;
    const byte = from[Math.floor(random.uniform(7 * bytes.length + 1) * from.length)]!;
    bytes.push(byte);
    if (bytes.length > 20_000) throw new Error("no end");
    state = machine.after(state, byte)!;
  }
  return new TextDecoder("utf-8", { fatal: true }).decode(Uint8Array.from(bytes));
}

const tree = {
  $ref: "#/$defs/node",
  $defs: {
    node: {
      type: "object",
      properties: {
        value: { type: "integer" },
        children: { type: "array", items: { $ref: "#/$defs/node" }, maxItems: 2 },
      },
      required: ["value"],
      additionalProperties: false,
    },
  },
};

const schemas: Readonly<Record<string, unknown>> = {
  anything: true,
  "a person": {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Person",
    type: "object",
    properties: {
      name: { type: "string", minLength: 1, maxLength: 12 },
      age: { type: "integer", minimum: 0, maximum: 120 },
      mood: { enum: ["glad", "sad", null, 3, 31, true] },
      tags: { type: "array", items: { type: "string" }, minItems: 1, maxItems: 3 },
      'näme "1"': { const: "Größe ☃" },
    },
    required: ["age", "mood", 'näme "1"'],
    additionalProperties: false,
  },
  "a tree": tree,
  "two kinds": {
    anyOf: [
      { type: "object", properties: { a: { type: "integer" } }, required: ["a"] },
      { type: "object", properties: { a: { type: "string" }, b: { type: "null" } }, required: ["a", "b"] },
    ],
  },
  "one of two": {
    oneOf: [
      {
        type: "object",
        properties: { kind: { const: "x" }, v: { type: "number" } },
        required: ["kind", "v"],
      },
      { type: "object", properties: { kind: { const: "y" } }, required: ["kind"] },
    ],
  },
  "several types": { type: ["string", "null", "integer"], maxLength: 4, minimum: -3 },
  "merged parts": {
    allOf: [
      { type: "object", properties: { a: { type: "number" } }, required: ["a"] },
      { properties: { a: { minimum: 2.5, maximum: 3 }, b: { type: "boolean" } }, required: ["b"] },
    ],
  },
  "a map": { type: "object", additionalProperties: { type: "boolean" }, minProperties: 1, maxProperties: 4 },
  "a map and a name": {
    type: "object",
    properties: { ab: { type: "null" }, abc: { type: "null" } },
    additionalProperties: { type: "integer" },
    maxProperties: 4,
  },
  "few of many": {
    type: "object",
    properties: { a: { type: "null" }, b: { type: "null" }, c: { type: "null" }, d: { type: "null" } },
    required: ["c"],
    minProperties: 2,
    maxProperties: 3,
    additionalProperties: false,
  },
  "a pair": {
    type: "array",
    prefixItems: [{ type: "string", maxLength: 3 }, { type: "integer" }],
    items: false,
    minItems: 2,
  },
  "open ends": {
    type: "array",
    prefixItems: [{ const: 1 }],
    items: { type: "boolean" },
    minItems: 3,
    maxItems: 5,
  },
  "a plate": { type: "string", pattern: "^[A-Z]{1,3}-(?:[1-9]\\d{0,3}|[ÄÖÜ☃-☄])$" },
  "a part": { type: "string", pattern: "b+c|\\s\\w", maxLength: 9 },
  "exact length": { type: "string", pattern: "^(ab)*$", minLength: 3, maxLength: 6 },
  "a named group": { type: "string", pattern: "^(?<kind>hen|cow)-(?:\\d{2})$" },
  "escaped signs": { type: "string", pattern: '^["\\\\\\n]{2}\\u{1F600}?$' },
  date: { type: "string", format: "date" },
  "date-time": { type: "string", format: "date-time" },
  email: { type: "string", format: "email" },
  uuid: { type: "string", format: "uuid" },
  ipv4: { type: "string", format: "ipv4" },
  hostname: { type: "string", format: "hostname" },
  "a fraction": { type: "number", exclusiveMinimum: 0, exclusiveMaximum: 1 },
  "below nothing": { type: "number", maximum: -0.25, minimum: -1.5 },
  "a step": { type: "integer", multipleOf: 7, minimum: 15, maximum: 40 },
  "the least above 0": { type: "number", exclusiveMinimum: 0, maximum: 1e-14 },
  "a narrow range": { type: "number", minimum: -123.4561, maximum: -123.456 },
  "one number": { type: "number", minimum: 0.1, maximum: 0.1 },
  "a negative step": { type: "integer", multipleOf: 5, exclusiveMinimum: -21, exclusiveMaximum: -5 },
  "a large one": { type: "integer", minimum: 999_999_000 },
  "objects as values": { enum: [{ a: [1, 2] }, [], "a", { a: [1, 2, 3] }] },
  "values that fit": { type: "integer", enum: [1, 2.5, "3", 12], minimum: 2 },
};

describe.each(Object.entries(schemas))("%s", (_, schema) => {
  it("is what comes out", () => {
    const machine = new Machine(readSchema(schema, { ascii: false }));
    const validate = ajv.compile(schema as object | boolean);
    const texts = Array.from({ length: 60 }, (__, seed) => babble(machine, seed));
    for (const text of texts)
      expect(validate(JSON.parse(text)), `${text}: ${JSON.stringify(validate.errors)}`).toBe(true);
    const plain = new Machine(readSchema(schema, { ascii: true }));
    expect(validate(JSON.parse(babble(plain, 1)))).toBe(true);
  });
});

it("accepts what formatters write, and nothing that is no JSON", () => {
  const machine = new Machine(anyShape());
  const values = [
    { a: [1, -2.5, { b: null }], "": '\u00e9\n"\\ 😀' },
    [],
    {},
    [[[]], {}],
    0,
    -0.5,
    "\ud7ff",
    true,
  ];
  for (const value of values)
    for (const indent of [undefined, 1, 2, 4])
      expect(machine.accepts(JSON.stringify(value, null, indent))).toBe(true);
  for (const text of [
    "",
    "{",
    "[1,]",
    "01",
    "1.",
    "-",
    ".5",
    "+1",
    '{"a"}',
    '{"a":1,}',
    "nul",
    '"\n"',
    '"\\x"',
    '"\\ud800"',
    "1 2",
    '{"a":1}}',
    "1e999",
  ])
    expect(machine.accepts(text), text).toBe(false);
  const object = new Machine(anyObject());
  expect([object.accepts("{}"), object.accepts("[]"), object.accepts("1")]).toEqual([true, false, false]);
});

it.each(Object.entries(schemas))("accepts valid values: %s", (_, schema) => {
  // What it writes without white space and escapes it also reads.
  const machine = new Machine(readSchema(schema, { ascii: false }));
  for (let seed = 100; seed < 110; seed++) {
    const value: unknown = JSON.parse(babble(machine, seed));
    const text = JSON.stringify(value);
    // Numbers may get an exponent, and names that come twice are one.
    if (!/\de[+-]\d|\\u/.test(text)) expect(machine.accepts(text), text).toBe(true);
  }
});

it("remembers as much after many different numbers as after few", () => {
  const machine = new Machine(readSchema({ type: "array", items: { type: "number" } }, { ascii: false }));
  const numbers = Array.from({ length: 10_000 }, (_, k) => (k * 7919) / 8 - 1_000_000);
  expect(machine.accepts(JSON.stringify(numbers))).toBe(true);
  expect(machine.full).toBe(false);
});

it("reads a text in all ways in which it can go on, or says that there are too many", () => {
  const machineOf = (schema: unknown) => new Machine(readSchema(schema, { ascii: false }));
  const consts = machineOf({ anyOf: Array.from({ length: 300 }, (_, k) => ({ const: `value ${k}` })) });
  expect([0, 150, 299, 300].map((k) => consts.accepts(`"value ${k}"`))).toEqual([true, true, true, false]);
  const alike = (count: number) => ({
    anyOf: Array.from({ length: count }, (_, k) => ({
      type: "object",
      properties: { a: { type: "string" }, [`b${k}`]: { type: "integer" } },
      required: ["a", `b${k}`],
    })),
  });
  const objects = machineOf(alike(100));
  expect([0, 99, 100].map((k) => objects.accepts(`{"a": "x", "b${k}": 1}`))).toEqual([true, true, false]);
  expect(() => machineOf(alike(300)).accepts('{"a": "x", "b0": 1}')).toThrow(/more than 256 ways/);
});

it("goes on in a fresh machine from where another one was", () => {
  const whole = JSON.stringify({ a: ["some text", 12.5, { b: null }] }, null, 2);
  const bytes = new TextEncoder().encode(whole);
  for (let cut = 0; cut <= bytes.length; cut++) {
    const old = new Machine(anyShape());
    const fresh = old.fresh();
    let state = fresh.adopt(old.read(bytes.subarray(0, cut))!);
    for (const byte of bytes.subarray(cut)) state = fresh.after(state, byte)!;
    expect(state.ends).toBe(true);
  }
});

it("writes on where a text has filled its machine, or another text has", () => {
  const tokenizer = characterTokenizerOf([
    String.fromCharCode(...Array.from({ length: 95 }, (_, k) => 32 + k)),
  ]);
  const writer = new JsonWriter(tokenizer, tokenizer.size);
  const schema = { type: "array", items: { type: "integer", minimum: 0, maximum: 999_999 }, minItems: 9_000 };
  const random = new Random(1, "json");
  const texts = [writer.constraint(schema), writer.constraint(schema)].map((constraint) => ({
    constraint,
    text: "",
  }));
  for (let k = 0; k < 8_000; k++) {
    const one = texts[k % 2]!;
    const ids = one.constraint.allowed();
    const id = ids[Math.floor(random.uniform(k) * ids.length)]!;
    one.text += tokenizer.token(id);
    one.constraint.accept(id);
  }
  for (const { text } of texts) {
    const numbers = JSON.parse(`${text.slice(0, text.lastIndexOf(","))}]`) as number[];
    expect(numbers.length).toBeGreaterThan(300);
    expect(numbers.every((n) => Number.isInteger(n) && n >= 0 && n <= 999_999)).toBe(true);
  }
});

const manyNames = (count: number) => Array.from({ length: count }, (_, k) => [`p${k}`, {}]);

it.each([
  [{ type: "string", minLength: 5, maxLength: 3 }, "nothing fits it: # has no text of 5 to 3 characters"],
  [{ type: "object", properties: { a: false }, required: ["a"] }, "nothing fits it: #/properties/a is false"],
  [{ type: "integer", minimum: 2, exclusiveMaximum: 3, multipleOf: 7 }, "# has no number that fits"],
  [{ type: "array", prefixItems: [true], items: false, minItems: 2 }, "# has no list of 2 to 1 items"],
  [{ type: "number", exclusiveMinimum: 0, maximum: 1e-20 }, "# has no number that fits"],
  [{ enum: [] }, "# has no value that fits"],
  [{ type: "string", enum: [1] }, "# has no value that fits"],
  [{ type: "object", properties: { me: { $ref: "#" } }, required: ["me"] }, "contains itself without an end"],
  [{ $ref: "#" }, "contains itself without an end"],
  [{ allOf: [{ $ref: "#" }] }, "# refers to itself"],
  [{ $ref: "#/$defs/no" }, 'names no part of it; write it as "#/$defs/NAME"'],
  [{ type: "strng" }, '#/type "strng" is no type; did you mean "string"'],
  [{ type: "object", propertes: {} }, '# has the unknown keyword "propertes"; did you mean "properties"'],
  [{ not: {} }, "# has not, which is not supported"],
  [{ type: "array", items: { uniqueItems: true } }, "#/items has uniqueItems"],
  [{ type: "string", pattern: "(" }, '#/pattern "(" is no regular expression'],
  [{ type: "string", pattern: "(?=a)b" }, 'has "(?=", which is not supported'],
  [{ type: "string", pattern: "(a{500}){500}" }, "the pattern is too large"],
  [
    {
      items: {
        anyOf: Array.from({ length: 40 }, (_, k) => ({ type: "string", pattern: `(a|b){0,99}${k}` })),
      },
    },
    "the pattern is too large",
  ],
  [
    {
      anyOf: Array.from({ length: 40 }, (_, k) => ({
        type: "string",
        enum: ["a"],
        pattern: `(a|b){0,99}${k}`,
      })),
    },
    "the pattern is too large",
  ],
  [
    {
      $defs: { many: { type: "object", properties: Object.fromEntries(manyNames(200)) } },
      anyOf: Array.from({ length: 40 }, (_, k) => ({ $ref: "#/$defs/many", enum: [{ p0: k }] })),
    },
    "it has more than 5000 parts",
  ],
  [{ type: "string", format: "colour" }, '#/format "colour" is not supported; known are'],
  [
    { oneOf: [{ type: "integer" }, { type: "number" }] },
    "#/oneOf has schemas that one value may fit twice; use anyOf",
  ],
  [{ type: "string", minLength: -1 }, "#/minLength must be a whole number of 0 or more"],
  [{ enum: Array.from({ length: 6_000 }, (_, k) => k) }, "it has more than 5000 parts"],
  [JSON.parse(`${'{"items":'.repeat(300)}{}${"}".repeat(300)}`), "it is nested more than 200 deep"],
  [{ required: Array.from({ length: 6_000 }, () => "a") }, "it has more than 5000 parts"],
  [{ oneOf: Array.from({ length: 6_000 }, (_, k) => ({ const: k })) }, "it has more than 5000 parts"],
  [
    { allOf: [{ anyOf: new Array(99).fill(true) }, { anyOf: new Array(98).fill(true) }] },
    "# has anyOf twice",
  ],
  [[], "# must be an object, true or false"],
  // What is merged has its form checked before.
  [{ enum: 5, const: 1 }, "#/enum must be a list of values"],
  [{ allOf: [{ anyOf: 5 }, { anyOf: [true] }] }, "#/anyOf must be a list of schemas"],
  [{ allOf: [{ required: "ab" }, { required: ["a"] }] }, "#/required must be a list of names"],
  [{ allOf: [{ minimum: "a" }, { minimum: 3 }] }, "#/minimum must be a number"],
  [{ allOf: [{ multipleOf: 0 }, { multipleOf: 3 }] }, "#/multipleOf must be a number above 0"],
  [{ allOf: [{ properties: 5 }, { properties: {} }] }, "#/properties must be an object"],
])("says in a sentence why %j cannot be used", (schema, reason) => {
  const read = () => readSchema(schema, { ascii: false });
  expect(read).toThrow(reason);
  expect(read).toThrow(/^The schema cannot be used: .*\.$/);
});

it("refuses a schema of very many characters", () => {
  const read = () => readSchema({ const: "x".repeat(140_000) }, { ascii: false });
  expect(read).toThrow("it has more than 131072 characters");
});

/** Characters with others between them, so that each is a range. */
const everySecond = (count: number): string =>
  String.fromCharCode(...Array.from({ length: count }, (_, k) => 0x3400 + 2 * k));

it.each([
  ["groups within each other", `${"(?:".repeat(20_000)}a${")".repeat(20_000)}`],
  ["many ranges, repeated", `[${everySecond(10_000)}]{5000}`],
  ["many ranges, before a long text", `^[${everySecond(10_000)}]a{1500}$`],
])("refuses a pattern before it takes long or much memory: %s", (_, pattern) => {
  const read = () => readSchema({ type: "string", pattern }, { ascii: false });
  expect(read).toThrow("the pattern is too large");
});
