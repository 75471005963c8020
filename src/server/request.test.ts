/** Bodies of requests, large ones above all: what is read of them holds up the thread of all connections. */
import type { Context } from "hono";
import { expect, it } from "vitest";
import { turn } from "../generate/batching/turn.ts";
import { completionRequest } from "./messages.ts";
import { readRequest } from "./request.ts";

const read = (body: object) => {
  const bytes = new TextEncoder().encode(JSON.stringify(body));
  const req = { header: () => "application/json", arrayBuffer: async () => bytes.buffer };
  return readRequest({ req } as unknown as Context, completionRequest);
};

it("reads one large body in each turn of the event loop, in the order in which they came", async () => {
  const order: number[] = [];
  const bodies: Promise<void>[] = Array.from({ length: 5 }, (_, k) =>
    read({ model: "x", prompt: "a".repeat(100_000), seed: k }).then(({ seed }) => void order.push(seed!)),
  );
  // One that does not fit is no trouble for those behind it.
  bodies.splice(2, 0, expect(read({ prompt: 1, user: "a".repeat(100_000) })).rejects.toThrow("model"));
  let [turns, most] = [0, 0];
  while (order.length < 5) {
    const before = order.length;
    await turn();
    turns++;
    most = Math.max(most, order.length - before);
  }
  await Promise.all(bodies);
  expect([most, order]).toEqual([1, [0, 1, 2, 3, 4]]);
  expect(turns).toBeGreaterThanOrEqual(5);
});

it.each([
  ["fields", Object.fromEntries(Array.from({ length: 40_000 }, (_, k) => [`k${k}`, 1]))],
  ["objects in lists", new Array(10).fill(new Array(4_000).fill({}))],
])("refuses a body of very many parts: %s", async (_, guided_json) => {
  await expect(read({ model: "x", guided_json })).rejects.toMatchObject({
    status: 400,
    code: "limit_exceeded",
    message: expect.stringMatching(/at most 30000 lists, objects and fields\.$/),
  });
});
