import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { nativeEngine } from "./engine.ts";

/** The first process lets go of its server when it is called, and ends a second later; the next one answers after two. */
const program = `
process.on("message", ({ id, name }) => {
  if (name === "runs") {
    process.send({ id, last: false, text: "begun" }, () => process.disconnect());
    setTimeout(() => process.exit(3), 1000);
  } else setTimeout(() => process.send({ id, last: true, text: "answer" }), 2000);
});
`;

test("a process that ends slowly ends its own calls, and none of the process after it", async () => {
  const folder = await mkdtemp(join(tmpdir(), "punchline-engine-"));
  const file = join(folder, "program.mjs");
  await writeFile(file, program);
  const engine = nativeEngine({ runs: folder, backend: {} }, { file, execArgv: [] });
  try {
    let begun = () => {};
    const hasBegun = new Promise<void>((resolve) => {
      begun = resolve;
    });
    /** Begins a call; resolves to its last message. */
    const lastOf = (name: "runs" | "history") =>
      new Promise<string>((resolve) => {
        engine.begin(name, "", ({ last, text }) => (last ? resolve(text) : begun()));
      });
    const first = lastOf("runs");
    await hasBegun;
    // The server notices that it was let go of.
    await new Promise((resume) => setTimeout(resume, 300));
    const second = lastOf("history");
    expect(await first).toContain("engine-ended");
    expect(await second).toBe("answer");
  } finally {
    await engine.close();
    await rm(folder, { recursive: true, force: true });
  }
});
