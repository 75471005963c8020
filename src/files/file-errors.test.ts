import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { writeFileAtomic } from "./atomic.ts";
import { fileError, guarded } from "./file-errors.ts";

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "punchline-errors-"));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

it.each([
  ["EROFS", "read-only", /the file system is read-only; choose another folder/],
  ["ENOSPC", "disk-full", /the disk is full/],
  ["EDQUOT", "disk-full", /the disk quota is used up/],
  ["EFBIG", "disk-full", /ulimit -f/],
  ["EACCES", "not-permitted", /permission denied; check who may write there/],
  ["EMFILE", "too-many-files", /ulimit -n/],
  ["ENAMETOOLONG", "name-too-long", /choose a shorter one/],
  ["EIO", "file", /the disk or the network behind it reports an error/],
])("%s is named as what it is", async (code, expected, message) => {
  const cause = Object.assign(new Error(`${code}: x, open 'y'`), { code });
  const error = fileError("write", "/out/a", cause);
  expect(error).toMatchObject({ code: expected, message: expect.stringMatching(message), cause });
  expect(error.message).toMatch(/^Cannot write \/out\/a: [^\n]*\.$/);
  await expect(guarded("write", "/out/a", Promise.reject(cause))).rejects.toMatchObject({ code: expected });
});

it("leaves errors that are none of the system's as they are", async () => {
  const own = fileError("read", "/a", Object.assign(new Error("x"), { code: "EIO" }));
  await expect(guarded("write", "/b", Promise.reject(own))).rejects.toBe(own);
  const bug = new TypeError("x");
  await expect(guarded("write", "/b", Promise.reject(bug))).rejects.toBe(bug);
});

it("names a name that is too long, and leaves nothing behind", async () => {
  await expect(writeFileAtomic(join(dir, "n".repeat(300)), "x")).rejects.toMatchObject({
    code: "name-too-long",
  });
  expect(await readdir(dir)).toEqual([]);
});
