/** `punchline runs`: what has become of runs, held to trainings that ended in each way. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { nextCommands } from "../src/cli/output/runs.ts";
import { withFolderLock } from "../src/files/lock.ts";
import type { ListedRun } from "../src/train/list-runs.ts";
import { train } from "../src/train/train.ts";
import { punchline } from "./cli-here.ts";
import { firstColumn, readPage } from "./markdown.ts";
import { babble } from "./training-fixture.ts";

const cwd = mkdtempSync(join(tmpdir(), "punchline-runs-"));
afterAll(() => rmSync(cwd, { recursive: true, force: true }));
const small = {
  model: "char-rnn",
  modelOptions: { width: 8 },
  data: babble(2000),
} as const;
const options = { batchSize: 2, seqLen: 8, validationTokens: 100, logEvery: 1 };

interface Document {
  readonly runs: readonly Readonly<Record<string, unknown>>[];
}
async function listed(...words: string[]) {
  const { status, stdout, stderr } = await punchline(["runs", "--json", ...words], { cwd });
  expect(status, stderr).toBe(0);
  const { runs } = JSON.parse(stdout) as Document;
  return new Map(runs.map((run) => [run.run as string, run]));
}

beforeAll(async () => {
  const run = (name: string) => join(cwd, "runs", name);
  await train({ ...small, options: { ...options, steps: 4 }, out: run("done") });
  await train({ ...small, options: { ...options, maxMinutes: 0.002 }, out: run("deep/timed") });
  await train({
    ...small,
    options: { ...options, steps: 500 },
    out: run("stopped"),
    onEvent: (event, stop) => event.type === "log" && stop(),
  });
  cpSync(run("done"), join(cwd, "beside"), { recursive: true });
  cpSync(run("done"), run("torn"), { recursive: true });
  writeFileSync(join(run("torn"), "run.json"), '{"format": "punchline-run", ');
  cpSync(run("done"), run("without"), { recursive: true });
  rmSync(join(run("without"), "model.safetensors"));
  cpSync(run("done"), run("final"), { recursive: true });
  rmSync(join(run("final"), "optimizer.safetensors"));
  cpSync(run("done"), run("mistyped"), { recursive: true });
  const counters = JSON.parse(readFileSync(join(run("done"), "state.json"), "utf8"));
  writeFileSync(join(run("mistyped"), "state.json"), JSON.stringify({ ...counters, bestLoss: "x" }));
  symlinkSync("..", run("loop"));
  symlinkSync("done", run("another-name"));
  mkdirSync(join(cwd, "no/runs"), { recursive: true });
});

test("says what became of each run, and finds those below runs and beside it", async () => {
  const runs = await listed();
  const states = Object.fromEntries(
    [...runs].map(([run, { state, resumable }]) => [run, [state, resumable]]),
  );
  expect(states).toEqual({
    beside: ["done", true],
    "runs/done": ["done", true],
    "runs/deep/timed": ["done", true],
    "runs/stopped": ["stopped", true],
    "runs/final": ["done", false],
    "runs/torn": ["damaged", false],
    "runs/mistyped": ["damaged", false],
    "runs/without": ["damaged", false],
  });
  const record = JSON.parse(readFileSync(join(cwd, "runs/done/run.json"), "utf8"));
  const rows = readFileSync(join(cwd, "runs/done/log.jsonl"), "utf8").trim().split("\n");
  const losses = rows.flatMap((row) => (JSON.parse(row) as { val_loss?: number }).val_loss ?? []);
  expect(runs.get("runs/done")).toMatchObject({
    name: "done",
    model: "char-rnn",
    kind: "causal",
    data: [],
    steps: 4,
    planned_steps: 4,
    val_loss: Math.min(...losses),
    unit: "characters",
    date: record.created,
    parameters: record.parameters,
    problem: null,
  });
  expect(runs.get("runs/stopped")).toMatchObject({ planned_steps: 500 });
  expect(runs.get("runs/torn")).toMatchObject({
    model: null,
    problem: expect.stringMatching(/not whole JSON/),
  });
  expect(runs.get("runs/without")).toMatchObject({
    model: "char-rnn",
    problem: expect.stringMatching(/has no model\.safetensors/),
  });
  const dates = [...runs.values()].map(({ date }) => date as string);
  expect(dates).toEqual(dates.toSorted().reverse());
});

test("a run that a process works in is in use", async () => {
  await withFolderLock(join(cwd, "runs/stopped"), async () => {
    expect((await listed("runs/stopped")).get("runs/stopped")).toMatchObject({ state: "in use" });
  });
  expect((await listed("runs/stopped")).get("runs/stopped")).toMatchObject({ state: "stopped" });
});

test("its document has the fields that are documented", async () => {
  const [run] = (await listed("beside")).values();
  const page = readPage("docs/run-folder.md");
  expect([...firstColumn(page.section("Document of punchline runs"))].sort()).toEqual(
    Object.keys(run!).sort(),
  );
});

test("its table fits 80 columns, with the reasons and what comes next", async () => {
  const { stdout } = await punchline(["runs"], { cwd });
  for (const line of stdout.split("\n"))
    if (!line.includes("not whole")) expect(line.length).toBeLessThanOrEqual(80);
  expect(stdout).toMatch(
    /^runs\/stopped +char-rnn +own texts +1\/500 +\d\.\d{3}\/char +\d\d:\d\d +stopped$/m,
  );
  expect(stdout).toContain("runs/without: runs/without has no model.safetensors".slice(14));
  expect(stdout).toMatch(/^Go on: +punchline train --out runs\/stopped --resume$/m);
  expect(stdout).toMatch(/^Write: +punchline sample \S+ -n 5/m);
  expect(stdout).toMatch(/^Compare: +punchline report \S+ \S+$/m);
});

describe("folders", () => {
  test("without runs say how to train one; those that are not there are wrong usage", async () => {
    const none = await punchline(["runs", "no"], { cwd });
    expect(none).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/no runs in no\..*punchline train/),
    });
    expect(await listed("no")).toEqual(new Map());
    const missing = await punchline(["runs", "nowhere"], { cwd });
    expect(missing).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/^error: There is no folder nowhere/),
    });
  });

  test("that are given twice list a run once", async () => {
    expect([...(await listed("runs/done", "runs/done/", "./runs/done")).keys()]).toEqual(["runs/done"]);
  });
});

test("what comes next suits the runs", () => {
  const run = (name: string, more: Partial<ListedRun>): ListedRun => ({
    run: name,
    state: "done",
    resumable: true,
    date: "2026-01-01T00:00:00Z",
    kind: "causal",
    ...more,
  });
  expect(nextCommands([run("a", { state: "damaged" }), run("b", { state: "in use" })])).toEqual([]);
  expect(nextCommands([run("a b", { state: "stopped", base: "gpt2" })])).toEqual([
    ["Go on:", 'punchline finetune gpt2 --out "a b" --resume'],
  ]);
  const [fill, ...rest] = nextCommands([run("m", { kind: "masked" })]);
  expect(fill![1]).toMatch(/^punchline fill m ".*\[MASK\].*"$/);
  expect(rest).toEqual([]);
});
