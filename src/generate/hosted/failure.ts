/**
 * A service's refusals as Punchline's errors: one sentence each that says what to do. The key is in none
 * of them, even where a service sends it back, and what a service says is cut to a few lines.
 */
import type OpenAI from "openai";
import type { APIError } from "openai";
import { InputError } from "../../core/errors.ts";
import { excerpt } from "../../core/printable.ts";
import { headerValues, withoutSecrets } from "../../core/secret.ts";

/** Who was asked, for the sentences. */
export interface Service {
  /** `openai:NAME`. */
  readonly name: string;
  /** The model's name there. */
  readonly model: string;
  readonly baseURL: string;
  readonly key: string;
  readonly timeoutMs: number;
  readonly maxRetries: number;
  /** The module's class, which its errors hang on. */
  readonly OpenAI: typeof OpenAI;
}

/**
 * The error to throw for what the package threw: an InputError `hosted-unreachable`, `hosted-timeout`,
 * `hosted-key`, `hosted-denied`, `hosted-no-model`, `hosted-quota`, `hosted-busy` or `hosted-refused`, the
 * reason of an aborted signal, or the error itself where it is none of the service's.
 */
export function hostedFailure(error: unknown, service: Service, signal?: AbortSignal): unknown {
  const { OpenAI, name, model, baseURL, timeoutMs, maxRetries } = service;
  if (signal?.aborted) return signal.reason;
  if (!(error instanceof OpenAI.APIError)) return error;
  const fail = (code: string, message: string) =>
    // The package's error is no cause to hand on: it holds what the service sent.
    new InputError(code, message, { name, baseURL, status: error.status, requestId: error.requestID });
  const { status = 0 } = error;
  const tries = `after ${maxRetries + 1} tries`;
  const said = quoted(error, service);
  const wait = `${tries}${said}; try again later.`;
  if (error instanceof OpenAI.APIConnectionTimeoutError)
    return fail(
      "hosted-timeout",
      `${baseURL} did not answer for ${name} within ${timeoutMs / 1000} s, ${tries}; try again, or fewer tokens.`,
    );
  if (error instanceof OpenAI.APIConnectionError)
    return fail(
      "hosted-unreachable",
      `${baseURL} cannot be reached for ${name}, ${tries}; check the network and OPENAI_BASE_URL.`,
    );
  if (error.code === "insufficient_quota" && status === 429)
    return fail("hosted-quota", `The quota of this key at ${baseURL} is used up; see the account's billing.`);
  if (status >= 500) return fail("hosted-busy", `${baseURL} answers ${status}, ${wait}`);
  const refusals: Readonly<Record<number, readonly [code: string, message: string]>> = {
    401: ["hosted-key", `${baseURL} does not accept the key in OPENAI_API_KEY; check it.`],
    403: ["hosted-denied", `${baseURL} does not let this key use ${name}${said}.`],
    404: [
      "hosted-no-model",
      `${baseURL} has no model "${model}"${said}; check the name and OPENAI_BASE_URL.`,
    ],
    429: ["hosted-busy", `${baseURL} allows no more requests now, ${wait}`],
  };
  return fail(...(refusals[status] ?? ["hosted-refused", `${name} refuses the request${said}.`]));
}

/** What the service said, as `: "..."`, or nothing. */
export function quoted(error: APIError, { key }: Pick<Service, "key">): string {
  const body: unknown = error.error;
  const message =
    typeof body === "object" && body !== null && "message" in body && typeof body.message === "string"
      ? body.message
      : "";
  const headers = headerValues(process.env.OPENAI_CUSTOM_HEADERS);
  const plain = excerpt(withoutSecrets(message.replaceAll(key, "***"), headers).trim(), 300);
  return plain === "" ? "" : `: "${plain.replace(/\.$/, "")}"`;
}
