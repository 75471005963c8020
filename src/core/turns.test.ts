import { expect, it } from "vitest";
import { inTurns } from "./turns.ts";

it("a long computation lets a timer abort it", async () => {
  const stop = new AbortController();
  setTimeout(() => stop.abort(new Error("stopped")), 1);
  // It ends only if it yields to the event loop.
  const endless = (function* () {
    for (;;) yield;
  })();
  await expect(inTurns(endless, stop.signal)).rejects.toThrow("stopped");
});

it("gives the result of the computation", async () => {
  const steps = (function* () {
    yield;
    return 7;
  })();
  expect(await inTurns(steps)).toBe(7);
});
