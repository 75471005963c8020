/** The commands on a GPT-2 and a BERT, small and of random weights: in 8 and 4 bits, beams, and what is refused. */

import { writeFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "./cli.ts";
import { punchline } from "./cli-here.ts";
import { modelFolder } from "./export-fixture.ts";

async function json(words: readonly string[]) {
  const { status, stdout, stderr } = await punchline([...words, "--json"]);
  expect(status, stderr).toBe(0);
  return JSON.parse(stdout);
}

async function refused(words: readonly string[], status: number, message: RegExp) {
  const result = await punchline(words);
  expect(result.status, result.stdout).toBe(status);
  expect(result.stderr).toMatch(message);
}

function textFile(): string {
  const file = join(temporaryFolder(), "text.txt");
  writeFileSync(file, "why did the hen cross the road? ".repeat(12));
  return file;
}

describe("fill", () => {
  it("shows a token of byte pairs as text, its space as a sign, and a piece of BERT as its vocabulary does", async () => {
    const roberta = await modelFolder("roberta");
    const { stdout } = await punchline(["fill", roberta, "the <mask> hen", "--top-k", "1000"]);
    expect(stdout).not.toMatch(/[ĠĊ]/u);
    expect(stdout).toMatch(/^␣\w+ +\d/mu);
    const { masks } = await json(["fill", roberta, "the <mask> hen", "--top-k", "1000"]);
    expect(masks[0].some(({ token }: { token: string }) => token.startsWith("Ġ"))).toBe(true);
    const bert = await punchline(["fill", await modelFolder("bert"), "the [MASK] hen", "--top-k", "1000"]);
    expect(bert.stdout).toMatch(/^##\w+ +\d/mu);
  });
});

describe("--quantize", () => {
  it("rounds the weights of sample, suggest and fill, and keeps them beside the model", async () => {
    const gpt2 = await modelFolder("gpt2");
    const { samples } = await json([
      "sample",
      gpt2,
      "--quantize",
      "q4",
      "--max-length",
      "5",
      "--prompt",
      "why",
    ]);
    expect(samples[0].tokens).toBe(5);
    expect(await readdir(gpt2)).toContain("punchline-q4.safetensors");
    const { suggestions } = await json(["suggest", gpt2, "why ", "--quantize", "q8"]);
    expect(suggestions.next).toHaveLength(3);
    const { masks } = await json(["fill", await modelFolder("bert"), "a [MASK] hen", "--quantize", "q8"]);
    expect(masks[0]).toHaveLength(5);
  });

  it("tells how the perplexity changes where it is measured", async () => {
    const gpt2 = await modelFolder("gpt2");
    const words = ["eval", gpt2, "--data", textFile(), "--raw"];
    const plain = await json(words);
    const rounded = await json([...words, "--quantize", "q4"]);
    expect(rounded.float32).toEqual({ loss: plain.loss, perplexity: plain.perplexity });
    expect(rounded.perplexity_change).toBeCloseTo(rounded.perplexity / plain.perplexity - 1, 10);
    expect(rounded.perplexity_change).not.toBe(0);
    const { stdout } = await punchline([...words, "--quantize", "q4"]);
    expect(stdout).toMatch(/in float32 +[\d.]+ \(4 bits: [+-][\d.]+ %\)/);
  });

  it("says which share of the weights stays float32, once, and nothing where all are rounded", async () => {
    const odd = join(temporaryFolder(), "odd");
    const choices =
      "--layers 1 --width 40 --heads 2 --seq-len 16 --batch-size 2 --steps 1 --vocabulary-size 300 --raw";
    const trained = await punchline([
      ...["train", "--model", "llama", "--data", textFile(), "--out", odd],
      ...choices.split(" "),
    ]);
    expect(trained.status, trained.stderr).toBe(0);
    const words = ["--quantize", "q4", "--max-length", "2"];
    const { stderr } = await punchline(["sample", odd, ...words]);
    expect(stderr.match(/\d+ of \d+ matrices, \d+ % of the weights, stay float32/g)).toHaveLength(1);
    const even = await punchline(["sample", await modelFolder("gpt2"), ...words]);
    expect(even.stderr).not.toContain("stay float32");
  });

  it("is refused where there is nothing to round", async () => {
    const lstm = await modelFolder("char-lstm");
    await refused(
      ["sample", lstm, "--quantize", "q8"],
      2,
      /is a char-lstm, and only openai-gpt, gpt2.* can be read in q8/,
    );
    await refused(["sample", "openai:x", "--quantize", "q8"], 2, /--quantize has no effect on openai:x/);
  });
});

describe("sample --beams", () => {
  it("gives the likeliest texts, best first, with the log-probabilities of their tokens", async () => {
    const gpt2 = await modelFolder("gpt2");
    const { samples } = await json(["sample", gpt2, "--beams", "6", "-n", "3", "--max-length", "4"]);
    const totals = samples.map(({ log_probabilities }: { log_probabilities: number[] }) =>
      log_probabilities.reduce((a, b) => a + b, 0),
    );
    expect(totals).toEqual([...totals].sort((a, b) => b - a));
    const greedy = await json(["sample", gpt2, "--temperature", "0", "--max-length", "4"]);
    const [one] = (await json(["sample", gpt2, "--beams", "1", "--max-length", "4"])).samples;
    expect(one.text).toBe(greedy.samples[0].text);
    expect(one.log_probabilities).toEqual(greedy.samples[0].log_probabilities);
  });

  it("refuses what shapes a draw", async () => {
    const gpt2 = await modelFolder("gpt2");
    await refused(["sample", gpt2, "--beams", "4", "--top-k", "3"], 2, /leave --top-k out/);
    await refused(["sample", gpt2, "--beams", "2", "-n", "3"], 2, /--beams 2 finds 2 texts at most/);
  });
});

describe("what one kind of model is not for", () => {
  it("is refused with the reason and the other command", async () => {
    const gpt2 = await modelFolder("gpt2");
    const bert = await modelFolder("bert");
    await refused(["fill", gpt2, "a [MASK]"], 2, /has no \[MASK\].*from the left.*"sample"/);
    await refused(["fill", bert, "no mask here"], 1, /The text has no mask: write \[MASK\]/);
    await refused(["sample", bert], 2, /fills masks.*use "fill"/);
    await refused(["sample", gpt2, "--max-length", "5000"], 2, /at most 64 tokens.*--slide/);
  });
});
