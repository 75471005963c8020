/** What went wrong with a request, in the form of OpenAI's API: `{ error: { message, type, param, code } }`. */
import { PunchlineError } from "../core/errors.ts";
import { renderOptions } from "../core/options.ts";
import type { ErrorBody } from "./messages.ts";

export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: 400 | 401 | 403 | 404 | 405 | 409 | 413 | 415 | 500 | 503;
  readonly code: string | null;
  /** The field of the request that the error is about. */
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

/** A bug of the server, or of the thread of a model; what it says is for the person who runs it. */
export class ServerBug extends Error {
  override readonly name = "ServerBug";
}

/** The fields of a request that have another name than the option of the library that they set. */
const fields: Readonly<Record<string, string>> = {
  topP: "top_p",
  topK: "top_k",
  minP: "min_p",
  repetitionPenalty: "repetition_penalty",
  maxLength: "max_tokens",
  presencePenalty: "presence_penalty",
  frequencyPenalty: "frequency_penalty",
  logitBias: "logit_bias",
};

/** `topK` between backticks becomes `top_k`, `topK: 5` `top_k: 5`. */
const inFields = (sentence: string): string =>
  renderOptions(sentence, (name, value) => {
    const field = fields[name] ?? name;
    return value === undefined ? field : `${field}: ${JSON.stringify(value)}`;
  });

/** Does what reads a field of a request, and names the field in what it refuses: the library does not know of it. */
export function about<T>(field: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof PunchlineError)) throw error;
    const { status, body } = answerOf(error);
    throw new ApiError(status, body.error.message, body.error.code, field);
  }
}

/** The answer to an error; `unexpected` where it is a bug of the server. */
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
    const { code, message, details } = error;
    // Weights that compute no numbers are no fault of the request.
    const status = code === "not-finite" ? 500 : 400;
    const param = typeof details.option === "string" ? (fields[details.option] ?? details.option) : null;
    return { status, body: bodyOf(status, inFields(message), code, param), unexpected: false };
  }
  return { status: 500, body: bodyOf(500, "The server failed.", null, null), unexpected: true };
}

function bodyOf(status: number, message: string, code: string | null, param: string | null): ErrorBody {
  const type = status >= 500 ? "server_error" : "invalid_request_error";
  return { error: { message, type, param, code } };
}
