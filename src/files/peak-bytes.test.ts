import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root } from "../../test/cli.ts";
import { peakBytes } from "./peak-bytes.ts";

const MEGABYTE = 2 ** 20;

test("counts what this process has had, also after it was given back", () => {
  const before = peakBytes();
  Buffer.alloc(300 * MEGABYTE, 1);
  expect(peakBytes()).toBeGreaterThan(before);
  expect(peakBytes()).toBeGreaterThan(300 * MEGABYTE);
});

test.skipIf(process.platform !== "linux")("does not count what the parent has", () => {
  const held = Buffer.alloc(600 * MEGABYTE, 1);
  const program = `import { peakBytes } from ${JSON.stringify(join(root, "src/files/peak-bytes.ts"))};
    console.log(peakBytes());`;
  const argv = ["--import", join(root, "bench/register.mjs"), "--input-type=module", "-e", program];
  const bytes = Number(execFileSync(process.execPath, argv, { encoding: "utf8", cwd: root }));
  expect(bytes).toBeGreaterThan(20 * MEGABYTE);
  expect(bytes).toBeLessThan(400 * MEGABYTE);
  expect(held[0]).toBe(1);
});
