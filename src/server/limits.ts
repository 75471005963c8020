/** Limits of the server and of one request. */
import { ApiError } from "./errors.ts";

export interface ServeLimits {
  /** Tokens written for each text. */
  readonly maxTokens: number;
  /** Texts written: prompts times `n`. */
  readonly maxTexts: number;
  /** Tokens read: of all prompts of a request together. */
  readonly maxPromptTokens: number;
  /** Bytes of a request. */
  readonly maxBytes: number;
  /** Texts that a model reads or writes at the same time; others wait for their turn. */
  readonly maxParallel: number;
  /** Requests that wait or run. */
  readonly maxRequests: number;
  /** Connections that are open. */
  readonly maxConnections: number;
  /** Milliseconds within which a request must arrive whole. */
  readonly requestMs: number;
  /** Milliseconds that a client may take without reading any of its answer. */
  readonly stallMs: number;
  /** Milliseconds between two requests for which clients may keep a connection; it is held a third longer. */
  readonly idleMs: number;
  /** Milliseconds that running requests get to finish when the server closes. */
  readonly graceMs: number;
}

export const defaultLimits: ServeLimits = {
  maxTokens: 4096,
  maxTexts: 128,
  maxPromptTokens: 1 << 17,
  maxBytes: 1 << 20,
  maxParallel: 16,
  maxRequests: 64,
  maxConnections: 2048,
  requestMs: 30_000,
  stallMs: 30_000,
  idleMs: 30_000,
  graceMs: 5_000,
};

/** @throws ApiError 400 `limit_exceeded` that names the limit, where `asked` is above it */
export function requireAtMost(limit: number, asked: number, what: string, param: string | null): void {
  if (asked <= limit) return;
  const message = `A request may have at most ${limit} ${what}, not ${asked}.`;
  throw new ApiError(400, message, "limit_exceeded", param);
}
