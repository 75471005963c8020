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
  // Whoever reads a list has asked for none of them.
  for (const { reason } of devices) expect(reason ?? "").not.toMatch(/leave|choose/);
});

const absent = process.platform === "darwin" ? "dml" : "coreml";
it("a device of another system is refused with those that are here, which the option takes", async () => {
  const { status, stderr } = await punchline(["sample", "punchline-gpt2", "--device", absent]);
  expect(status).toBe(1);
  const [, others] = /only on \w+; choose another --device, of (.*)\.\n$/.exec(stderr)!;
  for (const name of others!.split(/, | and /)) expect(["cpu", "webgpu", "cuda", "dml"]).toContain(name);
});
