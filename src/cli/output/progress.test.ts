/** What the progress reporter writes, with a clock and a stream of the test's own. */
import { expect, test } from "vitest";
import { createProgress } from "./progress.ts";
import { terminal } from "./terminal.ts";

function watch({ isTTY, columns = 80 }: { isTTY: boolean; columns?: number }) {
  let written = "";
  let time = 0;
  const stream = { write: (text: string) => (written += text), isTTY, columns };
  const progress = createProgress(terminal(stream, { NO_COLOR: "1" }), { now: () => time });
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
  expect(take()).toBe("training: 10 steps, loss 2.000, in 10s\n");
});

test("one of something is not called by its plural", () => {
  const { progress, take } = watch({ isTTY: false });
  progress.start("training", { total: 1 }).update({ done: 1, loss: 2 });
  expect(take()).toBe("training: 1 step, 100 %, loss 2.000\n");
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
  expect(take()).toBe("training: 114 steps, 100 %, loss 2.000\n");
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
    if (columns === 130) expect(line).toMatch(/tokens\/s .* left .* épreuve$/);
  }
});

test("without a terminal plain lines come after a second, and every five seconds at first", () => {
  const { progress, wait, take } = watch({ isTTY: false });
  const task = progress.start("cleaning", { unit: "rows" });
  for (let i = 1; i <= 12; i++) {
    task.update({ done: i * 1000 });
    wait(1);
  }
  task.end();
  const lines = take().split("\n");
  expect(lines[0]).toMatch(/^cleaning: 2,000 rows, /);
  expect(lines[1]).toMatch(/^cleaning: 7,000 rows, /);
  expect(lines[2]).toMatch(/^cleaning: 12,000 rows, /);
  expect(lines[3]).toBe("cleaning: 12,000 rows, in 12s");
  expect(lines).toHaveLength(5);
  expect(lines.join("")).not.toContain("\r");
  expect(lines.join("")).not.toContain("\x1b");
});

test("one of a unit is no plural", () => {
  const { progress, take } = watch({ isTTY: false });
  for (const unit of [undefined, "rows"]) {
    const task = progress.start("work", { unit, total: 1 });
    task.update({ done: 1 });
    task.end();
  }
  expect(take()).toMatch(/^work: 1 step, in .*\nwork: 1 row, in/);
});

test("without a terminal a training of two hours writes less than a hundred lines", () => {
  const { progress, wait, take } = watch({ isTTY: false });
  const task = progress.start("training", { total: 7200 });
  for (let i = 1; i <= 7200; i++) {
    wait(1);
    task.update({ done: i, secondsLeft: 7200 - i });
  }
  const lines = take().split("\n");
  expect(lines.length).toBeLessThan(100);
  expect(lines.length).toBeGreaterThan(30);
  expect(lines.at(-2)).toMatch(/^training: \d,\d{3}\/7,200 steps, \d\d %, 1\.00 steps\/s, \d+m \d\ds left$/);
});

test("no time left is told before something is known, and none of no time", () => {
  const { progress, wait, take } = watch({ isTTY: true });
  const task = progress.start("working", { unit: "%", total: 100 });
  wait(0.01);
  task.update({ done: 14.7 });
  expect(take()).toBe("\rworking · 14 %\x1b[K");
  wait(9.99);
  task.update({ done: 50 });
  expect(take()).toBe("\rworking · 50 % · 10s left\x1b[K");
  wait(10);
  task.update({ done: 99.9 });
  expect(take()).toBe("\rworking · 99 %\x1b[K");
  task.update({ done: 120 });
  task.end();
  expect(take()).toMatch(/working: 100 %, in 20s\n$/);
});

test("a speed is told once, in the unit that people count, and not of a few long things", () => {
  const { progress, wait, take } = watch({ isTTY: false });
  const training = progress.start("training", { total: 100, tokens: "characters" });
  wait(10);
  training.update({ done: 50, tokensPerSecond: 12_345 });
  expect(take()).toBe("training: 50/100 steps, 50 %, 12.3k characters/s, 10s left\n");
  const runs = progress.start("measuring", { unit: "runs", total: 4 });
  take();
  wait(20);
  runs.update({ done: 2 });
  expect(take()).toBe("measuring: 2/4 runs, 50 %, 20s left\n");
});

test("a plan that is an estimate looks like one, and the end has what was done", () => {
  const { progress, wait, take } = watch({ isTTY: false });
  const task = progress.start("training", { total: 219 });
  wait(10);
  task.update({ done: 100, estimated: true, secondsLeft: 12 });
  expect(take()).toBe("training: 100/~219 steps, 45 %, 10.0 steps/s, 12s left\n");
  task.update({ done: 218, total: 218, estimated: false });
  task.end();
  expect(take()).toBe("training: 218 steps, in 10s\n");
});

test("a remark that is to be kept takes the place of the time left", () => {
  const { progress, wait, take } = watch({ isTTY: true, columns: 40 });
  const task = progress.start("characters", { total: 100, keepRemark: true });
  wait(10);
  task.update({ done: 50, loss: 1.5, secondsLeft: 10, remark: "story 57s left" });
  expect(take()).toBe("\rcharacters · story 57s left\x1b[K");
});

test("a terminal that has become narrower keeps nothing of the wider line", () => {
  let written = "";
  const stream = { write: (text: string) => (written += text), isTTY: true, columns: 100 };
  const progress = createProgress(terminal(stream, { NO_COLOR: "1" }), { now: () => 0 });
  const task = progress.start("x".repeat(95));
  task.update({ done: 1 });
  written = "";
  stream.columns = 40;
  // 95 columns are three rows of 40 now; the cursor is in the third.
  task.end("done");
  expect(written).toBe("\x1b[2A\r\x1b[Jdone\n");
});

test("lines above the moving one end between words, or are cut", () => {
  const { progress, take } = watch({ isTTY: true, columns: 30 });
  const task = progress.start("training");
  task.note("each prediction sees 64 characters at most");
  expect(take()).toBe("each prediction sees 64\ncharacters at most\n");
  task.note("step 1: each prediction sees 64 characters at most", "cut");
  expect(take()).toBe("step 1: each prediction sees…\n");
});

test("without a terminal a training says at once that it learns, and a note repeats no line", () => {
  const { progress, wait, take } = watch({ isTTY: false });
  const task = progress.start("training", { total: 100 });
  task.update({ done: 1, loss: 4.5 });
  expect(take()).toBe("training: 1/100 steps, 1 %, loss 4.500\n");
  wait(1);
  task.note("step 1: abc", "cut");
  task.update({ done: 2, loss: 4.4 });
  expect(take()).toBe("step 1: abc\n");
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
