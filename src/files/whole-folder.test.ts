import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { writeFileAtomic } from "./atomic.ts";
import { writeFolder } from "./whole-folder.ts";

it("names the folder that was asked for where a file in it cannot be written, and leaves nothing", async () => {
  const parent = mkdtempSync(join(tmpdir(), "punchline-whole-"));
  const out = join(parent, "out");
  try {
    const written = writeFolder(out, async (folder) => {
      await writeFileAtomic(join(folder, "a"), new Uint8Array(4));
      await writeFileAtomic(join(folder, "a", "b.bin"), new Uint8Array(4));
    });
    const error = await written.catch((reason: unknown) => reason);
    expect(error).toMatchObject({ details: { path: join(out, "a") } });
    expect(String(error)).toContain(` ${join(out, "a")}: `);
    expect(existsSync(out)).toBe(false);
    expect(readdirSync(parent)).toEqual([]);
  } finally {
    rmSync(parent, { recursive: true, force: true });
  }
});
