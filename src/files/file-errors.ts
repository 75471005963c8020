/** Turns an operating system's refusal of a file operation into one sentence that says what to do. */
import { InputError, PunchlineError } from "../core/errors.ts";

/** The `code` of a Node system error such as `"ENOENT"`, or undefined for any other value. */
export function systemCode(cause: unknown): string | undefined {
  if (cause instanceof Error && "code" in cause && typeof cause.code === "string") return cause.code;
  return undefined;
}

/** A stable code for programs, then what is wrong and what to do; `{doing}` is read or write. */
type Refusal = readonly [code: string, reason: string];

const denied: Refusal = ["not-permitted", "permission denied; check who may {doing} there."];
const open: Refusal = [
  "too-many-files",
  "too many files are open; close some or raise the limit (ulimit -n).",
];
const misplaced: Refusal = ["not-a-file", "a part of the path is a file where a folder is needed."];
const busy: Refusal = ["file", "it is in use by another program; close that and try again."];
const medium: Refusal = [
  "file",
  "the disk or the network behind it reports an error; check it, and try again.",
];
const absentFolder: Refusal = [
  "not-found",
  "its folder does not exist; make the folder first, or check the path.",
];

/** By the names of errno(3). */
const refusals: Readonly<Record<string, Refusal>> = {
  ENOSPC: ["disk-full", "the disk is full; free some space or choose another folder."],
  EDQUOT: ["disk-full", "the disk quota is used up; free some space or choose another folder."],
  EFBIG: [
    "disk-full",
    "the file would grow larger than the system allows; raise the limit (ulimit -f) or choose another disk.",
  ],
  EACCES: denied,
  EPERM: denied,
  EROFS: ["read-only", "the file system is read-only; choose another folder."],
  ENOENT: ["not-found", "it does not exist; check the path."],
  EISDIR: ["not-a-file", "it is a folder, and a file was expected."],
  ENOTDIR: misplaced,
  EEXIST: misplaced,
  ENOTEMPTY: ["not-a-file", "a folder is there already that holds files; choose another name."],
  EMFILE: open,
  ENFILE: open,
  ENAMETOOLONG: ["name-too-long", "the name is longer than the file system allows; choose a shorter one."],
  EINVAL: ["file", "the file system does not allow that name or operation; choose another folder."],
  ELOOP: ["file", "its links lead around in a circle; check them."],
  EXDEV: ["file", "it would have to move to another disk; choose a folder on this one."],
  EBUSY: busy,
  ETXTBSY: busy,
  EIO: medium,
  ENXIO: medium,
  ENODEV: medium,
  ESTALE: medium,
  ETIMEDOUT: medium,
};

/**
 * The error to throw where `doing` (`"write"`, `"read"`) `path` failed with `cause`.
 *
 * Codes: `disk-full`, `read-only`, `not-permitted`, `not-found`, `not-a-file`, `name-too-long`, `too-many-files`,
 * `file`. An error that is one of Punchline's own already stays as it is.
 */
export function fileError(doing: "read" | "write", path: string, cause: unknown): InputError {
  if (cause instanceof InputError) return cause;
  const system = systemCode(cause);
  const known = system === undefined ? undefined : refusals[system];
  const unknown = cause instanceof Error ? `${cause.message}.` : "for an unknown reason.";
  const [code, reason] =
    system === "ENOENT" && doing === "write" ? absentFolder : (known ?? ["file", unknown]);
  return new InputError(
    code,
    `Cannot ${doing} ${path}: ${reason.replace("{doing}", doing)}`,
    { path, system },
    cause,
  );
}

/** Whether there was no room for a file. */
export const isFull = (error: unknown): boolean => error instanceof InputError && error.code === "disk-full";

/** Waits for `work` on `path`; a refusal of the system becomes a {@link fileError}, other errors pass. */
export async function guarded<T>(doing: "read" | "write", path: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    throw systemCode(cause) === undefined || cause instanceof PunchlineError
      ? cause
      : fileError(doing, path, cause);
  }
}
