/** `punchline train` as a process: signals, kills, full disks, two at once; its document and its statuses. */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { punchline, type RunOptions, temporaryFolder } from "./cli.ts";
import { babble, contentsOf } from "./training-fixture.ts";

/** A folder with a text, and the words of a command that trains on it for a second or so. */
function workplace(options = "--steps 600 --validate-every 90 --sample-every 240 --checkpoint-seconds 0.02") {
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, "babble.txt"), babble(4000));
  const model = "--width 12 --embedding 6 --dropout 0.1 --batch-size 4 --seq-len 8";
  const begin = (out: string) =>
    `train --data babble.txt --raw --out ${out} ${model} ${options} --json`.split(" ");
  const goOn = (out: string) => `train --out ${out} --resume --json`.split(" ");
  return {
    cwd,
    begin,
    goOn,
    run: (words: readonly string[], more: RunOptions = {}) => punchline(words, { cwd, ...more }),
  };
}

/** Does something to the process when its standard error says something, once. */
const when = (pattern: RegExp, act: (pid: number) => void) => ({
  meanwhile: (child: {
    readonly pid?: number | undefined;
    readonly stderr: NodeJS.ReadableStream | null;
  }) => {
    let said = "";
    let done = false;
    child.stderr?.on("data", (text) => {
      said += String(text);
      if (done || !pattern.test(said)) return;
      done = true;
      act(child.pid!);
    });
  },
});

/** What the command of a workplace leaves that nothing interrupts: the same for each test. */
let uninterrupted: ReturnType<typeof contentsOf> | undefined;
function whole() {
  uninterrupted ??= (async () => {
    const { cwd, run, begin } = workplace();
    expect((await run(begin("whole"))).status).toBe(0);
    return contentsOf(join(cwd, "whole"));
  })();
  return uninterrupted;
}

// Each test starts many processes; a busy machine takes its time.
vi.setConfig({ testTimeout: 300_000 });

test("--json prints one document, and nothing else on standard output", async () => {
  const { cwd, run, begin } = workplace("--steps 12 --validate-every 6");
  const characters = new Set(babble(4000)).size;
  // Embedding, gates with their two biases, head.
  const parameters = 6 * characters + 48 * (6 + 12) + 2 * 48 + 13 * characters;
  const { status, stdout, stderr } = await run(begin("a"));
  expect({ status, stderr }).toMatchObject({ status: 0, stderr: expect.stringContaining("characters/s") });
  expect(stdout.trim().split("\n")).toHaveLength(1);
  expect(JSON.parse(stdout)).toEqual({
    run: "a",
    steps: 12,
    parameters,
    trainable: parameters,
    cleaning_loss: { changed: 0, example: null, letters: expect.any(Number), share: 0 },
    train_loss: expect.any(Number),
    val_loss: expect.any(Number),
    tokens_per_s: expect.any(Number),
    seconds: expect.any(Number),
    stopped: "steps",
  });
  expect(existsSync(join(cwd, "a/.punchline.lock"))).toBe(false);
});

test("Ctrl-C saves, says how to go on, and the resumed run is the uninterrupted one", async () => {
  const { cwd, run, begin, goOn } = workplace();
  const words = begin("stopped").filter((word) => word !== "--json");
  const stopped = await run(
    words,
    when(/: 1\/600 steps/, (pid) => process.kill(pid, "SIGINT")),
  );
  expect(stopped.status).toBe(0);
  expect(stopped.stderr).toMatch(/press Ctrl-C again to stop at once/);
  expect(stopped.stdout).toMatch(
    /^Stopped and saved\. Go on with: {2}punchline train --out stopped --resume$/m,
  );
  const { state } = await contentsOf(join(cwd, "stopped"));
  expect(state.step).toBeGreaterThanOrEqual(1);
  expect(state.step).toBeLessThan(600);
  const resumed = await run(goOn("stopped"));
  expect(JSON.parse(resumed.stdout)).toMatchObject({ steps: 600, stopped: "steps" });
  expect(await contentsOf(join(cwd, "stopped"))).toEqual(await whole());
});

test("kill -9 at any moment, its first included, and the same command again: as if nothing had happened", async () => {
  const { cwd, run, begin } = workplace();
  let kills = 0;
  // Moments that lie close together at first, when files come about.
  for (let wait = 100; ; wait *= 1.25) {
    const ran = await run([...begin("killed"), "--resume"], {
      meanwhile: (child) => {
        const timer = setTimeout(() => child.kill("SIGKILL"), wait);
        child.on("exit", () => clearTimeout(timer));
      },
    });
    if (ran.signal === null) {
      expect(ran).toMatchObject({ status: 0 });
      expect(JSON.parse(ran.stdout)).toMatchObject({ steps: 600, stopped: "steps" });
      break;
    }
    kills++;
  }
  expect(kills).toBeGreaterThan(0);
  expect(await contentsOf(join(cwd, "killed"))).toEqual(await whole());
});

test("two trainings into one folder: the second is refused, the first goes on", async () => {
  const { run, begin, goOn } = workplace("--steps 100000 --validate-every 1000");
  const second: Promise<{ status: number | null; stdout: string; stderr: string }>[] = [];
  const first = await run(
    begin("a"),
    when(/step 1:/, (pid) => {
      second.push(run(goOn("a")), run(begin("a")));
      void Promise.all(second).then(() => process.kill(pid, "SIGINT"));
    }),
  );
  const [resumed, begun] = await Promise.all(second);
  expect(resumed).toMatchObject({ status: 1, stdout: "" });
  expect(resumed!.stderr).toMatch(/^error: a is in use by process \d+ on .*; wait for it to end/m);
  expect(begun).toMatchObject({
    status: 2,
    stdout: "",
    stderr: expect.stringMatching(/a already holds a run/),
  });
  expect(JSON.parse(first.stdout)).toMatchObject({ stopped: "interrupt" });
});

describe("resume", () => {
  test("takes the same options again, and refuses others by name with both values", async () => {
    const { cwd, run, begin, goOn } = workplace("--steps 6 --sample-every 0");
    expect((await run(begin("a"))).status).toBe(0);
    expect((await run([...begin("a"), "--resume"])).status).toBe(0);
    for (const [option, was, now] of [
      ["--width", 12, 13],
      ["--batch-size", 4, 5],
      ["--seed", 42, 43],
      ["--model", "char-lstm", "char-gru"],
    ] as const) {
      const { status, stdout, stderr } = await run([...goOn("a"), option, String(now)]);
      expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
      expect(stderr).toContain(
        `a was begun with ${option} ${was}, and --resume cannot change that to ${now}`,
      );
    }
    writeFileSync(join(cwd, "babble.txt"), babble(4100));
    const { status, stderr } = await run(goOn("a"));
    expect(status).toBe(2);
    expect(stderr).toMatch(
      /a was trained on other data: its fingerprint is \w+, and that of babble.txt is now/,
    );
  });
});

test("a learning rate that explodes: status 1, step and cause, and the folder can be sampled", async () => {
  const { run, begin } = workplace("--steps 100 --learning-rate 1e30 --checkpoint-seconds 0");
  const { status, stdout, stderr } = await run(begin("a"));
  expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
  expect(stderr).toMatch(/^error: Training stopped at step \d+: .*The checkpoint of step \d+ is kept\./m);
  const sampled = await run(["sample", "a", "--json"]);
  expect(sampled.status).toBe(0);
  expect(JSON.parse(sampled.stdout).samples).toHaveLength(1);
});

/** Mounts a disk of so many kilobytes in `folder`, until the test ends. False where that is not allowed. */
function mountDisk(folder: string, kilobytes: number): boolean {
  mkdirSync(folder);
  const { status } = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${kilobytes}k`, "tmpfs", folder]);
  if (status === 0) onTestFinished(() => void execFileSync("umount", [folder]));
  return status === 0;
}

describe("a full disk (skipped where a tmpfs cannot be mounted, which takes root)", () => {
  test("at the beginning: one sentence, and --resume begins with the run's own texts, not with the built-in jokes", async (context) => {
    const { cwd, run, begin, goOn } = workplace();
    const disk = join(cwd, "disk");
    if (!mountDisk(disk, 32)) context.skip("mounting a tmpfs is not allowed here");
    const { status, stdout, stderr } = await run(begin("disk/a"));
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toMatch(/^error: Cannot write disk\/a\/[\w.]+: the disk is full; free some space/m);
    expect(readdirSync(join(disk, "a"))).toContain("run.json");
    execFileSync("mount", ["-o", "remount,size=4m", disk]);
    expect((await run(goOn("disk/a"))).status).toBe(0);
    expect(await contentsOf(join(disk, "a"))).toEqual(await whole());
  });

  test("before the record of the run could be written: nothing is left, and --resume says which texts it begins with", async (context) => {
    const { cwd, run, begin } = workplace();
    const disk = join(cwd, "disk");
    if (!mountDisk(disk, 4)) context.skip("mounting a tmpfs is not allowed here");
    expect((await run(begin("disk/a"))).status).toBe(1);
    expect(existsSync(join(disk, "a", "run.json"))).toBe(false);
    const { stderr } = await run([..."train --out disk/a --resume --quiet --steps 1".split(" ")]);
    expect(stderr).toMatch(
      /^Nothing has begun in disk\/a yet, so --resume begins the run, on the built-in jokes; --data names other texts\.$/m,
    );
  });

  test("on the way: the last checkpoint is whole, and the run goes on when there is space", async (context) => {
    const { cwd, run, begin, goOn } = workplace();
    if (!mountDisk(join(cwd, "disk"), 512)) context.skip("mounting a tmpfs is not allowed here");
    const filler = join(cwd, "disk/filler");
    const full = await run(
      begin("disk/a"),
      when(/: 1\/600 steps/, () => {
        for (let size = 512 << 10; size >= 512; size /= 2) {
          try {
            writeFileSync(filler, new Uint8Array(size), { flag: "a" });
          } catch {}
        }
      }),
    );
    expect(full).toMatchObject({ status: 1, stdout: "" });
    expect(full.stderr).toMatch(/^error: Cannot write disk\/a\/[\w.]+: the disk is full; free some space/m);
    expect((await run(["sample", "disk/a", "--json"])).status).toBe(0);
    rmSync(filler);
    expect((await run(goOn("disk/a"))).status).toBe(0);
    expect(await contentsOf(join(cwd, "disk/a"))).toEqual(await whole());
  });
});
