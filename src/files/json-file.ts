/** JSON files, checked because anyone may have written them. */
import { InputError } from "../core/errors.ts";
import { parseJsonText } from "../core/json.ts";
import { readOptionalText, readTextFile } from "./regular-file.ts";

export type JsonObject = Readonly<Record<string, unknown>>;

/** A value as the text of a file. */
export const jsonText = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/**
 * The object in the file at `path`; a byte-order mark is passed over.
 * @throws InputError `json` where it is not a JSON object, or as `readTextFile`
 */
export async function readJsonObject(path: string): Promise<JsonObject> {
  return jsonObject(await readTextFile(path), path);
}

/** The same, or undefined where there is no such file. */
export async function readOptionalJson(path: string): Promise<JsonObject | undefined> {
  const text = await readOptionalText(path);
  return text === undefined ? undefined : jsonObject(text, path);
}

function jsonObject(text: string, path: string): JsonObject {
  let value: unknown;
  try {
    value = parseJsonText(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new InputError("json", `Cannot read ${path}: it is not valid JSON (${reason}).`, { path }, cause);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new InputError("json", `Cannot read ${path}: a JSON object was expected.`, { path });
  }
  return value as JsonObject;
}
