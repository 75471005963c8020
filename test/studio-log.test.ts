/** What the studio keeps of a long training's log. */
import { expect, it } from "vitest";
import type { LogRow } from "../src/train/events.ts";
import { shownLog } from "../studio/state/shown-log.ts";

const row = (step: number) => ({ step, loss: 1 / step }) as LogRow;

it("stays short over a training of 100,000 steps, even, with its first and last row and every validation", () => {
  let log: readonly LogRow[] = [];
  for (let step = 5; step <= 100_000; step += 5) {
    log = shownLog([...log, row(step)]);
    if (step % 10_000 === 0) log = log.map((one) => (one.step === step ? { ...one, val_loss: 1 } : one));
  }
  expect(log.length).toBeGreaterThan(500);
  expect(log.length).toBeLessThan(2000);
  expect([log[0]!.step, log.at(-1)!.step]).toEqual([5, 100_000]);
  expect(log.filter(({ val_loss }) => val_loss !== undefined)).toHaveLength(10);
  const gaps = log.slice(1).map(({ step }, i) => step - log[i]!.step);
  expect(Math.max(...gaps)).toBeLessThan(500);
});

it("keeps a short log as it is", () => {
  const log = [5, 10, 15].map(row);
  expect(shownLog(log)).toBe(log);
});
