/** The Hub's client against servers that answer wrongly, endlessly or not at all. */
import { once } from "node:events";
import { readdir } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { InputError } from "../src/core/errors.ts";
import { pullModel } from "../src/hub/pull.ts";
import { pullDataset } from "../src/hub/pull-dataset.ts";
import { temporaryFolder } from "./cli.ts";

type Answer = (request: IncomingMessage, response: ServerResponse) => void;
const commit = "0123456789abcdef0123456789abcdef01234567";
const info = { id: "gpt2", sha: commit, siblings: [{ rfilename: "config.json" }] };
const json =
  (value: unknown): Answer =>
  (_, response) =>
    void response.end(JSON.stringify(value));
const html: Answer = (_, response) =>
  void response.setHeader("content-type", "text/html").end("<!doctype html><title>Sign in</title>");

/** What comes of a pull from a hub that answers so. */
async function pulled(
  answer: Answer,
  more: object = {},
  pull: typeof pullModel | typeof pullDataset = pullModel,
) {
  const server = createServer(answer).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const cacheDir = join(temporaryFolder(), "cache");
  const settings = { endpoint, cacheDir, token: undefined, offline: false, retryDelayMs: 1, ...more };
  const error = await pull("owner/name", { settings }).catch((thrown: unknown) => thrown);
  const kept = await readdir(cacheDir, { recursive: true }).catch(() => []);
  // A file that was cut is kept for the next try, under a name of its own.
  expect(kept.filter((name) => /snapshots|refs|blobs\/[^.]*$/.test(name))).toEqual([]);
  return error as InputError;
}

/** The info, and then `tree` for the listing. */
const listing =
  (tree: Answer): Answer =>
  (request, response) =>
    (request.url!.includes("/tree/") ? tree : json(info))(request, response);

test.each<[string, Answer, RegExp]>([
  ["null", json(null), /holds a wrong value/],
  ["a list", json([]), /holds a wrong value/],
  ["a text", json("hello"), /holds a wrong value/],
  ["nothing", (_, response) => void response.end(), /holds no JSON but ""/],
  ["half a JSON", (_, response) => void response.end('{"sha": "01'), /holds no JSON but "\{"sha": "01"/],
  ["a login page", html, /sends a web page: a login page of the network/],
  ["a number for the commit", json({ ...info, sha: 7 }), /holds a wrong sha/],
  ["a path for the commit", json({ ...info, sha: "../../etc" }), /holds a wrong sha/],
  ["control characters for the commit", json({ ...info, sha: "\u001b[2J" }), /holds a wrong sha/],
  ["files that are no list", json({ ...info, siblings: 3 }), /holds a wrong siblings/],
  ["files without names", json({ ...info, siblings: [{}] }), /holds a wrong siblings\.0\.rfilename/],
  ["a listing of null", listing(json(null)), /holds a wrong value/],
  ["a listing that is an object", listing(json({ error: "x" })), /holds a wrong value/],
  ["a listing of nulls", listing(json([null])), /holds a wrong 0/],
  ["a negative size", listing(json([{ type: "file", path: "a", size: -1 }])), /holds a wrong 0\.size/],
  ["a size that is a text", listing(json([{ type: "file", path: "a", size: "9" }])), /holds a wrong 0\.size/],
  ["a login page for the listing", listing(html), /sends a web page/],
  [
    "a file name with control characters",
    listing(json([{ type: "file", path: "a\u001b]0;evil\u0007b", size: 1, oid: commit }])),
    /the file name "a\\x1b]0;evil\\x07b"/,
  ],
])("%s is no answer", async (_, answer, message) => {
  for (const pull of [pullModel, pullDataset]) {
    const error = await pulled(answer, {}, pull);
    expect(error).toMatchObject({ name: "InputError", code: "hub-answer" });
    expect(error.message).toMatch(message);
    expect(error.message).not.toMatch(/\p{Cc}/u);
  }
});

test("pages without end are given up", async () => {
  let page = 0;
  const link = (response: ServerResponse, to: string) => response.setHeader("link", `<${to}>; rel="next"`);
  const file = (k: number) => ({ type: "file", path: `f${k}`, size: 1, oid: commit });
  const again = await pulled(
    listing((request, response) => {
      link(response, request.url!);
      json([file(1)])(request, response);
    }),
  );
  expect(again.message).toMatch(/holds pages without end/);
  const empty = await pulled(
    listing((request, response) => {
      link(response, `/api/models/owner/name/tree/${commit}?cursor=${page++}`);
      json([])(request, response);
    }),
  );
  expect(empty.message).toMatch(/holds pages without end/);
  const large = await pulled(
    listing((request, response) => {
      link(response, `/api/models/owner/name/tree/${commit}?cursor=${page++}`);
      json(Array.from({ length: 20_000 }, (_, k) => file(k)))(request, response);
    }),
  );
  expect(large.message).toMatch(/holds more than 200000 files/);
  const elsewhere = await pulled(
    listing((request, response) => {
      link(response, "http://127.0.0.2:9/secret");
      json([file(1)])(request, response);
    }),
  );
  expect(elsewhere.message).toMatch(/holds a page at another server/);
});

test("a body without end is given up, and memory stays", async () => {
  const before = process.memoryUsage().rss;
  const error = await pulled((_, response) => {
    const chunk = Buffer.alloc(1 << 20, " ");
    const more = () => {
      while (!response.destroyed && response.write(chunk)) {}
    };
    response.on("drain", more);
    more();
  });
  expect(error).toMatchObject({ code: "answer-too-long", message: expect.stringMatching(/more than 34 MB/) });
  expect(process.memoryUsage().rss - before).toBeLessThan(400e6);
});

test("a server that says nothing, or falls silent, is given up", async () => {
  const silent = await pulled(() => {}, { idleMs: 50 });
  expect(silent).toMatchObject({
    code: "hub-unreachable",
    message: expect.stringMatching(/nothing came for 0\.05 s/),
  });
  const stuck = await pulled((_, response) => void response.write('{"sha":'), { idleMs: 50 });
  expect(stuck).toMatchObject({
    code: "hub-unreachable",
    message: expect.stringMatching(/broke off its answer/),
  });
});

test("an answer that comes drop by drop is given up", async () => {
  const drip = await pulled(
    (_, response) => {
      response.write("{");
      const drops = setInterval(() => response.write(" "), 20);
      response.on("close", () => clearInterval(drops));
    },
    { idleMs: 200 },
  );
  expect(drip).toMatchObject({
    code: "hub-unreachable",
    message: expect.stringMatching(/broke off its answer .*did not end within 0\.8 s/),
  });
});

test("a file that falls silent is given up after its tries", async () => {
  const file = (path: string) => ({ type: "file", path, size: 100, oid: commit });
  const error = await pulled(
    (request, response) => {
      if (request.url!.includes("/resolve/")) response.writeHead(200).write("{");
      else listing(json(["config.json", "model.safetensors"].map(file)))(request, response);
    },
    { idleMs: 30 },
  );
  expect(error).toMatchObject({
    code: "hub-cut",
    message: expect.stringMatching(/was cut at \d of 100 bytes/),
  });
});
