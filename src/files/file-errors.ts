/** Turns an operating system's refusal of a file operation into one sentence that says what to do. */
import { InputError } from "../core/errors.ts";

/** The `code` of a Node system error such as `"ENOENT"`, or undefined for any other value. */
export function systemCode(cause: unknown): string | undefined {
  if (cause instanceof Error && "code" in cause && typeof cause.code === "string") return cause.code;
  return undefined;
}

/**
 * The error to throw where `doing` (`"write"`, `"read"`) `path` failed with `cause`.
 *
 * Codes: `disk-full`, `not-permitted`, `not-found`, `not-a-file`, `too-many-files`, `file`.
 */
export function fileError(doing: "read" | "write", path: string, cause: unknown): InputError {
  const system = systemCode(cause);
  const fail = (code: string, reason: string) =>
    new InputError(code, `Cannot ${doing} ${path}: ${reason}`, { path, system }, cause);
  switch (system) {
    case "ENOSPC":
    case "EDQUOT":
      return fail("disk-full", "the disk is full; free some space or choose another folder.");
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return fail("not-permitted", `permission denied; check who may ${doing} there.`);
    case "ENOENT":
      return fail("not-found", "it does not exist; check the path.");
    case "EISDIR":
      return fail("not-a-file", "it is a folder, and a file was expected.");
    case "ENOTDIR":
    case "EEXIST":
      return fail("not-a-file", "a part of the path is a file where a folder is needed.");
    case "EMFILE":
    case "ENFILE":
      return fail("too-many-files", "too many files are open; close some or raise the limit (ulimit -n).");
    default:
      return fail("file", cause instanceof Error ? `${cause.message}.` : "for an unknown reason.");
  }
}
