/**
 * What a page and its worker say to each other, in one place: calls by name, each with events on the way and a result or
 * an error at the end.
 */
import { InputError, PunchlineError, ShapeError, UsageError } from "../../core/errors.ts";

/** What a call takes, tells on the way, and gives. */
export interface Call {
  readonly request: unknown;
  readonly event: unknown;
  readonly result: unknown;
}

/** The calls that a worker answers, by name. */
export type Calls<C> = { readonly [K in keyof C]: Call };

export type FromPage =
  | { readonly type: "call"; readonly id: number; readonly name: string; readonly request: unknown }
  | { readonly type: "abort"; readonly id: number };

export type FromWorker =
  | { readonly type: "event"; readonly id: number; readonly event: unknown }
  | { readonly type: "result"; readonly id: number; readonly result: unknown }
  | { readonly type: "error"; readonly id: number; readonly error: SentError };

/** An error without its class, which messages lose. */
export interface SentError {
  readonly name: string;
  readonly message: string;
  readonly code?: string | undefined;
  readonly details?: Readonly<Record<string, unknown>> | undefined;
}

export function sentError(error: unknown): SentError {
  if (error instanceof PunchlineError) {
    const { name, message, code, details } = error;
    return { name, message, code, details: plain(details) };
  }
  if (error instanceof Error || error instanceof DOMException)
    return { name: error.name, message: error.message };
  return { name: "Error", message: String(error) };
}

/** The error that was sent, of the library's own class where it was one of its errors. */
export function receivedError({ name, message, code, details = {} }: SentError): Error {
  if (name === "UsageError") return new UsageError(message, details);
  if (name === "InputError") return new InputError(code!, message, details);
  if (name === "AbortError") return new DOMException(message, name);
  if (code !== undefined || name === ShapeError.name)
    return new PunchlineError(code ?? "shape", message, { details });
  return Object.assign(new Error(message), { name });
}

/** Details that a message can carry. */
function plain(details: Readonly<Record<string, unknown>>): Record<string, unknown> | undefined {
  try {
    return structuredClone(details) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}
