/** `finetune --lora` and `export --merge` on the command line: what is shown, and what is refused. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, vi } from "vitest";
import { temporaryFolder } from "./cli.ts";
import { punchline } from "./cli-here.ts";
import { modelFolder } from "./export-fixture.ts";

// Each test trains several times; a busy machine takes its time.
vi.setConfig({ testTimeout: 120_000 });

const words = ["why", "did", "the", "hen", "cross", "a", "road", "to", "see", "its", "other", "side"];

async function workplace() {
  const cwd = temporaryFolder();
  const texts = Array.from(
    { length: 100 },
    (_, i) => `the ${words[i % 12]} ${words[(7 * i) % 11]} ${i} a road`,
  );
  writeFileSync(join(cwd, "texts.txt"), texts.join("\n"));
  const base = await modelFolder("gpt2");
  const data = ["--data", "texts.txt", "--near", "off"];
  const quick = ["--steps", "2", "--batch-size", "2", "--seq-len", "16", "--sample-every", "0"];
  const run = (...line: string[]) => punchline(line, { cwd });
  return { run, base, finetune: (...line: string[]) => run("finetune", base, ...data, ...quick, ...line) };
}

it("trains adapters, says so, and exports them alone or merged", async () => {
  const { run, finetune } = await workplace();
  const trained = await finetune("--out", "a", "--lora", "--lora-rank", "4", "--json");
  expect(trained.status, trained.stderr).toBe(0);
  expect(trained.stderr).toContain("--lora-rank 4 --lora-alpha 16 --lora-dropout 0 --lora-targets c_attn");
  expect(trained.stderr).toMatch(/2,048 of [\d,]+ parameters are trained/);
  expect(JSON.parse(trained.stdout)).toMatchObject({ steps: 2, trainable: 2048 });
  const again = await finetune("--out", "a", "--resume", "--lora", "--lora-rank", "8");
  expect(again).toMatchObject({ status: 2, stderr: expect.stringContaining("cannot change --lora-rank") });
  const alone = await run("export", "a", "--out", "alone", "--json");
  expect(JSON.parse(alone.stdout).files).toContain("adapter_model.safetensors");
  const merged = await run("export", "a", "--merge", "--out", "merged", "--json");
  expect(JSON.parse(merged.stdout).files).toContain("model.safetensors");
  for (const name of ["a", "alone", "merged"])
    expect(await run("sample", name, "--max-length", "3", "--json")).toMatchObject({ status: 0 });
});

it("goes on with an adapter, and refuses what that decides", async () => {
  const { run, finetune } = await workplace();
  expect(await finetune("--out", "a", "--lora", "--lora-rank", "4")).toMatchObject({ status: 0 });
  const further = ["--out", "b", "--lora", "--adapter", "a"];
  const trained = await finetune(...further, "--json");
  expect(trained.status, trained.stderr).toBe(0);
  expect(trained.stderr).toMatch(
    /with the adapter a: .*--lora-rank 4 --lora-alpha 16 --lora-dropout 0 --lora-targets c_attn/,
  );
  expect(await finetune("--out", "b", "--resume", "--lora", "--adapter", "c")).toMatchObject({
    status: 2,
    stderr: expect.stringContaining("cannot change --adapter"),
  });
  expect(await run("sample", "b", "--max-length", "3")).toMatchObject({ status: 0 });
  for (const [line, message] of [
    [["--adapter", "a"], "--adapter a is trained further as an adapter; add --lora"],
    [["--lora", "--adapter", "a", "--lora-rank", "8"], "--lora-rank 8 is not that of the adapter a, 4"],
  ] as const) {
    const refused = await finetune("--out", "c", ...line);
    expect(refused).toMatchObject({ status: 2, stderr: expect.stringContaining(message) });
  }
  expect(await run("sample", "c")).toMatchObject({ status: 1 });
});

it("refuses what makes no sense in one sentence, and leaves no folder", async () => {
  const { run, finetune } = await workplace();
  const refused = async (...line: string[]) => {
    const { status, stderr } = await finetune("--out", "b", ...line);
    expect(status).toBe(2);
    return stderr.trim().split("\n").at(-1);
  };
  expect(await refused("--lora-rank", "4")).toBe("error: --lora-rank is an option of --lora; add it.");
  expect(await refused("--lora", "--lora-targets", "q_proj")).toBe(
    'error: "q_proj" of --lora-targets names no linear map of gpt2, which has c_attn, c_proj, c_fc; did you mean "c_proj"?',
  );
  // Before any text is read.
  expect(await refused("--lora", "--lora-targets", "query", "--data", "missing.txt")).toBe(
    'error: "query" of --lora-targets names no linear map of gpt2, which has c_attn, c_proj, c_fc.',
  );
  expect(await refused("--freeze-layers", "9")).toContain("beyond the 2 layers");
  expect(await run("sample", "b")).toMatchObject({ status: 1 });
});
