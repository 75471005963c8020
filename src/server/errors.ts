/** What went wrong with a request, as OpenAI's API words it: `{ error: { message, type, param, code } }`. */
import { PunchlineError } from "../core/errors.ts";
import type { ErrorBody } from "./messages.ts";

export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: 400 | 401 | 403 | 404 | 405 | 413 | 415 | 500 | 503;
  readonly code: string | null;
  /** The field that is meant. */
  readonly param: string | null;

  constructor(
    status: ApiError["status"],
    message: string,
    code: string | null = null,
    param: string | null = null,
  ) {
    super(message);
    this.status = status;
    this.code = code;
    this.param = param;
  }
}

/** The answer to an error, whoever raised it; `unexpected` where it is a bug of the server. */
export function answerOf(error: unknown): {
  status: ApiError["status"];
  body: ErrorBody;
  unexpected: boolean;
} {
  if (error instanceof ApiError) {
    const { status, message, code, param } = error;
    return { status, body: bodyOf(status, message, code, param), unexpected: false };
  }
  if (error instanceof PunchlineError) {
    // No request is to blame for weights that give no numbers.
    const status = error.code === "not-finite" ? 500 : 400;
    return { status, body: bodyOf(status, error.message, error.code, null), unexpected: false };
  }
  return { status: 500, body: bodyOf(500, "The server failed.", null, null), unexpected: true };
}

function bodyOf(status: number, message: string, code: string | null, param: string | null): ErrorBody {
  const type = status >= 500 ? "server_error" : "invalid_request_error";
  return { error: { message, type, param, code } };
}
