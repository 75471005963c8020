import { mkdtemp, open, rm, stat, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { fingerprintTensors } from "./fingerprint.ts";
import { openSafetensors, writeSafetensors } from "./safetensors-file.ts";

it("weights are read once for their fingerprint, until their file changes", async () => {
  const dir = await mkdtemp(join(tmpdir(), "punchline-fingerprint-"));
  try {
    const path = join(dir, "model.safetensors");
    await writeSafetensors(path, [{ name: "w", dtype: "F32", shape: [2], data: Float32Array.of(1, 2) }]);
    const { atime, mtime, size } = await stat(path);
    const fingerprint = async () => {
      const source = await openSafetensors(path);
      const found = await fingerprintTensors(source);
      expect(await fingerprintTensors(source)).toBe(found);
      await source.close();
      return found;
    };
    await utimes(path, atime, mtime);
    const first = await fingerprint();
    const file = await open(path, "r+");
    await file.write(Uint8Array.of(7), 0, 1, size - 1);
    await file.close();
    // Only a second look at the bytes would see the change.
    await utimes(path, atime, mtime);
    expect(await fingerprint()).toBe(first);
    await utimes(path, atime, new Date(mtime.getTime() + 5));
    expect(await fingerprint()).not.toBe(first);
  } finally {
    await rm(dir, { recursive: true });
  }
});
