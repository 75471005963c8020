/** Weights that are kept along a training: how many and when, and what they say of copying. */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { copiesAlong } from "../src/evaluate/novelty/along.ts";
import { loadModel } from "../src/generate/load.ts";
import { resume, train } from "../src/train/train.ts";
import { tinyTraining } from "./training-fixture.ts";

function runFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "punchline-snapshots-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, "a");
}
const stepsIn = (folder: string) =>
  readdirSync(join(folder, "checkpoints"))
    .map((name) => Number(name.replace("step-", "")))
    .sort((a, b) => a - b);

test("are evenly along the steps, also of a training that was stopped and went on", async () => {
  const whole = runFolder();
  await train({ ...tinyTraining({ steps: 24, snapshots: 4 }), out: whole });
  expect(stepsIn(whole)).toEqual([6, 12, 18, 24]);
  const parts = runFolder();
  const stop = new AbortController();
  await train({
    ...tinyTraining({ steps: 24, snapshots: 5, logEvery: 1 }),
    out: parts,
    signal: stop.signal,
    onEvent: (event) => event.type === "log" && event.row.step === 11 && stop.abort(),
  });
  expect(stepsIn(parts)).toEqual([5, 10]);
  await resume(parts);
  expect(stepsIn(parts)).toEqual([5, 10, 15, 20, 24]);
  const none = runFolder();
  await train({ ...tinyTraining({ steps: 3 }), out: none });
  expect(readdirSync(none)).not.toContain("checkpoints");
});

test("are as many under a limit of time, the last at the end", async () => {
  const folder = runFolder();
  const { steps: _, ...training } = tinyTraining().options!;
  const { summary } = await train({
    ...tinyTraining(),
    options: { ...training, maxMinutes: 0.05, snapshots: 3 },
    out: folder,
  });
  const steps = stepsIn(folder);
  expect(steps).toHaveLength(3);
  expect(steps.at(-1)).toBe(summary.steps);
});

test("say how copying came: of texts that are those learned from all, of others none", async () => {
  const texts = Array.from({ length: 40 }, (_, i) => `the ${i * 7919} hens of number ${i * 104729} cross`);
  const folder = runFolder();
  const { data } = tinyTraining();
  await train({ ...tinyTraining({ steps: 4, snapshots: 2 }), out: folder });
  expect((await loadModel(join(folder, "checkpoints/step-2"))).tokenizer.size).toBe(data.tokenizer.size);
  const prepared = {
    ...data,
    kind: "items" as const,
    splits: { train: texts.slice(0, 30), validation: texts.slice(30, 35), test: texts.slice(35) },
  };
  const seen: number[] = [];
  const found = await copiesAlong([2, 4], {
    data: prepared,
    write: async (step) => [
      ...texts.slice(0, step),
      ...["quite another sentence without any likeness", "...", "and one more that nobody wrote before"],
    ],
    onProgress: ({ checkpoints }) => seen.push(checkpoints.length),
  });
  // What has no word is left out.
  expect(found.checkpoints).toMatchObject([
    { step: 2, copies: 2, n: 4, rate: 2 / 4 },
    { step: 4, copies: 4, n: 6, rate: 4 / 6 },
  ]);
  expect(found.baseline).toMatchObject({ n: 10 });
  expect(seen).toEqual([1, 2]);
});
