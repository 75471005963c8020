/** What an answer of events leaves behind. */
import { getEventListeners } from "node:events";
import { expect, it } from "vitest";
import { eventStream } from "./event-stream.ts";

const outgoing = { destroy() {}, setTimeout() {}, socket: null } as never;

it.each([
  ["that ends", async (send: (text: string) => Promise<void>) => send("one")],
  ["that fails before its first event", () => Promise.reject(new Error("no"))],
])("an answer %s does not listen to the request any more, which Node would keep", async (_, work) => {
  const { signal } = new AbortController();
  const options = { work, signal, report() {}, stallMs: 1000, outgoing };
  await eventStream(options).then(
    (response) => response.text(),
    () => undefined,
  );
  await new Promise(setImmediate);
  expect(getEventListeners(signal, "abort")).toHaveLength(0);
});
