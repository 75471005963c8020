import { expect, test } from "vitest";
import { DemoClock } from "./clock.ts";
import type { DemoChapter } from "./context.ts";
import { usualPlan } from "./plan.ts";
import type { ChapterName } from "./state.ts";

const chapter = (name: ChapterName, seconds: number, uses: readonly ChapterName[] = []): DemoChapter => ({
  name,
  title: name,
  question: `${name}?`,
  uses,
  runs: [],
  seconds: () => seconds,
  run: () => Promise.reject(new Error("is not run here")),
});
const all = [
  chapter("characters", 100),
  chapter("gpt", 50),
  chapter("novelty", 20, ["characters", "gpt"]),
  chapter("compare", 10, ["characters", "gpt"]),
];

test("counts the chapters that are to come, and what passes of the present one", () => {
  const clock = new DemoClock(all, all, usualPlan(), () => false);
  expect(clock.secondsLeft()).toBeCloseTo(180, 0);
  clock.begin(2);
  expect(clock.secondsLeft()).toBeCloseTo(30, 0);
});

test("a chapter alone takes the time for the models that it needs, once", () => {
  const some = (names: readonly ChapterName[], done: readonly ChapterName[]) =>
    new DemoClock(
      all.filter(({ name }) => names.includes(name)),
      all,
      usualPlan(),
      (name) => done.includes(name),
    ).secondsLeft();
  expect(some(["novelty"], [])).toBeCloseTo(170, 0);
  expect(some(["novelty", "compare"], ["gpt"])).toBeCloseTo(130, 0);
  expect(some(["compare"], ["characters", "gpt"])).toBeCloseTo(10, 0);
});
