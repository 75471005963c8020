import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { Spool } from "./spool.ts";

it("says where what was written is no longer there, instead of giving less", () => {
  const folder = mkdtempSync(join(tmpdir(), "punchline-spool-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  // The next file that is opened has the same number.
  const file = openSync(folder, "r");
  closeSync(file);
  const spool = new Spool(join(folder, "corpus.tokens"));
  onTestFinished(() => spool.close());
  spool.write(new Uint8Array(3_000_000).fill(7));
  expect([...spool.pieces()].reduce((sum, { length }) => sum + length, 0)).toBe(3_000_000);
  ftruncateSync(file, 2_000_000);
  expect(() => [...spool.pieces()]).toThrow(/Cannot write .*corpus\.tokens: what was kept on the disk/);
});
