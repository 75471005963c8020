/** `punchline devices`. */
import { expect, it } from "vitest";
import { punchline } from "./cli-here.ts";
import { firstColumn, readPage } from "./markdown.ts";

it("lists every device, says which are usable, and why not", async () => {
  const { status, stdout, stderr } = await punchline(["devices", "--json"]);
  expect(status, stderr).toBe(0);
  const { devices } = JSON.parse(stdout) as { devices: Record<string, unknown>[] };
  expect(devices.map(({ name }) => name)).toEqual(["cpu", "webgpu", "cuda", "coreml", "dml"]);
  expect(devices[0]).toEqual({ name: "cpu", kind: "processor", usable: true, reason: null });
  for (const { usable, reason } of devices) expect(typeof reason === "string").toBe(!usable);
  expect(
    [...firstColumn(readPage("docs/run-folder.md").section("Document of punchline devices"))].sort(),
  ).toEqual(Object.keys(devices[0]!).sort());
  const shown = await punchline(["devices"]);
  expect(shown.stdout).toMatch(/cpu +processor +yes/);
});
