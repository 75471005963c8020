/** The studio's local API: a real client, the engine in its own process, hostile requests, and kills in mid-training. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { request as httpRequest } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { connectHttp } from "../src/browser/worker/connect-http.ts";
import { openLocal } from "../src/generate/open.ts";
import type { BackendChoice } from "../src/runtime/backend.ts";
import type { NativeCalls } from "../src/server/studio/calls.ts";
import { type StudioServer, serveStudio } from "../src/server/studio.ts";
import type { TrainEvent } from "../src/train/events.ts";
import { listRuns } from "../src/train/list-runs.ts";
import { resume, train } from "../src/train/train.ts";
import { root } from "./cli.ts";
import { engineProgram } from "./studio-page.ts";

const MINUTES = 240_000;

const texts = Array.from(
  { length: 80 },
  (_, i) => `${"abcdefgh"[i % 8]}${"aeiou"[i % 5]}${i * 7919} and so on`,
);
const request = {
  texts,
  model: "char-gru",
  modelOptions: { width: 24 },
  train: { steps: 40, batchSize: 4, seqLen: 16, validateEvery: 10, logEvery: 1, sampleEvery: 0 },
} as const;
const endless = { ...request, train: { ...request.train, steps: 1_000_000, checkpointSeconds: 0.2 } };

let folder = "";
let runs = "";
const servers: StudioServer[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "punchline-api-"));
  await writeFile(join(folder, "index.html"), "<!doctype html><head></head><title>x</title>");
  runs = join(folder, "runs");
});
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function started(backend: BackendChoice = {}) {
  const server = await serveStudio({ port: 0, folder, runs, backend, program: engineProgram });
  servers.push(server);
  const page = await (await fetch(server.url)).text();
  const token = /<meta name="punchline-api" content="([^"]+)">/.exec(page)![1]!;
  return { server, token, client: clientOf(server.url, token) };
}
const clientOf = (url: string, token: string) => connectHttp<NativeCalls>(new URL("api/", url), token);

const rejected = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: Error & { code?: string }) => ({ name: error.name, code: error.code, message: error.message }),
  );

describe("the engine of this machine", () => {
  it(
    "trains as the library does, into a run that the command line opens and goes on with",
    async () => {
      const { client } = await started();
      const events: string[] = [];
      const summary = await client.call(
        "train",
        { ...request, run: "a" },
        { onEvent: ({ type }) => events.push(type) },
      );
      expect(summary).toMatchObject({ steps: 40, stopped: "steps" });
      const [first, second] = events.filter((type) => type !== "preparing");
      expect([first, second]).toEqual(["guesses", "checkpoint"]);
      expect(events.at(-1)).toBe("end");
      const { texts: data, train: options, ...model } = request;
      const { log } = await train({ ...model, data, options });
      const { log: heard, record } = await client.call("history", { run: "a" });
      expect(heard.map(({ loss, val_loss }) => [loss, val_loss])).toEqual(
        log.map(({ loss, val_loss }) => [loss, val_loss]),
      );
      expect(record.platform).toMatch(/Node/);
      const [written] = await client.call("sample", { run: "a", temperature: 0, maxLength: 20 });
      const lm = await openLocal(join(runs, "a"));
      expect(written!.text).toBe((await lm.sample({ temperature: 0, maxLength: 20 }))[0]!.text);
      const files = await client.call("exportRun", { run: "a" });
      const weights = files.find(({ name }) => name === "model.safetensors")!.bytes;
      expect(Buffer.from(weights).equals(await readFile(join(runs, "a/model.safetensors")))).toBe(true);
      await client.call("importRun", { run: "b", files });
      expect((await client.call("runs", undefined)).map(({ name }) => name).sort()).toEqual(["a", "b"]);
      await client.call("resume", { run: "b", train: { steps: 45 } });
      expect((await resume(join(runs, "a"), { options: { steps: 45 } })).summary.steps).toBe(45);
      const bytesOf = (run: string) => readFile(join(runs, run, "model.safetensors"));
      expect((await bytesOf("b")).equals(await bytesOf("a"))).toBe(true);
      // What another program trained is read again.
      const [again] = await client.call("sample", { run: "a", temperature: 0, maxLength: 20 });
      const now = await (await openLocal(join(runs, "a"))).sample({ temperature: 0, maxLength: 20 });
      expect(again!.text).toBe(now[0]!.text);
      await client.call("remove", { run: "b" });

      const branched = await client.call("branch", {
        run: "branch",
        from: { run: "a" },
        train: { steps: 3, learningRate: 1e-4 },
      });
      expect(branched).toMatchObject({ steps: 3, stopped: "steps" });
      const branch = await client.call("history", { run: "branch" });
      expect(branch.record).toMatchObject({
        base: join(runs, "a"),
        train: { steps: 3, learningRate: 1e-4, batchSize: 4, seqLen: 16 },
      });
      // It goes on where the other ended: far below the first loss of that.
      const ended = heard.at(-1)!.val_loss!;
      expect(Math.abs(branch.log.at(-1)!.val_loss! - ended)).toBeLessThan((heard[0]!.loss - ended) / 4);
      await client.call("remove", { run: "branch" });
      expect(await readdir(runs)).toEqual(["a"]);
    },
    MINUTES,
  );

  it("chooses its device where it is to", { timeout: MINUTES }, async () => {
    const { client } = await started({ device: "auto" });
    const events: TrainEvent[] = [];
    const onEvent = (event: unknown) => void events.push(event as TrainEvent);
    await client.call("train", { ...request, run: "chosen" }, { onEvent });
    const chosen = events.find((event) => event.type === "device")!;
    expect(chosen.measured.map(({ device }) => device)).toEqual(["cpu", "webgpu"]);
    const { record } = await client.call("history", { run: "chosen" });
    expect(record.device).toBe(chosen.device);
  });

  it(
    "goes on without its page, is found by another, trains one at a time, and answers meanwhile",
    async () => {
      const { client, server, token } = await started();
      const first = client.call("train", { ...endless, run: "long" });
      first.catch(() => {});
      const other = clientOf(server.url, token);
      let ongoing: Awaited<ReturnType<typeof other.ongoing>>;
      await expect.poll(async () => (ongoing = await other.ongoing()), { timeout: MINUTES }).toBeDefined();
      expect(ongoing).toMatchObject({ run: "long" });
      client.close();
      await expect(first).rejects.toThrow();

      const steps: number[] = [];
      const stop = new AbortController();
      const followed = other.follow<"train">(ongoing!, {
        signal: stop.signal,
        onEvent(event) {
          if (event.type === "log") steps.push(event.row.step);
        },
      });
      await expect.poll(() => steps.length, { timeout: MINUTES }).toBeGreaterThan(20);
      expect(steps[0]).toBe(1);
      expect(await rejected(other.call("train", { ...request, run: "second" }))).toMatchObject({
        code: "training",
        message: expect.stringContaining("long is being trained"),
      });
      // A text is written between the steps.
      expect(await other.call("sample", { run: "long", maxLength: 5 })).toHaveLength(1);
      const { state } = (await listRuns(runs)).find(({ run }) => run.endsWith("long"))!;
      expect(state).toBe("in use");
      stop.abort();
      expect(await followed).toMatchObject({ stopped: "interrupt" });
      expect(steps).toEqual(steps.map((_, i) => i + 1));
      expect(await other.ongoing()).toBeUndefined();
    },
    MINUTES,
  );

  it(
    "ends with its server, a training with a checkpoint, and closes without one that is under way",
    async () => {
      const { client, server } = await started();
      const rows: number[] = [];
      const training = client.call(
        "train",
        {
          ...endless,
          run: "closed",
          train: { ...endless.train, checkpointSeconds: 1000, validateEvery: 1e6 },
        },
        { onEvent: (event) => event.type === "log" && rows.push(event.row.step) },
      );
      training.catch(() => {});
      await expect.poll(() => rows.length, { timeout: MINUTES }).toBeGreaterThan(5);
      await server.close();
      servers.length = 0;
      await rejected(training);
      const state = JSON.parse(await readFile(join(runs, "closed/state.json"), "utf8"));
      expect(state.step).toBeGreaterThanOrEqual(rows.at(-1)! - 1);
    },
    MINUTES,
  );

  it(
    "leaves a whole run where the server is killed, and no process",
    async () => {
      const child: ChildProcess = spawn(
        process.execPath,
        [...engineProgram.execArgv, join(root, "test/fixtures/studio-server.ts"), folder, runs],
        { stdio: ["ignore", "pipe", "inherit"] },
      );
      const [line] = (await once(child.stdout!.setEncoding("utf8"), "data")) as [string];
      const url = line.trim();
      const token = /content="([^"]+)"/.exec(await (await fetch(url)).text())![1]!;
      const rows: number[] = [];
      const training = clientOf(url, token).call(
        "train",
        { ...endless, run: "killed" },
        { onEvent: (event) => event.type === "log" && rows.push(event.row.step) },
      );
      const failed = rejected(training);
      await expect.poll(() => rows.length, { timeout: MINUTES }).toBeGreaterThan(10);
      const lock = JSON.parse(await readFile(join(runs, "killed/.punchline.lock"), "utf8")) as {
        pid: number;
      };
      child.kill("SIGKILL");
      expect(await failed).toMatchObject({ code: "not-reached" });
      const alive = () => {
        try {
          return process.kill(lock.pid, 0);
        } catch {
          return false;
        }
      };
      await expect.poll(alive).toBe(false);
      const { summary } = await resume(join(runs, "killed"), { options: { steps: rows.at(-1)! + 5 } });
      expect(summary.steps).toBeGreaterThanOrEqual(rows.at(-1)!);
    },
    MINUTES,
  );

  it(
    "starts its process again after that has died, and says so to who waited",
    async () => {
      const { client } = await started();
      const rows: number[] = [];
      const waiting = rejected(
        client.call(
          "train",
          { ...endless, run: "dead" },
          { onEvent: ({ type }) => type === "log" && rows.push(1) },
        ),
      );
      await expect.poll(() => rows.length, { timeout: MINUTES }).toBeGreaterThan(3);
      const lock = JSON.parse(await readFile(join(runs, "dead/.punchline.lock"), "utf8")) as { pid: number };
      process.kill(lock.pid, "SIGKILL");
      expect(await waiting).toMatchObject({ code: "engine-ended" });
      expect(await client.call("sample", { run: "dead", maxLength: 3 })).toHaveLength(1);
      expect(await client.ongoing()).toBeUndefined();
    },
    MINUTES,
  );
});

describe("hostile requests", () => {
  it(
    "of other pages, other names, without the token, or of another form are refused",
    async () => {
      const { server, token } = await started();
      const url = `${server.url}api/`;
      const own = { authorization: `Bearer ${token}`, "content-type": "application/json" };
      const call = { method: "POST", body: JSON.stringify({ name: "runs", request: "null" }) };
      /** By hand, since fetch sets some headers itself. */
      const statusOf = (path: string, headers: Record<string, string>, method = "GET", body = "") =>
        new Promise<number>((resolve, reject) => {
          const sent = httpRequest(url + path, { method, headers }, (answer) => {
            answer.resume();
            resolve(answer.statusCode!);
          });
          sent.on("error", reject);
          sent.end(body);
        });
      expect(await statusOf("about", own)).toBe(200);
      const { port } = server;
      for (const [headers, status] of [
        [{ ...own, authorization: "Bearer wrong" }, 401],
        [{ "content-type": "application/json" }, 401],
        [{ ...own, origin: "https://evil.example" }, 403],
        [{ ...own, origin: "null" }, 403],
        [{ ...own, origin: `http://127.0.0.1:${port + 1}` }, 403],
        [{ ...own, origin: `http://localhost:${port}` }, 403],
        [{ ...own, "sec-fetch-site": "cross-site" }, 403],
        [{ ...own, "sec-fetch-site": "same-site" }, 403],
        [{ ...own, host: "evil.example" }, 403],
        [{ ...own, host: `127.0.0.1.evil.example:${port}` }, 403],
      ] as const)
        for (const [path, method, body] of [
          ["about", "GET", ""],
          ["calls", "GET", ""],
          ["calls/a0", "POST", call.body],
          ["calls/a0", "DELETE", ""],
        ] as const)
          expect(await statusOf(path, headers, method, body), JSON.stringify(headers)).toBe(status);
      // The page itself, with its token, goes to nobody else either.
      for (const headers of [{ host: "evil.example" }, { origin: "https://evil.example" }])
        expect(await statusOf("../", headers as Record<string, string>)).toBe(403);
      expect(await statusOf("calls/a0", { ...own, "content-type": "text/plain" }, "POST", call.body)).toBe(
        415,
      );
      for (const body of ["{", "1", "null", "[]", '{"name":"runs"}', '{"name":"runs","request":{}}'])
        expect(await statusOf("calls/a0", own, "POST", body), body).toBe(400);
      expect(await statusOf("calls/a0", own, "POST", '{"name":"constructor","request":"1"}')).toBe(400);
      expect(await statusOf("calls/a0", own, "POST", '{"name":"prepare","request":"1"}')).toBe(400);
      expect(await statusOf("calls/..%2fx", own, "POST", call.body)).toBe(400);
      expect(await statusOf("calls/a0?from=-1", own)).toBe(400);
      expect(await statusOf("calls/a0", own)).toBe(404);
      expect(await statusOf("nothing", own)).toBe(404);
      const large = await fetch(`${url}calls/a1`, {
        method: "POST",
        headers: { ...own, "content-length": String(300 * 2 ** 20) },
        body: "x".repeat(10),
      }).catch((error: Error) => error);
      if (large instanceof Response) expect(large.status).toBe(413);
      const preflight = await fetch(`${url}calls/a0`, {
        method: "OPTIONS",
        headers: { origin: `http://localhost:${port}`, "access-control-request-method": "POST" },
      });
      expect(preflight.headers.get("access-control-allow-origin")).toBeNull();
    },
    MINUTES,
  );

  it(
    "reach no file beyond the runs, and nonsense ends no engine",
    async () => {
      const { client, server, token } = await started();
      const outside = join(folder, "outside");
      await mkdir(outside, { recursive: true });
      await writeFile(join(outside, "run.json"), "{}");
      await writeFile(join(outside, "config.json"), "{}");
      await mkdir(runs, { recursive: true });
      const names = [
        "../outside",
        "..",
        ".",
        "",
        "a/b",
        "a\\b",
        "/etc",
        "a:b",
        ".hidden",
        "a\0b",
        7,
        null,
        {},
        ["a"],
      ];
      for (const run of names as string[]) {
        const files = [{ name: "config.json", bytes: new Uint8Array(2) }];
        for (const work of [
          () => client.call("history", { run }),
          () => client.call("remove", { run }),
          () => client.call("exportRun", { run }),
          () => client.call("sample", { run }),
          () => client.call("resume", { run }),
          () => client.call("train", { ...request, run }),
        ])
          expect(await rejected(work()), JSON.stringify(run)).toMatchObject({ code: "run-name" });
        expect(await rejected(client.call("importRun", { run, files })), JSON.stringify(run)).toBeDefined();
      }
      for (const name of ["../outside/x", "/tmp/x", "a/../../outside/x", "a\\..\\x"]) {
        const files = ["config.json", name].map((one) => ({ name: one, bytes: new Uint8Array(2) }));
        expect(await rejected(client.call("importRun", { run: "import", files }))).toMatchObject({
          code: "file-name",
        });
      }
      expect((await readdir(outside)).sort()).toEqual(["config.json", "run.json"]);
      expect(await readdir(runs)).not.toContain("import");
      for (const step of ["../../../outside", -1, 0.5] as number[])
        expect(
          await rejected(client.call("branch", { run: "branch", from: { run: "a", step } })),
        ).toMatchObject({ name: "UsageError" });
      for (const nonsense of [null, 1, "x", [], { run: "none" }, { run: "none", n: -1 }] as const)
        expect(await rejected(client.call("novelty", nonsense as never))).toBeDefined();
      const sent = await fetch(`${server.url}api/calls/b0`, {
        method: "POST",
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
        body: JSON.stringify({ name: "runs", request: '{"$punchline":"Uint8Array","value":"*"}' }),
      });
      expect(await sent.text()).toContain("SyntaxError");
      await symlink(outside, join(runs, "linked"));
      expect((await client.call("runs", undefined)).find(({ name }) => name === "linked")).toMatchObject({
        problem: expect.any(String),
      });
    },
    MINUTES,
  );
});
