import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { asOwner } from "../../test/unprivileged.ts";
import { removePartialFiles, writeFileAtomic } from "./atomic.ts";
import { withFolderLock } from "./lock.ts";

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "punchline-atomic-"));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

describe("writeFileAtomic", () => {
  it("writes text, bytes and chunks, replacing what was there and making folders", async () => {
    const path = join(dir, "deep", "file.bin");
    await writeFileAtomic(path, "old");
    expect(await readFile(path, "utf8")).toBe("old");
    await writeFileAtomic(path, new Uint8Array([1, 2]));
    async function* chunks() {
      yield new Uint8Array([3]);
      yield new Uint8Array([4, 5]);
    }
    await writeFileAtomic(path, chunks());
    expect([...(await readFile(path))]).toEqual([3, 4, 5]);
    expect(await readdir(join(dir, "deep"))).toEqual(["file.bin"]);
  });

  it("keeps the old file and leaves nothing behind where the source fails half-way", async () => {
    const path = join(dir, "a");
    await writeFileAtomic(path, "old");
    function* failing() {
      yield new Uint8Array(1000);
      throw new Error("source failed");
    }
    await expect(writeFileAtomic(path, failing())).rejects.toThrow("source failed");
    expect(await readFile(path, "utf8")).toBe("old");
    expect(await readdir(dir)).toEqual(["a"]);
  });

  it("says so in one sentence where the path cannot be a file", async () => {
    await mkdir(join(dir, "folder", "inside"), { recursive: true });
    await expect(writeFileAtomic(join(dir, "folder"), "x")).rejects.toMatchObject({ code: "not-a-file" });
    expect(await readdir(dir)).toEqual(["folder"]);
    await writeFile(join(dir, "file"), "");
    await expect(writeFileAtomic(join(dir, "file", "x"), "x")).rejects.toMatchObject({ code: "not-a-file" });
  });

  it.skipIf(process.platform !== "linux")(
    "reports a full disk (simulated by /dev/full; Linux only)",
    async () => {
      const { open } = await import("node:fs/promises");
      const { fileError } = await import("./file-errors.ts");
      const full = await open("/dev/full", "w");
      const failure = await full.write(new Uint8Array(1)).catch((cause: unknown) => cause);
      await full.close();
      expect(fileError("write", "runs/a/model.safetensors", failure)).toMatchObject({
        code: "disk-full",
        message:
          "Cannot write runs/a/model.safetensors: the disk is full; free some space or choose another folder.",
      });
    },
  );

  it.skipIf(process.platform === "win32")(
    "reports a folder that may not be written (skipped on Windows, which has no such permissions)",
    async () => {
      await chmod(dir, 0o500);
      try {
        const written = asOwner(dir, () => writeFileAtomic(join(dir, "a"), "x"));
        await expect(written).rejects.toMatchObject({ code: "not-permitted" });
      } finally {
        await chmod(dir, 0o700);
      }
    },
  );

  it("removes only half-written files when asked to", async () => {
    await writeFile(join(dir, ".model.safetensors.0a1b2c3d.partial"), "half");
    await writeFile(join(dir, "notes.partial"), "not ours");
    await removePartialFiles(dir);
    expect(await readdir(dir)).toEqual(["notes.partial"]);
  });
});

describe("withFolderLock", () => {
  const lockFile = () => join(dir, ".punchline.lock");
  const lockOf = (holder: object) => writeFile(lockFile(), JSON.stringify(holder));

  it("refuses a second holder and frees the folder afterwards, also after an error", async () => {
    await withFolderLock(dir, async () => {
      await expect(withFolderLock(dir, async () => {})).rejects.toMatchObject({ code: "folder-in-use" });
    });
    await expect(
      withFolderLock(dir, async () => {
        throw new Error("work failed");
      }),
    ).rejects.toThrow("work failed");
    expect(await readdir(dir)).toEqual([]);
    expect(await withFolderLock(dir, async () => 7)).toBe(7);
  });

  it("takes over the lock of a process that was killed, and respects it while it lives", async () => {
    const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });
    await once(child, "spawn");
    await lockOf({ pid: child.pid, host: hostname(), started: "then", processStart: null });
    await expect(withFolderLock(dir, async () => {})).rejects.toThrow(`process ${child.pid}`);
    child.kill("SIGKILL");
    await once(child, "exit");
    expect(await withFolderLock(dir, async () => "taken")).toBe("taken");
  });

  it.skipIf(process.platform !== "linux")(
    "is not fooled by a new process with the pid of a dead holder (Linux only)",
    async () => {
      await lockOf({ pid: process.pid, host: hostname(), started: "then", processStart: "1" });
      expect(await withFolderLock(dir, async () => "taken")).toBe("taken");
    },
  );

  it("does not take over the lock of another machine, nor one that is just being written", async () => {
    await lockOf({ pid: 1, host: "elsewhere.invalid", started: "then", processStart: null });
    await expect(withFolderLock(dir, async () => {})).rejects.toThrow("elsewhere.invalid");
    const elsewhere = await readFile(lockFile(), "utf8");
    await writeFile(lockFile(), "");
    const asked = expect(withFolderLock(dir, async () => {})).rejects.toMatchObject({
      code: "folder-in-use",
    });
    await new Promise((done) => setTimeout(done, 250));
    await writeFile(lockFile(), elsewhere);
    await asked;
  });
});
