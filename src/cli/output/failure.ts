/** The message and the exit status of an error. */
import { inspect } from "node:util";
import { PunchlineError } from "../../core/errors.ts";
import { visible } from "../../core/printable.ts";
import { inFlags } from "./flags.ts";
import { safeText } from "./safe-text.ts";
import type { Style } from "./terminal.ts";

export interface Failure {
  /** 2 for wrong usage, 1 for the rest. */
  readonly status: 1 | 2;
  /** One sentence, without a line break. */
  readonly sentence: string;
}

/** The exit status and the sentence of any error. */
export function failureOf(error: unknown): Failure {
  const status = error instanceof PunchlineError && error.kind === "usage" ? 2 : 1;
  return { status, sentence: visible(safeText(sentenceOf(error))) };
}

function sentenceOf(error: unknown): string {
  if (error instanceof PunchlineError) return inFlags(oneLine(error.message));
  if (isSystemError(error)) return systemSentence(error);
  const what = error instanceof Error ? `${error.name}: ${error.message}` : inspect(error);
  return `${oneLine(what).replace(/\.?$/, ".")} This is a bug in Punchline; please report it with what the same command prints with DEBUG=1.`;
}

/** The lines for standard error, with a stack trace only if `debug`. */
export function failureText(error: unknown, style: Style, debug: boolean): string {
  const { sentence } = failureOf(error);
  const trace = debug ? `\n${style.dim(safeText(inspect(error, { depth: 4 })))}` : "";
  return `${style.red("error:")} ${sentence}${trace}\n`;
}

interface SystemError extends Error {
  readonly code: string;
  readonly syscall: string;
  readonly path?: string | undefined;
}

function isSystemError(error: unknown): error is SystemError {
  return error instanceof Error && "syscall" in error && "code" in error && typeof error.code === "string";
}

const systemReasons: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file or folder; check the path",
  EACCES: "permission is denied; check who owns it",
  EPERM: "the operation is not permitted; check who owns it",
  EROFS: "the file system is read-only; choose another folder",
  EISDIR: "it is a folder, and a file was expected",
  ENOTDIR: "a part of the path is a file, and a folder was expected",
  EEXIST: "it exists already; choose another name",
  ENOSPC: "the disk is full; free some space and try again",
  EDQUOT: "the disk quota is used up; free some space and try again",
  EFBIG: "the file would grow larger than the system allows",
  EMFILE: "too many files are open; raise the limit (ulimit -n)",
  EADDRINUSE: "the address is in use; choose another port",
  ECONNREFUSED: "the connection was refused; check that the server runs",
  ENOTFOUND: "the host is not known; check the network",
};

function systemSentence(error: SystemError): string {
  const subject = error.path === undefined ? `The system call "${error.syscall}"` : `"${error.path}"`;
  const reason = systemReasons[error.code];
  return reason ? `${subject}: ${reason} (${error.code}).` : `${subject} failed: ${oneLine(error.message)}.`;
}

function oneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, " ").trim();
}
