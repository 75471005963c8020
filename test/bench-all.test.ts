/** All benchmarks in one go: those that fail, hang or give no rows stop no other. */
import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { runAll } from "../bench/all/all.ts";
import { amount } from "../bench/quick.ts";
import { runBenchmarks } from "../bench/runner.ts";
import { root, temporaryFolder } from "./cli.ts";

const folder = join(root, "test/fixtures/bench-all");
/** Seconds that nothing here takes. */
const LONG = 3600;
const MINUTES = 300_000;

test(
  "runs each in its own process; what fails or prints garbage is named with its reason",
  async () => {
    const lines: string[] = [];
    const progress = (line: string) => lines.push(line);
    const { rows, left_out } = await runAll(["broken", "garbage", "fine"], folder, { limit: LONG, progress });
    expect(rows).toMatchObject([{ benchmark: "fine", case: "alone", ours: 1.5 }]);
    expect(left_out).toEqual([
      { benchmark: "broken", reason: "its process ended with status 7" },
      { benchmark: "garbage", reason: "it gave something else than rows" },
      { benchmark: "fine", reason: 'there is no figure of "never reached"' },
    ]);
    expect(lines).toEqual([
      "1 of 3: broken; at most 60 min each",
      expect.stringMatching(/^ {2}left out: its process ended with status 7, \d+ s$/),
      expect.stringMatching(/^2 of 3: garbage; about \d+ (s|min) left$/),
      expect.stringMatching(/^ {2}left out: it gave something else than rows, \d+ s$/),
      expect.stringMatching(/^3 of 3: fine; about \d+ (s|min) left$/),
      expect.stringMatching(/^ {2}1 rows; left out: there is no figure of "never reached", \d+ s$/),
    ]);
  },
  MINUTES,
);

test(
  "ends one that takes longer than its limit",
  async () => {
    const { rows, left_out } = await runAll(["hanging"], folder, { limit: 0.01, progress: () => {} });
    expect(rows).toEqual([]);
    expect(left_out).toEqual([
      {
        benchmark: "hanging",
        reason: "it was ended after 1 s, the limit that PUNCHLINE_LIMIT_MINUTES sets",
      },
    ]);
  },
  MINUTES,
);

test(
  "ends none at once by a limit of months",
  async () => {
    const { rows } = await runAll(["fine"], folder, { limit: 1e9, progress: () => {} });
    expect(rows).toMatchObject([{ benchmark: "fine" }]);
  },
  MINUTES,
);

test("refuses an unknown name also beside all of them", async () => {
  await expect(runBenchmarks(["all", "fien"], folder, 80)).rejects.toThrow(
    'There is no benchmark "fien"; did you mean "fine"?',
  );
  await expect(runBenchmarks([""], folder, 80)).rejects.toThrow('There is no benchmark ""');
});

/** Whether a process runs; one that has ended and that nobody has asked about does not. */
function runs(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

test.skipIf(!existsSync("/proc"))(
  "ends what a benchmark has started with it (where there is a /proc), and leaves out those after it",
  async () => {
    const pids = join(temporaryFolder(), "pids");
    const temporary = temporaryFolder();
    vi.stubEnv("TMPDIR", temporary);
    vi.stubEnv("PUNCHLINE_TEST_PIDS", pids);
    const stop = new AbortController();
    const options = { limit: LONG, progress: () => {}, signal: stop.signal };
    const all = runAll(["hanging", "fine"], folder, options);
    const written = () => existsSync(pids) && readFileSync(pids, "utf8").endsWith("\n");
    await expect.poll(written, { timeout: MINUTES }).toBe(true);
    const started = readFileSync(pids, "utf8").trim().split(" ").map(Number);
    expect(started.map(runs)).toEqual([true, true]);
    stop.abort();
    expect((await all).left_out).toEqual([
      { benchmark: "hanging", reason: "it was stopped" },
      { benchmark: "fine", reason: "it was not run: all were stopped before it" },
    ]);
    await expect.poll(() => started.map(runs), { timeout: MINUTES }).toEqual([false, false]);
    expect(readdirSync(temporary)).toEqual([]);
    vi.unstubAllEnvs();
  },
  MINUTES,
);

test(
  "says which machine it was, and whether it was quick",
  async () => {
    const lines: string[] = [];
    const text = await runBenchmarks(["all", "--json"], join(root, "test/fixtures/bench"), 80, (line) =>
      lines.push(line),
    );
    const { machine, quick, rows, left_out } = JSON.parse(text);
    expect(rows).toMatchObject([
      { benchmark: "sample", case: "with a peer", ratio: 4 },
      { benchmark: "sample", case: "alone" },
      { benchmark: "sample", case: "tiny" },
    ]);
    expect(left_out).toEqual([]);
    expect(quick).toBe(false);
    expect(machine.processor.cores).toBeGreaterThan(0);
    expect(machine.limits.bytes_per_second).toBeGreaterThan(0);
    expect(machine.limits.operations_per_second.all_threads).toBeGreaterThan(0);
    expect(lines[0]).toContain("processor");
  },
  MINUTES,
);

test("an amount is the variable's, and refused where it is no number", () => {
  expect(amount("PUNCHLINE_TEST_AMOUNT", 20, 1)).toBe(20);
  vi.stubEnv("PUNCHLINE_TEST_AMOUNT", "0.5");
  expect(amount("PUNCHLINE_TEST_AMOUNT", 20, 1)).toBe(0.5);
  for (const wrong of ["0", "-1", "x", ""]) {
    vi.stubEnv("PUNCHLINE_TEST_AMOUNT", wrong);
    expect(() => amount("PUNCHLINE_TEST_AMOUNT", 20, 1)).toThrow("PUNCHLINE_TEST_AMOUNT must be a number");
  }
  vi.unstubAllEnvs();
});

test.skipIf(process.platform === "win32")(
  "Ctrl-C ends all of them with the rows so far, and the process as the signal does",
  async () => {
    const words = ["--import", "./bench/register.mjs", "bench/main.ts", "all", "--json"];
    const child = spawn(process.execPath, words, {
      cwd: root,
      env: { ...process.env, PUNCHLINE_QUICK: "1" },
    });
    let [printed, said] = ["", ""];
    child.stdout.on("data", (piece) => {
      printed += piece;
    });
    child.stderr.on("data", (piece) => {
      if (!/^1 of /m.test(said) && /^1 of /m.test(said + piece)) child.kill("SIGINT");
      said += piece;
    });
    const signal = await new Promise((done) => child.on("close", (_, name) => done(name)));
    // Which a shell knows as status 130.
    expect(signal).toBe("SIGINT");
    const { rows, left_out } = JSON.parse(printed);
    expect(rows).toEqual([]);
    expect(left_out[0].reason).toBe("it was stopped");
    expect(left_out.at(-1).reason).toBe("it was not run: all were stopped before it");
    expect(said).toContain("Stopping as soon as what is under way is safe");
  },
  MINUTES,
);
