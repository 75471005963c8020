/** Bodies of requests, large ones above all: what is read of them holds up the thread of all connections. */
import type { Context } from "hono";
import { expect, it } from "vitest";
import type { z } from "zod";
import { turn } from "../generate/batching/turn.ts";
import { chatRequest, completionRequest } from "./messages.ts";
import { readRequest } from "./request.ts";

const read = (body: object, schema: z.ZodType = completionRequest) => {
  const bytes = new TextEncoder().encode(JSON.stringify(body));
  const req = { header: () => "application/json", arrayBuffer: async () => bytes.buffer };
  return readRequest({ req } as unknown as Context, schema);
};

it("reads one large body in each turn of the event loop, in the order in which they came", async () => {
  const order: number[] = [];
  const bodies: Promise<void>[] = Array.from({ length: 5 }, (_, k) =>
    read({ model: "x", prompt: "a".repeat(100_000), seed: k }).then(() => void order.push(k)),
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

it.each([
  [{ n: 0 }, "n: must be at least 1."],
  [{ n: 1.5 }, "n: must be a whole number."],
  [{ n: "1" }, "n: must be a number."],
  [{ top_p: 0 }, "top_p: must be above 0."],
  [{ temperature: 3 }, "temperature: must be at most 2."],
  [{ seed: 1e300 }, "seed: must be at most 9007199254740991."],
  [{ stream: 1 }, "stream: must be true or false."],
  [{ logprobs: true }, "logprobs: must be a number."],
  [{ stop: [["a"]] }, "stop.0: must be a text."],
  [{ stop: "a".repeat(2_000) }, "stop: must have at most 1024 characters."],
  [{ model: 5 }, "model: must be a text."],
  [{ stream_options: [1] }, "stream_options: must be an object."],
  [{ best_of: 2 }, "best_of: is not supported here; leave it out or send 1."],
  [{ response_format: "json_object" }, "response_format: must be an object."],
  [{ response_format: { type: "xml" } }, "response_format.type: is none of those that are supported here."],
  [{ logit_bias: { "007": 1 } }, "logit_bias.007: must be the id of a token."],
  [{ logit_bias: { "99999999999999999999": 1 } }, /must be the id of a token/],
])("says what a field must be in a sentence: %j", async (more, message) => {
  await expect(read({ model: "x", ...more })).rejects.toMatchObject({
    status: 400,
    message: typeof message === "string" ? message : expect.stringMatching(message),
  });
});

it("names the roles that there are", async () => {
  const messages = [{ role: "pirate", content: "a" }];
  await expect(read({ model: "x", messages }, chatRequest)).rejects.toThrow(
    'messages.0.role: must be "system", "developer", "user" or "assistant".',
  );
});
