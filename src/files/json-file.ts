/** JSON files, checked because anyone may have written them. */
import { InputError } from "../core/errors.ts";
import { type JsonObject, parseJsonText } from "../core/json.ts";
import { jsonPlaces } from "../core/json-places.ts";
import { readOptionalText, readTextFile } from "./regular-file.ts";

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

/** The object of the text of the file at `path`. Errors: {@link readJsonObject}. */
export function jsonObject(text: string, path: string): JsonObject {
  let value: unknown;
  try {
    value = parseJsonText(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const { fault } = jsonPlaces(text);
    const place = fault ? ` at line ${fault.line}, column ${fault.column}` : "";
    throw new InputError(
      "json",
      `Cannot read ${path}: it is not valid JSON${place} (${reason}).`,
      { path, ...fault },
      cause,
    );
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new InputError("json", `Cannot read ${path}: a JSON object was expected.`, { path });
  }
  return value as JsonObject;
}
