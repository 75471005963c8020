/** Reads the body of a request by its schema. */
import { MIMEType } from "node:util";
import type { Context } from "hono";
import { z } from "zod";
import { isSlipOf, oneOf } from "../core/did-you-mean.ts";
import { excerpt } from "../core/printable.ts";
import { turn } from "../generate/batching/turn.ts";
import { ApiError } from "./errors.ts";
import { requireAtMost } from "./limits.ts";
import { sentenceOf } from "./sentences.ts";

/** Levels of nested objects and lists; no request needs more. */
const MAX_DEPTH = 64;

/** Lists or objects within a list; no request needs more. */
const MAX_ITEMS = 10_000;

/** Lists, objects and fields of objects, in all; no request needs more. */
const MAX_PARTS = 30_000;

/** Bytes up to which bodies are read as they come. */
const SHORT = 1 << 14;

/** JSON schemas, in which null and [] mean something; [] in their place is a schema that is none. */
const schemaPlaces = ["response_format.json_schema.schema", "structured_outputs.json", "guided_json"];

/**
 * The body of a request.
 * @throws ApiError 415 where it is not sent as JSON (which also keeps other web pages out), 400 where it does
 * not fit `schema`
 */
export async function readRequest<T>(context: Context, schema: z.ZodType<T>): Promise<T> {
  requireJson(context.req.header("content-type") ?? "");
  const bytes = await context.req.arrayBuffer();
  const read = () => fitted(schema, parse(bytes));
  return bytes.byteLength > SHORT ? inTurn(read) : read();
}

/** Of reading long bodies, so that each waits for the one before it. */
let reading: Promise<unknown> = Promise.resolve();

/** Each in a turn of the event loop of its own: many that come at once would hold up all else for a second. */
function inTurn<T>(read: () => T): Promise<T> {
  const done = reading.then(turn).then(read);
  reading = done.catch(() => {});
  return done;
}

/** @throws ApiError 400 */
function fitted<T>(schema: z.ZodType<T>, parsed: unknown): T {
  const body = withoutEmpty(parsed, { parts: 0 });
  const { success, data, error } = schema.safeParse(body, { error: sentenceOf });
  if (!success) throw invalid(error, body, schema instanceof z.ZodObject ? schema.shape : {});
  return data;
}

/** A JSON type is application/json, text/json or any that ends in +json (WHATWG MIME Sniffing, 4.6), in UTF-8 (RFC 8259). */
function requireJson(header: string): void {
  const type = mimeType(header);
  if (!type || !(/^(application|text)\/json$/.test(type.essence) || type.subtype.endsWith("+json")))
    throw new ApiError(415, "Send JSON, with content-type: application/json.", "not_json");
  if (!/^(utf-?8)?$/i.test(type.params.get("charset") ?? ""))
    throw new ApiError(415, "Send JSON in UTF-8; it has no other encoding.", "not_utf8");
}

function mimeType(header: string): MIMEType | undefined {
  try {
    return new MIMEType(header);
  } catch {
    return undefined;
  }
}

function parse(bytes: ArrayBuffer): unknown {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new ApiError(400, "The body is not UTF-8.", "not_utf8");
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new ApiError(400, "The body is not JSON.", "not_json");
  }
}

/**
 * `value` without fields that are null or []: they mean the same as leaving the field out.
 * @param path names of fields from the body to the value, with points between them; null within a JSON schema
 * @param seen counts lists, objects and fields
 */
function withoutEmpty(value: unknown, seen: { parts: number }, depth = 0, path: string | null = ""): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (depth === MAX_DEPTH)
    throw new ApiError(400, `The body is nested more than ${MAX_DEPTH} deep.`, "invalid_value");
  const place = path === null || schemaPlaces.includes(path) ? null : path;
  const inside = (name: string) => (place === null ? null : place === "" ? name : `${place}.${name}`);
  const fields = Array.isArray(value) ? [] : Object.keys(value);
  seen.parts += 1 + fields.length;
  if (seen.parts > MAX_PARTS)
    throw new ApiError(
      400,
      `A request may have at most ${MAX_PARTS} lists, objects and fields.`,
      "limit_exceeded",
      place || null,
    );
  if (Array.isArray(value)) {
    // Of long lists of numbers or texts there is no copy.
    const isPlain = (item: unknown) => typeof item !== "object" || item === null;
    if (value.every(isPlain)) return value;
    requireAtMost(MAX_ITEMS, value.length, "lists or objects in a list", place || null);
    return value.map((item) => withoutEmpty(item, seen, depth + 1, inside("*")));
  }
  const isEmpty = (name: string, field: unknown) =>
    field === null ||
    (Array.isArray(field) && field.length === 0 && !schemaPlaces.includes(inside(name) ?? ""));
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name, field]) => place === null || !isEmpty(name, field))
      .map(([name, field]) => [name, withoutEmpty(field, seen, depth + 1, inside(name))]),
  );
}

/** @param fields those that the body may have, by their names */
function invalid(error: z.ZodError, body: unknown, fields: object): ApiError {
  const issue = error.issues[0]!;
  if (issue.code === "unrecognized_keys") {
    const field = [...issue.path, excerpt(issue.keys[0]!)].join(".");
    const alike =
      issue.path.length === 0 ? Object.keys(fields).filter((name) => isSlipOf(issue.keys[0]!, name)) : [];
    const remedy = alike.length > 0 ? `, or send ${oneOf(alike.map((name) => `"${name}"`))}` : "";
    return new ApiError(
      400,
      `${field} is not supported here; leave it out${remedy}.`,
      "unsupported_parameter",
      field,
    );
  }
  const field = excerpt(issue.path.join("."));
  const missing = field !== "" && valueAt(body, issue.path) === undefined;
  const reason = missing ? "is missing" : issue.message;
  const code = issue.code === "invalid_value" ? "unsupported_value" : "invalid_value";
  return new ApiError(400, field ? `${field}: ${reason}.` : `${reason}.`, code, field || null);
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (at, key) =>
      typeof at === "object" && at !== null ? (at as Record<PropertyKey, unknown>)[key] : undefined,
    value,
  );
}
