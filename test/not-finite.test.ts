/** A model whose weights are too large, or no numbers, writes and measures nothing: one sentence, and exit status 1. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openLocal } from "../src/generate/open.ts";
import { openSafetensors, writeSafetensors } from "../src/hub/safetensors-file.ts";
import { serve } from "../src/server/serve.ts";
import { temporaryFolder } from "./cli.ts";
import { runHere } from "./cli-here.ts";
import { modelFolder } from "./export-fixture.ts";

/** A model all of whose weights are of this size, with signs that alternate. */
async function broken(type: string, value: number): Promise<string> {
  const folder = await modelFolder(type, { width: 16, layers: 4, kernel: 3, context: 64 });
  const file = join(folder, "model.safetensors");
  const source = await openSafetensors(file);
  const tensors = [...source.tensors].map(([name, { shape }]) => ({
    name,
    dtype: "F32" as const,
    shape: [...shape],
    data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => (i % 3 ? value : -value)),
  }));
  await source.close();
  await writeSafetensors(file, tensors);
  return folder;
}

/** Texts in the vocabularies of the fixture. */
function data(): string {
  const words = ["why", "did", "the", "hen", "cross", "a", "road", "to"];
  const line = (k: number) => Array.from({ length: 5 }, (_, i) => words[(k * (i + 3) + i * i) % 8]).join(" ");
  const file = join(temporaryFolder(), "data.txt");
  writeFileSync(file, [...new Set(Array.from({ length: 120 }, (_, k) => line(k)))].join("\n"));
  return file;
}

const commands = (folder: string, file: string): readonly (readonly string[])[] => [
  ["sample", folder, "--prompt", "why"],
  ["sample", folder, "--temperature", "0", "--repetition-penalty", "1.2"],
  ["sample", folder, "--beams", "3"],
  ["sample", folder, "--novel", "--data", file],
  ["eval", folder, "--data", file],
  ["eval", folder, "--data", file, "--texts", "alone"],
  ["eval", folder, "--recipe", "lambada", "--data", file],
  ["novelty", folder, "--data", file, "-n", "3"],
  ["suggest", folder, "why did"],
  ["compare", folder, folder, "--text", "why did the [MASK]."],
];

const sentence =
  /^error: [^\n]+ computes (NaN \(not a number\)|an infinite number), with which nothing can be/;

describe.each([
  ["char-lstm", 3e38],
  ["gpt2", 1e30],
  ["char-cnn", 3e38],
  ["gpt2", 3e38],
  ["word-lstm", 3e38],
])("%s with weights of %d", (type, value) => {
  it("is an error of every command", async () => {
    const folder = await broken(type, value);
    const file = data();
    for (const words of commands(folder, file)) {
      const { status, stdout, errors } = await runHere(...words, "--json");
      expect([words[0], status, stdout, errors]).toEqual([
        words[0],
        1,
        "",
        [expect.stringMatching(sentence)],
      ]);
    }
  });
});

it("char-bilstm, bert: sampling, scoring and filling are errors", async () => {
  const file = data();
  const [window, masked] = [await broken("char-bilstm", 3e38), await broken("bert", 3e38)];
  for (const words of [
    ["sample", window],
    ["eval", window, "--data", file],
    ["fill", masked, "a [MASK] road"],
    ["eval", masked, "--data", file],
  ]) {
    const { status, stdout, errors } = await runHere(...words, "--json");
    expect([words[0], status, stdout, errors]).toEqual([words[0], 1, "", [expect.stringMatching(sentence)]]);
  }
});

it("a server answers with the sentence, and that it is not the request's fault", async () => {
  const server = await serve(await openLocal(await broken("char-lstm", 3e38)), { port: 0 });
  const answer = await fetch(`${server.url}/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model: server.id, prompt: "why" }),
  });
  expect(answer.status).toBe(500);
  expect(await answer.json()).toMatchObject({ error: { type: "server_error", code: "not-finite" } });
  await server.close();
});

it("training further stops at the first step", async () => {
  const folder = await broken("char-lstm", 3e38);
  const out = join(temporaryFolder(), "run");
  const { status, stdout, errors } = await runHere(
    ...["finetune", folder, "--data", data(), "--out", out, "--steps", "2", "--batch-size", "2", "--json"],
  );
  expect([status, stdout, errors.length]).toEqual([1, "", 1]);
});
