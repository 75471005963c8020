import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root } from "../../test/cli.ts";

const MEGABYTE = 2 ** 20;

/** What a process of its own says after it did this. */
function peakAfter(work: string): number {
  const program = `import { peakBytes } from ${JSON.stringify(join(root, "src/files/peak-bytes.ts"))};
    ${work};
    console.log(peakBytes());`;
  const argv = ["--import", join(root, "bench/register.mjs"), "--input-type=module", "-e", program];
  return Number(execFileSync(process.execPath, argv, { encoding: "utf8", cwd: root }));
}

test("counts what a process has had, and not what its parent has", () => {
  const held = Buffer.alloc(600 * MEGABYTE, 1);
  const [plain, filled] = [peakAfter(""), peakAfter(`Buffer.alloc(${200 * MEGABYTE}, 1)`)];
  expect(plain).toBeGreaterThan(20 * MEGABYTE);
  if (process.platform === "linux") expect(plain).toBeLessThan(300 * MEGABYTE);
  expect(filled - plain).toBeGreaterThan(process.platform === "linux" ? 150 * MEGABYTE : -1);
  expect(held[0]).toBe(1);
});
