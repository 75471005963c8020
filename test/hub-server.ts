/**
 * A small Hugging Face Hub on this machine, for tests: the API, redirects to a storage server on another
 * origin, ETags, ranges, gated and missing repositories, and the faults of real networks on request.
 *
 * @example
 * const hub = await startHubServer([{ kind: "model", name: "owner/name", files: { "config.json": "{}" } }]);
 * await pullModel("owner/name", { settings: { endpoint: hub.endpoint, cacheDir } });
 * await hub.close();
 */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface FakeRepo {
  readonly kind: "model" | "dataset";
  /** `owner/name`. */
  readonly name: string;
  /** A name that redirects here, as `gpt2` does. */
  readonly alias?: string;
  /** Only requests with this token may read its files. */
  readonly gatedFor?: string;
  /** By path; change it to make a new commit. */
  files: Record<string, string | Uint8Array>;
}

/** What goes wrong, and how often it still will; reduced as it happens. */
export interface Faults {
  /** Storage connections to cut after `cutAfter` bytes. */
  cuts: number;
  cutAfter: number;
  /** Answers with status 503. */
  busy: number;
  /** Storage answers with the first byte changed. */
  corrupt: number;
  /** Storage knows no ranges. */
  ignoreRange: boolean;
  /** The listing with sizes is not implemented, as on some mirrors. */
  noTree: boolean;
}

export interface Request {
  readonly server: "hub" | "storage";
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly range: string | undefined;
  readonly authorization: string | undefined;
}

export interface HubServer {
  readonly endpoint: string;
  readonly faults: Faults;
  /** Every request so far, oldest first. */
  readonly requests: Request[];
  commitOf(repo: FakeRepo): string;
  close(): Promise<void>;
}

/** Files from this size on are kept in storage ("LFS"), and everything that is no text is. */
const LARGE = 1000;
/** Entries of a listing per page. */
const PAGE = 3;

export async function startHubServer(repos: readonly FakeRepo[]): Promise<HubServer> {
  const faults: Faults = { cuts: 0, cutAfter: 0, busy: 0, corrupt: 0, ignoreRange: false, noTree: false };
  const requests: Request[] = [];
  const blobs = new Map<string, Buffer>();
  const serve = (
    server: Request["server"],
    answer: (request: IncomingMessage, response: ServerResponse) => void,
  ) =>
    listen((request, response) => {
      const { range, authorization } = request.headers;
      requests.push({ server, method: request.method!, url: request.url!, range, authorization });
      if (faults.busy > 0) {
        faults.busy--;
        response.writeHead(503).end();
      } else {
        answer(request, response);
      }
    });
  const storage = await serve("storage", (request, response) => {
    const blob = blobs.get(request.url!.split("/").pop()!)!;
    sendBytes(request, response, blob, { etag: `"${sha("md5", blob)}"` }, faults);
  });
  const hub = await serve("hub", (request, response) => answerHub(request, response));
  const endpoint = originOf(hub);

  function answerHub(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url!, endpoint);
    const path = decodeURIComponent(url.pathname);
    const api = /^\/api\/(model|dataset)s\/(.+?)\/(revision|tree)\/(.+)$/.exec(path);
    const file = /^\/(datasets\/)?(.+?)\/resolve\/(\w+)\/(.+)$/.exec(path);
    const kind = api ? api[1] : file?.[1] ? "dataset" : "model";
    const name = api?.[2] ?? file?.[2];
    const repo = repos.find((r) => r.kind === kind && (r.name === name || r.alias === name));
    if (!repo || name === undefined) {
      refuse(response, 401, "RepoNotFound");
    } else if (repo.alias === name) {
      response.writeHead(307, { location: request.url!.replace(`/${name}/`, `/${repo.name}/`) }).end();
    } else if (api) {
      answerApi(response, repo, api[3]!, api[4]!, url);
    } else {
      answerResolve(request, response, repo, file![4]!);
    }
  }

  function answerApi(
    response: ServerResponse,
    repo: FakeRepo,
    what: string,
    revision: string,
    url: URL,
  ): void {
    const commit = commitOf(repo);
    if (!["main", "HEAD", "refs/pr/1", commit].includes(revision)) refuse(response, 404, "RevisionNotFound");
    else if (what === "revision") sendInfo(response, repo, commit);
    else if (faults.noTree) refuse(response, 404, "");
    else sendTree(response, repo, url);
  }

  function answerResolve(
    request: IncomingMessage,
    response: ServerResponse,
    repo: FakeRepo,
    path: string,
  ): void {
    const content = repo.files[path];
    const { authorization } = request.headers;
    if (content === undefined) {
      refuse(response, 404, "EntryNotFound");
    } else if (repo.gatedFor && authorization !== `Bearer ${repo.gatedFor}`) {
      refuse(response, authorization ? 403 : 401, "GatedRepo");
    } else {
      sendFile(request, response, Buffer.from(content), commitOf(repo));
    }
  }

  function sendFile(
    request: IncomingMessage,
    response: ServerResponse,
    content: Buffer,
    commit: string,
  ): void {
    const { large, oid } = identify(content);
    const headers = { "x-repo-commit": commit, "x-linked-size": content.length, "x-linked-etag": `"${oid}"` };
    if (large) {
      blobs.set(oid, content);
      response.writeHead(302, { ...headers, location: `${originOf(storage)}/store/${oid}` }).end();
    } else {
      sendBytes(request, response, content, { ...headers, etag: `"${oid}"` }, faults);
    }
  }

  return {
    endpoint,
    faults,
    requests,
    commitOf,
    async close() {
      await Promise.all([hub, storage].map(stop));
    },
  };
}

function commitOf(repo: FakeRepo): string {
  const parts = Object.entries(repo.files).map(
    ([path, content]) => path + identify(Buffer.from(content)).oid,
  );
  return sha("sha1", parts.join("\n"));
}

function identify(content: Buffer): { large: boolean; oid: string } {
  const large = content.length >= LARGE || content.includes(0);
  // Small files are known by git's name for them, large ones by their content's SHA-256.
  const oid = large
    ? sha("sha256", content)
    : sha("sha1", Buffer.concat([Buffer.from(`blob ${content.length}\0`), content]));
  return { large, oid };
}

function sha(algorithm: string, content: string | Uint8Array): string {
  return createHash(algorithm).update(content).digest("hex");
}

function sendInfo(response: ServerResponse, repo: FakeRepo, commit: string): void {
  const siblings = Object.keys(repo.files).map((rfilename) => ({ rfilename }));
  const gated = repo.gatedFor ? "manual" : false;
  sendJson(response, {
    _id: "1",
    id: repo.name,
    private: false,
    gated,
    sha: commit,
    siblings,
    lastModified: "2024-01-01T00:00:00.000Z",
  });
}

function sendTree(response: ServerResponse, repo: FakeRepo, url: URL): void {
  const entries = Object.entries(repo.files).map(([path, text]) => {
    const content = Buffer.from(text);
    const { large, oid } = identify(content);
    const size = content.length;
    const pointer = { oid: sha("sha1", oid), lfs: { oid, size, pointerSize: 130 } };
    return { type: "file", path, size, ...(large ? pointer : { oid }) };
  });
  const start = Number(url.searchParams.get("cursor") ?? 0);
  const folders = start === 0 ? [{ type: "directory", path: "onnx", size: 0, oid: sha("sha1", "onnx") }] : [];
  if (start + PAGE < entries.length) {
    url.searchParams.set("cursor", String(start + PAGE));
    response.setHeader("link", `<${url.href}>; rel="next"`);
  }
  sendJson(response, [...folders, ...entries.slice(start, start + PAGE)]);
}

function sendBytes(
  request: IncomingMessage,
  response: ServerResponse,
  whole: Buffer,
  headers: Record<string, string | number>,
  faults: Faults,
): void {
  const range = faults.ignoreRange ? null : /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "");
  const start = range ? Number(range[1]) : 0;
  const end = range?.[2] ? Math.min(Number(range[2]), whole.length - 1) : whole.length - 1;
  if (range && start >= whole.length) {
    response.writeHead(416, { "content-range": `bytes */${whole.length}` }).end();
    return;
  }
  const body = Buffer.from(whole.subarray(start, end + 1));
  if (faults.corrupt > 0) {
    faults.corrupt--;
    body[0] = body[0]! ^ 1;
  }
  const span = range ? { "content-range": `bytes ${start}-${end}/${whole.length}` } : {};
  response.writeHead(range ? 206 : 200, {
    ...headers,
    ...span,
    "content-length": body.length,
    "accept-ranges": "bytes",
  });
  if (request.method === "HEAD") {
    response.end();
  } else if (faults.cuts > 0 && body.length > faults.cutAfter) {
    faults.cuts--;
    response.write(body.subarray(0, faults.cutAfter), () => response.destroy());
  } else {
    response.end(body);
  }
}

function sendJson(response: ServerResponse, value: unknown): void {
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify(value));
}

function refuse(response: ServerResponse, status: number, code: string): void {
  response.writeHead(status, code ? { "x-error-code": code } : {}).end();
}

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

async function listen(answer: Answer): Promise<Server> {
  const server = createServer(answer).listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

function originOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function stop(server: Server): Promise<void> {
  server.closeAllConnections();
  server.close();
  await once(server, "close");
}
