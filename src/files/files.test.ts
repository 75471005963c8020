import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { readJsonObject, readOptionalJson } from "./json-file.ts";
import { readOptionalText, readTextFile, regularFile } from "./regular-file.ts";

const folder = mkdtempSync(join(tmpdir(), "punchline-files-"));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const text = '{"name": "caf\u00e9 \u{1f602}"}';
const bigEndian = Buffer.from(`\ufeff${text}`, "utf16le").swap16();

describe("a text file", () => {
  it.each([
    ["plain", Buffer.from(text)],
    ["marked", Buffer.from(`\ufeff${text}`)],
    ["UTF-16, little end first", Buffer.from(`\ufeff${text}`, "utf16le")],
    ["UTF-16, big end first", bigEndian],
  ])("%s is read without its mark", async (name, bytes) => {
    const path = file(name, bytes);
    expect(await readTextFile(path)).toBe(text);
    expect(await readJsonObject(path)).toEqual(JSON.parse(text));
  });

  it("that says it is empty is not waited for, and one that no memory should hold is not read", async () => {
    expect(await readTextFile("/proc/kmsg")).toBe("");
    const huge = file("huge.json", "{");
    truncateSync(huge, 1_500_000_000);
    await expect(readTextFile(huge)).rejects.toThrow(/huge\.json: it has 1500 MB, and .* 268 MB at most/);
  });

  it("is never read with replacement characters", async () => {
    const broken = file("broken.json", Buffer.from([0x7b, 0x0a, 0x22, 0xe9, 0x22, 0x7d]));
    await expect(readTextFile(broken)).rejects.toThrow(/broken.json, line 2: byte 3 \(0xe9\) is not UTF-8/);
    const odd = file("odd.json", bigEndian.subarray(0, -1));
    await expect(readTextFile(odd)).rejects.toThrow(/begins as UTF-16BE and does not go on so/);
  });

  it("may be absent where it is optional", async () => {
    expect(await readOptionalText(join(folder, "none"))).toBeUndefined();
    expect(await readOptionalJson(join(folder, "none"))).toBeUndefined();
    await expect(readOptionalJson(file("list.json", "[]"))).rejects.toThrow(/a JSON object was expected/);
  });
});

describe.skipIf(process.platform === "win32")("what is no regular file is refused at once", () => {
  it("a folder, a pipe, a socket, a device", async () => {
    const pipe = join(folder, "pipe");
    execFileSync("mkfifo", [pipe]);
    const socket = join(folder, "socket");
    const server = createServer();
    await new Promise<void>((done) => server.listen(socket, done));
    const refused = async (path: string) => regularFile(path).catch((error: Error) => error.message);
    expect(await refused(folder)).toMatch(/it is a folder, and a file was expected/);
    expect(await refused(pipe)).toMatch(/it is a named pipe, and a file was expected/);
    expect(await refused(socket)).toMatch(/it is a socket/);
    expect(await refused("/dev/zero")).toMatch(/it is a device/);
    await expect(readTextFile(pipe)).rejects.toThrow(/a named pipe/);
    await new Promise((done) => server.close(done));
  });
});
