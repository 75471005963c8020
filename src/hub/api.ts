/**
 * Requests to the Hub: retried where that may help, with an error that says what to do for each refusal. This
 * replaces requests of @huggingface/hub, which checks no response and follows pages without end.
 */
import type { RepoId } from "@huggingface/hub";
import type { z } from "zod";
import { InputError } from "../core/errors.ts";
import { excerpt } from "../core/printable.ts";
import { isInnerPath } from "../files/inner-path.ts";
import { limitedFetch } from "./limited-fetch.ts";
import { adviceFor, type RepoName, wellKnownModels } from "./name.ts";
import type { HubSettings } from "./settings.ts";

/** Retries after a cut connection, or while the Hub is busy. */
export const RETRIES = 4;

/** Milliseconds that the Hub may be silent. */
const IDLE_MS = 30_000;
/** The most time for a whole API response, as a multiple of the idle time. */
const PATIENCE = 4;
/** Bytes of an API response. */
const MAX_RESPONSE = 32 << 20;
/** Most files of a repository (the Hub advises far fewer), and most pages of their listing. */
const MAX_FILES = 200_000;
const MAX_PAGES = 2_000;

/** Redirects followed to a renamed repository. */
const MAX_REDIRECTS = 5;

export interface RepoListing {
  readonly commit: string;
  readonly files: readonly RepoFile[];
}

export interface RepoFile {
  /** Below the repository's root, with forward slashes. */
  readonly path: string;
  /** Bytes; undefined until {@link describeFile} asks for it. */
  readonly size: number | undefined;
  /** SHA-256 of the content for large files, git's SHA-1 for others; also the name of the blob. */
  readonly etag: string | undefined;
}

/**
 * A fetch that sends the token to the Hub only, retries, and throws for every refusal.
 *
 * @throws InputError `hub-unreachable`, `hub-busy`, `hub-not-found`, `hub-no-revision`, `hub-no-file`,
 * `hub-gated`, `hub-denied`.
 */
export function hubFetch(
  repo: RepoName,
  settings: HubSettings,
  signal?: AbortSignal,
  maxBytes = Number.POSITIVE_INFINITY,
): typeof fetch {
  const { idleMs = IDLE_MS } = settings;
  const wholeMs = Number.isFinite(maxBytes) ? PATIENCE * idleMs : Number.POSITIVE_INFINITY;
  const limited = limitedFetch({ idleMs, wholeMs, maxBytes, server: settings.endpoint });
  return async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    const headers = new Headers(init?.headers);
    if (settings.token && url.origin === new URL(settings.endpoint).origin) {
      headers.set("authorization", `Bearer ${settings.token}`);
    }
    for (let attempt = 0; ; attempt++) {
      const last = attempt === RETRIES;
      try {
        const response = await limited(url, { ...init, headers, signal: signal ?? init?.signal ?? null });
        if (response.ok || response.status === 416) return response;
        if (init?.redirect === "manual" && response.headers.has("location")) return response;
        await response.body?.cancel();
        if (last || !(response.status === 429 || response.status >= 500))
          throw refusal(repo, settings, response, url.href);
      } catch (cause) {
        if (cause instanceof InputError || signal?.aborted) throw cause;
        if (last || isPermanent(cause))
          throw unreachable(repo, cause, `Cannot reach ${settings.endpoint}`, " (or HF_ENDPOINT)");
      }
      await pause(settings.retryDelayMs * 2 ** attempt, signal);
    }
  };
}

/** The current commit of `repo.revision`, and its files. Errors: {@link hubFetch}. */
export async function listRepo(
  repo: RepoName,
  settings: HubSettings,
  signal?: AbortSignal,
): Promise<RepoListing> {
  const { repoInfo, treePage } = await import("./response-schemas.ts");
  const fetch = hubFetch(repo, settings, signal, MAX_RESPONSE);
  const api = `${settings.endpoint}/api/${repo.kind}s/${repo.name}`;
  const revision = encodeURIComponent(repo.revision);
  const { sha: commit, siblings } = (await getJson(repo, fetch, `${api}/revision/${revision}`, repoInfo))
    .value;
  let files: RepoFile[] = [];
  try {
    const pages = pagesOf(repo, fetch, `${api}/tree/${commit}?recursive=true`, treePage);
    for await (const page of pages) {
      for (const { type, path, size, oid, lfs } of page) {
        if (type !== "file") continue;
        files.push({ path, size: lfs?.size ?? size ?? undefined, etag: lfs?.oid ?? oid ?? undefined });
      }
      if (files.length > MAX_FILES) throw invalidAnswer(repo, `more than ${MAX_FILES} files`);
    }
  } catch (error) {
    // Some mirrors have no listing with sizes; the names came with the commit.
    if (!(error instanceof InputError) || error.details.status !== 404 || !siblings?.length) throw error;
    files = siblings.map(({ rfilename }) => ({ path: rfilename, size: undefined, etag: undefined }));
  }
  for (const { path } of files) {
    if (!isInnerPath(path) || /\p{Cc}/u.test(path))
      throw invalidAnswer(repo, `the file name "${excerpt(path)}"`);
  }
  return { commit, files };
}

/** One response of the API. @throws InputError `hub-answer` where it does not fit `schema` */
async function getJson<T>(
  repo: RepoName,
  fetch: typeof globalThis.fetch,
  url: string,
  schema: z.ZodType<T>,
): Promise<{ readonly value: T; readonly headers: Headers }> {
  const response = await fetch(url);
  const text = await response.text().catch((cause: unknown) => {
    if (cause instanceof InputError) throw cause;
    throw unreachable(repo, cause, "The Hub broke off its answer");
  });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    if (!/^\s*</.test(text)) throw invalidAnswer(repo, `no JSON but "${excerpt(text, 40)}"`);
    throw new InputError(
      "hub-answer",
      `What answers in place of the Hub for "${repo.name}" sends a web page: a login page of the network or a proxy, perhaps; open a browser and look.`,
    );
  }
  const { success, data, error } = schema.safeParse(value);
  if (success) return { value: data, headers: response.headers };
  const { path, message } = error.issues[0]!;
  throw invalidAnswer(repo, `a wrong ${excerpt(path.join(".")) || "value"} (${excerpt(message)})`);
}

/** The pages of a listing, each linked by the one before it (RFC 8288). */
async function* pagesOf<T extends readonly unknown[]>(
  repo: RepoName,
  fetch: typeof globalThis.fetch,
  first: string,
  schema: z.ZodType<T>,
): AsyncGenerator<T> {
  const { origin } = new URL(first);
  const seen = new Set<string>();
  let url: string | undefined = first;
  while (url !== undefined) {
    if (seen.has(url) || seen.size === MAX_PAGES) throw invalidAnswer(repo, "pages without end");
    seen.add(url);
    const page = await getJson<T>(repo, fetch, url, schema);
    yield page.value;
    url = nextOf(page.headers, url);
    if (url !== undefined && page.value.length === 0) throw invalidAnswer(repo, "pages without end");
    if (url !== undefined && new URL(url).origin !== origin)
      throw invalidAnswer(repo, "a page at another server");
  }
}

function nextOf(headers: Headers, url: string): string | undefined {
  const link = /<([^<>]*)>\s*;[^,]*\brel="?next\b/i.exec(headers.get("link") ?? "")?.[1];
  return link !== undefined && URL.canParse(link, url) ? new URL(link, url).href : undefined;
}

/** `file` with its size and etag, requested where they are unknown. Errors: {@link hubFetch}. */
export async function describeFile(
  repo: RepoName,
  commit: string,
  file: RepoFile,
  settings: HubSettings,
  signal?: AbortSignal,
): Promise<{ path: string; size: number; etag: string }> {
  const { path } = file;
  let { size, etag } = file;
  if (size === undefined || etag === undefined) {
    const url = fileUrl(repo, commit, path, settings);
    const headers = await fileHeaders(url, hubFetch(repo, settings, signal));
    size = Number(headers.get("x-linked-size") ?? headers.get("content-length") ?? Number.NaN);
    etag = (headers.get("x-linked-etag") ?? headers.get("etag") ?? "").replace(/^W\/|"/g, "");
  }
  // The etag becomes a file name on this machine, so only a hash is accepted.
  if (!/^[0-9a-f]{40}([0-9a-f]{24})?$/.test(etag)) throw invalidAnswer(repo, `the etag "${excerpt(etag)}"`);
  if (!Number.isSafeInteger(size) || size < 0)
    throw invalidAnswer(repo, `the size ${size} of ${excerpt(path)}`);
  return { path, size, etag };
}

/** The Hub's own headers of a file: the storage server that it redirects to has other etags. */
async function fileHeaders(url: string, fetch: typeof globalThis.fetch): Promise<Headers> {
  for (let hops = 0; ; hops++) {
    const { headers } = await fetch(url, { method: "HEAD", redirect: "manual" });
    const location = headers.get("location");
    if (location === null || headers.has("x-linked-etag") || hops === MAX_REDIRECTS) return headers;
    url = new URL(location, url).href;
  }
}

export function fileUrl(repo: RepoName, commit: string, path: string, settings: HubSettings): string {
  const prefix = repo.kind === "dataset" ? "datasets/" : "";
  return `${settings.endpoint}/${prefix}${repo.name}/resolve/${commit}/${encodeURI(path).replace(/[?#]/g, encodeURIComponent)}`;
}

export const repoId = ({ kind, name }: RepoName): RepoId => ({ type: kind, name });

/** Waits, or rejects as soon as `signal` aborts. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    }, ms);
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}

/** Whether `error` means that the Hub cannot be reached or is busy. */
export function isNetworkError(error: unknown): boolean {
  return error instanceof InputError && (error.code === "hub-unreachable" || error.code === "hub-busy");
}

function refusal(repo: RepoName, settings: HubSettings, response: Response, url: string): InputError {
  const { status } = response;
  const reason = response.headers.get("x-error-code") ?? "";
  const { kind, name, revision } = repo;
  const fail = (code: string, message: string) =>
    new InputError(code, message, { name, revision, status, url });
  const what = `${kind} "${name}"`;
  const page = `${settings.endpoint}/${kind === "dataset" ? "datasets/" : ""}${name}`;
  const token = settings.token ? "use the token (HF_TOKEN) of an account that may read it" : "set HF_TOKEN";
  if (reason === "GatedRepo" || (status === 403 && reason === "")) {
    return fail("hub-gated", `The ${what} is gated: accept its terms at ${page}, then ${token}.`);
  }
  if (reason === "RevisionNotFound") {
    return fail(
      "hub-no-revision",
      `The ${what} has no revision "${revision}"; see ${page} for its branches.`,
    );
  }
  if (reason === "EntryNotFound") {
    return fail("hub-no-file", `The ${what} lacks a file that was asked for: ${excerpt(url, 300)}.`);
  }
  if (status === 404 || reason === "RepoNotFound" || (status === 401 && !settings.token)) {
    const advice = kind === "model" ? adviceFor(name, wellKnownModels) : "";
    return fail(
      "hub-not-found",
      `There is no ${what} at ${settings.endpoint}, or it is private: check the name, or ${token}.${advice}`,
    );
  }
  if (status === 401 || status === 403) {
    return fail("hub-denied", `The Hub refuses access to the ${what}: ${token}.`);
  }
  return fail("hub-busy", `The Hub answers ${status} for the ${what}; try again later.`);
}

function unreachable(repo: RepoName, cause: unknown, what: string, or = ""): InputError {
  return new InputError(
    "hub-unreachable",
    `${what} for the ${repo.kind} "${repo.name}" (${networkCode(cause)}); check the network${or} and run the command again.`,
    { name: repo.name },
    cause,
  );
}

function networkCode(cause: unknown): string {
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  if (inner instanceof Error) return excerpt("code" in inner ? String(inner.code) : inner.message);
  return excerpt(String(cause));
}

const PERMANENT = /^(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ENETUNREACH|EHOSTUNREACH|ERR_INVALID_URL)$/;
/** Whether a retry would fail too: no such host, no server at the address. */
const isPermanent = (cause: unknown): boolean => PERMANENT.test(networkCode(cause));

function invalidAnswer(repo: RepoName, what: string): InputError {
  return new InputError(
    "hub-answer",
    `The Hub's answer for "${repo.name}" holds ${what}, which cannot be right; nothing was written.`,
  );
}
