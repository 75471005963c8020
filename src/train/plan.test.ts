import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Clock, isEarly } from "./plan.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["performance"] }));
afterEach(() => void vi.useRealTimers());

const pass = (seconds: number) => vi.advanceTimersByTime(1000 * seconds);

/** A second before, ten aside, of which six in a part within, and two after. */
async function trained(clock: Clock): Promise<number> {
  pass(1);
  await clock.aside(async () => {
    pass(4);
    await clock.aside(async () => pass(6));
  });
  pass(2);
  return clock.seconds;
}

describe("the clock", () => {
  it("goes on from earlier sessions and counts everything", async () => {
    expect(await trained(new Clock(100, false))).toBeCloseTo(113);
  });

  it("pauses between steps where steps alone count", async () => {
    expect(await trained(new Clock(100, true))).toBeCloseTo(103);
  });

  it("goes again where what was aside has failed", async () => {
    const clock = new Clock(0, true);
    const failing = clock.aside(async () => {
      pass(5);
      throw new Error("no");
    });
    await expect(failing).rejects.toThrow("no");
    pass(1);
    expect(clock.seconds).toBeCloseTo(1);
  });
});

it("finds the steps after which a timed training writes in its beginning, also among several at once", () => {
  const early = Array.from({ length: 500 }, (_, i) => i + 1).filter((step) => isEarly(step, 1));
  expect(early).toEqual([25, 50, 100, 200, 400]);
  expect([isEarly(24, 8), isEarly(32, 8), isEarly(40, 8), isEarly(56, 8)]).toEqual([
    false,
    true,
    false,
    true,
  ]);
  expect(isEarly(0, 0)).toBe(false);
});
