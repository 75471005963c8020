/** JSON files that somebody else may have written. */
import { readFile } from "node:fs/promises";
import { InputError } from "../core/errors.ts";
import { fileError, systemCode } from "./file-errors.ts";

export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * The object in the file at `path`.
 * @throws InputError `json` where it is not a JSON object, or that of the file system.
 */
export async function readJsonObject(path: string): Promise<JsonObject> {
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw fileError("read", path, cause);
  });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new InputError("json", `Cannot read ${path}: it is not valid JSON (${reason}).`, { path }, cause);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new InputError("json", `Cannot read ${path}: a JSON object was expected.`, { path });
  }
  return value as JsonObject;
}

/** The same, or undefined where there is no such file. */
export async function readOptionalJson(path: string): Promise<JsonObject | undefined> {
  try {
    return await readJsonObject(path);
  } catch (error) {
    if (error instanceof InputError && systemCode(error.cause) === "ENOENT") return undefined;
    throw error;
  }
}
