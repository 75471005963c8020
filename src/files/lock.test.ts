import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { withFolderLock } from "./lock.ts";

/** @param finished `onTestFinished` of the test; one that runs beside others has its own */
function folderWithLock(lock: string | object, finished = onTestFinished) {
  const folder = mkdtempSync(join(tmpdir(), "punchline-lock-"));
  finished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, ".punchline.lock");
  writeFileSync(path, typeof lock === "string" ? lock : JSON.stringify(lock));
  const entered = () => withFolderLock(folder, async () => readFileSync(path, "utf8"));
  return { folder, path, entered };
}
const started = "2026-01-01T00:00:00.000Z";
const minutesAgo = (n: number) => new Date(Date.now() - n * 60_000);

test("a stale lock is taken over, and nothing is left", async () => {
  const { folder, entered } = folderWithLock({
    pid: 2 ** 22 + 1,
    host: hostname(),
    started,
    processStart: "1",
  });
  expect(JSON.parse(await entered())).toMatchObject({ pid: process.pid, host: hostname() });
  expect(readdirSync(folder)).toEqual([]);
});

// Both wait for seconds, and so at once.
test.concurrent("a lock without content, as older versions left it when killed, is taken over after some seconds", async ({
  onTestFinished,
  expect,
}) => {
  const { entered } = folderWithLock("", onTestFinished);
  const begun = performance.now();
  expect(JSON.parse(await entered())).toMatchObject({ pid: process.pid });
  expect(performance.now() - begun).toBeGreaterThan(1000);
});

test.concurrent("a lock without content is taken over although the clock of its file is ahead", async ({
  onTestFinished,
  expect,
}) => {
  const { path, entered } = folderWithLock("", onTestFinished);
  const ahead = new Date(Date.now() + 500);
  utimesSync(path, ahead, ahead);
  expect(JSON.parse(await entered())).toMatchObject({ pid: process.pid });
});

test.skipIf(process.platform !== "linux")(
  "a killed process that its parent does not ask for holds no lock",
  async () => {
    // The shell becomes a program that never asks for its child.
    const parent = spawn("sh", ["-c", "sleep 60 & echo $!; exec sleep 60"], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    onTestFinished(() => void parent.kill("SIGKILL"));
    const pid = await new Promise<number>((done) => parent.stdout.once("data", (text) => done(Number(text))));
    const stat = () => readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = () =>
      stat()
        .slice(stat().lastIndexOf(")") + 2)
        .split(" ");
    const { entered } = folderWithLock({ pid, host: hostname(), started, processStart: fields()[19] });
    await expect(entered()).rejects.toMatchObject({ code: "folder-in-use" });
    await expect.poll(() => readFileSync(`/proc/${parent.pid}/comm`, "utf8").trim()).toBe("sleep");
    process.kill(pid, "SIGKILL");
    await expect.poll(() => fields()[0]).toBe("Z");
    expect(JSON.parse(await entered())).toMatchObject({ pid: process.pid });
  },
);

test("of another host, a lock that is renewed is respected, and one that is not is taken over", async () => {
  const elsewhere = { pid: 1, host: `not-${hostname()}`, started, processStart: "1", renewed: true };
  const fresh = folderWithLock(elsewhere);
  await expect(fresh.entered()).rejects.toThrow(
    /in use by process 1 on not-.*taken over 2 minutes after its end/,
  );
  utimesSync(fresh.path, minutesAgo(3), minutesAgo(3));
  expect(JSON.parse(await fresh.entered())).toMatchObject({ pid: process.pid });
  // Versions that did not renew their locks say nothing by an old one.
  const { renewed: _, ...old } = elsewhere;
  const silent = folderWithLock(old);
  utimesSync(silent.path, minutesAgo(60), minutesAgo(60));
  await expect(silent.entered()).rejects.toThrow(/if it is gone, delete/);
});

test("of many who ask at once, one enters", async () => {
  for (let round = 0; round < 40; round++) {
    const { folder } = folderWithLock({ pid: 2 ** 22 + 1, host: hostname(), started, processStart: "1" });
    let inside = 0;
    const results = await Promise.allSettled(
      Array.from({ length: 8 }, () =>
        withFolderLock(folder, async () => {
          expect(++inside).toBe(1);
          await new Promise((done) => setTimeout(done, 5));
          inside--;
        }),
      ),
    );
    expect(results.filter(({ status }) => status === "fulfilled").length).toBeGreaterThan(0);
    for (const result of results)
      if (result.status === "rejected") expect(result.reason).toMatchObject({ code: "folder-in-use" });
    expect(readdirSync(folder)).toEqual([]);
  }
});

test("a lock that was taken over meanwhile stays", async () => {
  const folder = mkdtempSync(join(tmpdir(), "punchline-lock-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, ".punchline.lock");
  const other = JSON.stringify({ pid: 1, host: "another", started, processStart: "1", renewed: true });
  await withFolderLock(folder, async () => writeFileSync(path, other));
  expect(readFileSync(path, "utf8")).toBe(other);
});
