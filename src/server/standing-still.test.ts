/** A server process that stood still for longer than its timers: suspended, starved, or busy with a model of its own thread. */
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { afterAll, beforeAll, expect, it } from "vitest";
import { babble, tinyTraining } from "../../test/training-fixture.ts";
import { openLocal } from "../generate/open.ts";
import { train } from "../train/train.ts";
import { eventStream } from "./event-stream.ts";
import { serve } from "./serve.ts";

let folder: string;

beforeAll(async () => {
  folder = join(mkdtempSync(join(tmpdir(), "punchline-still-")), "hens");
  await train({ ...tinyTraining({ steps: 2 }, babble(1500)), out: folder });
});
afterAll(() => rmSync(join(folder, ".."), { recursive: true, force: true }));

/** Stops this thread. @returns once `until` is set, and `ms` milliseconds after */
function standStill(ms: number, until = new Int32Array(new SharedArrayBuffer(4)).fill(1)): void {
  Atomics.wait(until, 0, 0);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/** In a thread of its own: asks once, then again as soon as the server stands still, and says what came back. */
const client = `
const { connect } = require("node:net");
const { parentPort, workerData } = require("node:worker_threads");
const { port, still, sent } = workerData;
const socket = connect(port, "127.0.0.1");
const ask = (then) => socket.write("GET /health HTTP/1.1\\r\\nHost: localhost\\r\\n\\r\\n", then);
ask();
socket.once("data", () => {
  socket.once("data", (data) => parentPort.postMessage(String(data).split("\\r\\n")[0]));
  parentPort.postMessage("answered");
  Atomics.wait(still, 0, 0);
  ask(() => {
    Atomics.store(sent, 0, 1);
    Atomics.notify(sent, 0);
  });
});
socket.on("error", () => {});
socket.on("close", () => parentPort.postMessage("closed"));
`;

it("answers a request that came on a kept connection while its time ran out", async () => {
  const server = await serve(await openLocal(folder), { port: 0, limits: { idleMs: 1_000 } });
  const still = new Int32Array(new SharedArrayBuffer(4));
  const sent = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(client, { eval: true, workerData: { port: server.port, still, sent } });
  try {
    expect(await once(worker, "message")).toEqual(["answered"]);
    Atomics.store(still, 0, 1);
    Atomics.notify(still, 0);
    standStill(2_500, sent);
    expect(await once(worker, "message")).toEqual(["HTTP/1.1 200 OK"]);
    // With nothing more to answer, the connection is closed all the same.
    expect(await once(worker, "message")).toEqual(["closed"]);
  } finally {
    await worker.terminate();
    await server.close();
  }
});

it("goes on with a stream that was read while its time ran out", async () => {
  let lost = false;
  const response = await eventStream({
    work: async (send) => {
      await send("x".repeat(1 << 17));
      await send("the end");
    },
    signal: new AbortController().signal,
    report: () => {},
    stallMs: 100,
    outgoing: {
      socket: null,
      setTimeout: () => undefined as never,
      destroy: () => {
        lost = true;
        return undefined as never;
      },
    },
  });
  const reader = response.body!.getReader();
  const first = await new Promise<Promise<unknown>>((resolve) =>
    setImmediate(() => {
      // Due after the timers that stand still makes late, as a read that the loop has not polled yet.
      setImmediate(() => resolve(reader.read()));
      standStill(500);
    }),
  );
  await first;
  expect(new TextDecoder().decode((await reader.read()).value)).toBe("data: the end\n\n");
  expect(lost).toBe(false);
});
