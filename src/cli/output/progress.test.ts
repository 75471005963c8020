/** What the progress reporter writes, with a clock and a stream of the test's own. */
import { expect, test } from "vitest";
import { createProgress } from "./progress.ts";
import { terminal } from "./terminal.ts";

function watch({ isTTY, columns = 80 }: { isTTY: boolean; columns?: number }) {
  let written = "";
  let time = 0;
  const stream = { write: (text: string) => (written += text), isTTY, columns };
  const progress = createProgress(terminal(stream, { NO_COLOR: "1" }), () => time);
  return {
    progress,
    wait: (seconds: number) => {
      time += seconds * 1000;
    },
    take: () => {
      const text = written;
      written = "";
      return text;
    },
  };
}

test("a terminal gets one line, redrawn at most ten times a second", () => {
  const { progress, wait, take } = watch({ isTTY: true });
  const task = progress.start("training", { total: 1000 });
  for (let i = 0; i < 1000; i++) {
    wait(0.01);
    task.update({ done: i });
  }
  const draws = take();
  expect(draws).not.toContain("\n");
  expect(draws.split("\r").length - 1).toBeLessThanOrEqual(101);
  expect(draws.split("\r").length - 1).toBeGreaterThanOrEqual(90);
});

test("speed and time left follow from the steps and the clock", () => {
  const { progress, wait, take } = watch({ isTTY: true, columns: 90 });
  const task = progress.start("training", { total: 1000, tokens: "characters" });
  wait(10);
  task.update({ done: 200, loss: 1.23456, valLoss: 2, tokensPerSecond: 38_100 });
  // 200 steps in 10 s are 20 steps/s; the other 800 take 40 s.
  expect(take()).toBe(
    "\rtraining · 200/1,000 steps · loss 1.235 · val 2.000 · 38.1k characters/s · 40s left\x1b[K",
  );
});

test("a share is shown once, without a speed, and an ended line has no speed of its last moment", () => {
  const { progress, wait, take } = watch({ isTTY: false });
  const scoring = progress.start("scoring", { unit: "%" });
  wait(10);
  scoring.update({ done: 40, total: 100, secondsLeft: 15 });
  expect(take()).toBe("scoring: 40 %, 15s left\n");
  const training = progress.start("training", { total: 10 });
  wait(10);
  training.update({ done: 10, loss: 2, tokensPerSecond: 1000 });
  take();
  training.end();
  expect(take()).toBe("training: 10/10 steps, loss 2.000, in 10s\n");
});

test("a resumed run's speed is counted from where it resumed", () => {
  const { progress, wait, take } = watch({ isTTY: false });
  const task = progress.start("training", { total: 2000, from: 1000 });
  wait(10);
  task.update({ done: 1100 });
  expect(take()).toMatch(/10\.0 steps\/s, 1m 30s left\n$/);
});

test("a run that had gone further than is wanted now is not beyond its end", () => {
  const { progress, wait, take } = watch({ isTTY: false });
  const task = progress.start("training", { total: 1, from: 114 });
  wait(1);
  task.update({ loss: 2 });
  expect(take()).toBe("training: 114/114 steps, 100 %, loss 2.000\n");
});

test("bytes are shown in their own units, and what was there before counts for no speed", () => {
  const { progress, wait, take } = watch({ isTTY: false });
  const task = progress.start("pulling gpt2", { unit: "bytes" });
  wait(10);
  task.update({ done: 300e6, total: 548e6, from: 200e6, remark: "model.safetensors" });
  // 100 MB in 10 s; the other 248 MB take 24.8 s.
  expect(take()).toBe("pulling gpt2: 300 MB/548 MB, 54 %, 10.0 MB/s, 25s left, model.safetensors\n");
});

test("the line never reaches the terminal's last column, and drops the least important first", () => {
  for (const columns of [20, 30, 40, 60, 80, 130]) {
    const { progress, wait, take } = watch({ isTTY: true, columns });
    const task = progress.start("training", { total: 123_456 });
    wait(100);
    task.update({ done: 12_345, loss: 1.5, valLoss: 1.6, tokensPerSecond: 12_345, remark: "épreuve" });
    const line = take().replace("\r", "").replace("\x1b[K", "");
    expect(line.length).toBeLessThan(columns);
    expect(line).toMatch(/^training/);
    if (columns >= 80) expect(line).toMatch(/loss 1\.500 .* val 1\.600/);
    if (columns === 130) expect(line).toMatch(/steps\/s .* left .* épreuve$/);
  }
});

test("without a terminal plain lines come every five seconds, the first at once", () => {
  const { progress, wait, take } = watch({ isTTY: false });
  const task = progress.start("cleaning", { unit: "rows" });
  for (let i = 1; i <= 12; i++) {
    task.update({ done: i * 1000 });
    wait(1);
  }
  task.end();
  const lines = take().split("\n");
  expect(lines[0]).toBe("cleaning: 1,000 rows");
  expect(lines[1]).toMatch(/^cleaning: 6,000 rows, /);
  expect(lines[2]).toMatch(/^cleaning: 11,000 rows, /);
  expect(lines[3]).toBe("cleaning: 12,000 rows, in 12s");
  expect(lines).toHaveLength(5);
  expect(lines.join("")).not.toContain("\r");
  expect(lines.join("")).not.toContain("\x1b");
});

test("notes stay above the moving line, and an ended task is silent", () => {
  const { progress, take } = watch({ isTTY: true });
  const task = progress.start("training");
  task.update({ done: 1 });
  take();
  task.note("a sample");
  expect(take()).toBe("\r\x1b[Ka sample\n");
  task.update({ done: 2 });
  expect(take()).toMatch(/^\rtraining/);
  task.end("done");
  expect(take()).toBe("\r\x1b[Kdone\n");
  task.update({ done: 3 });
  task.end();
  progress.hide();
  expect(take()).toBe("");
});

test("labels, remarks and notes of others send no control character to a terminal", () => {
  const { progress, wait, take } = watch({ isTTY: true });
  const task = progress.start("pulling a\u001b[2Jb\nc", { total: 2 });
  wait(1);
  task.update({ done: 1, remark: "x\u001b]0;owned\u0007.bin" });
  task.note("a sample \u202e\u001b[31m");
  task.end();
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what a terminal would obey, but the line's own clearing
  expect(take().replaceAll(/\r|\x1b\[K/g, "")).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/);
});
