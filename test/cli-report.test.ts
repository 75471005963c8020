/** `punchline report`: several runs side by side, and what becomes of one that fails. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseHTML } from "linkedom";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { QualityReport } from "../src/evaluate/quality/quality-report.ts";
import { punchline } from "./cli-here.ts";

let folder = "";
let replaced = "";
const run = (words: readonly string[], cwd = folder) => punchline(words, { cwd });
const few = ["-n", "24", "--max-length", "30"];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "punchline-report-"));
  const jokes = Array.from(
    { length: 400 },
    (_, k) => `Why did the ${["hen", "cow", "bee"][k % 3]} count to ${k * 7919}? To see ${k} of ${k * 31}.`,
  );
  writeFileSync(join(folder, "jokes.txt"), jokes.join("\n"));
  const sizes = ["--width", "16", "--batch-size", "4", "--seq-len", "16", "--validation-tokens", "500"];
  const data = ["--data", "jokes.txt", "--near", "off", "--validation", "0.1", "--test", "0.1"];
  for (const words of [
    [
      ...["train", "--out", "lstm", ...data, "--steps", "60", "--learning-rate", "0.02"],
      ...["--width", "24", "--batch-size", "8", "--seq-len", "32", "--validation-tokens", "500"],
    ],
    ["train", "--out", "weak", ...data, "--steps", "1", ...sizes],
    ["train", "--out", "words", "--model", "word-rnn", ...data, "--steps", "4", ...sizes],
    ["train", "--out", "other", ...data.slice(0, -2), "--test", "0", "--steps", "4", ...sizes],
  ]) {
    const ran = await run(words);
    expect(ran.status, ran.stderr).toBe(0);
  }
  // A model's folder of that name goes before the built-in one: an encoder that knows too little.
  replaced = join(folder, "replaced");
  await cp(join(folder, "weak"), join(replaced, "punchline-gpt2"), { recursive: true });
  await cp(join(folder, "jokes.txt"), join(replaced, "jokes.txt"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("punchline report", () => {
  it("measures runs beside real texts, keeps the others' results where one fails, and draws a page", async () => {
    const ran = await run([
      "report",
      "lstm",
      "./gone",
      "words",
      ...few,
      "--encoder",
      "lstm",
      "--out",
      "page.html",
      "--json",
    ]);
    expect(ran.status, ran.stderr).toBe(0);
    const { reference, runs, failed, encoder, data } = JSON.parse(ran.stdout) as QualityReport;
    expect(runs.map((r) => [r.run, r.model])).toEqual([
      ["lstm", "char-lstm"],
      ["words", "word-rnn"],
    ]);
    expect(failed).toEqual([{ run: "./gone", reason: expect.stringContaining("./gone") }]);
    expect(encoder).toBe("lstm");
    expect(reference).toMatchObject({ texts: 24, ended: 1 });
    expect(data.held_out).toBeGreaterThanOrEqual(24);
    for (const measures of [reference, ...runs]) {
      expect(measures.texts).toBe(24);
      expect(measures.mauve).toBeGreaterThanOrEqual(0);
      expect(measures.mauve).toBeLessThanOrEqual(1);
    }
    for (const { bits_per_byte, speed, bytes, parameters } of runs) {
      expect(bits_per_byte).toBeGreaterThan(0);
      expect(speed.characters_per_s).toBeGreaterThan(0);
      expect(bytes).toBeGreaterThanOrEqual(4 * parameters!);
    }
    // Words nobody has learned flatter a word model, and that is said.
    expect(runs[1]!.unknown_words).toBeGreaterThan(0);
    expect(runs[1]!.notes.join()).toContain("flattered");

    const { document } = parseHTML(readFileSync(join(folder, "page.html"), "utf8"));
    const heads = [...document.querySelectorAll("tbody tr:first-child th")].map((e) => e.textContent);
    expect(heads).toContain("real texts");
    expect(document.body.textContent).toContain("./gone could not be measured");
    // Two runs side by side; what is folded below has two columns of its own.
    const [shown] = document.querySelectorAll("#runs-samples .columns");
    expect(shown!.querySelectorAll(".column").length).toBe(2);
  });

  it("compares vectors of the built-in GPT-2 where no encoder is named, also for models that have none", async () => {
    const words = ["report", "words", "--data", "one-liners", "-n", "24", "--max-length", "8"];
    const ran = await run([...words, "--json"]);
    expect(ran.status, ran.stderr).toBe(0);
    const { encoder, encoders, reference } = JSON.parse(ran.stdout) as QualityReport;
    expect(encoder).toBe("punchline-gpt2");
    expect(encoders).toMatchObject([{ encoder: "punchline-gpt2", believed: true }]);
    expect(reference.mauve).toBeTypeOf("number");
  });

  it("prints tables that fit 80 columns", async () => {
    const ran = await run(["report", "lstm", ...few]);
    expect(ran.status, ran.stderr).toBe(0);
    for (const line of ran.stdout.split("\n")) expect(line.length, line).toBeLessThanOrEqual(80);
    expect(ran.stdout).toMatch(/^real texts +\d/m);
    expect(existsSync(join(folder, "lstm/novelty.index"))).toBe(true);
  });

  it("leaves MAUVE out with the reason where the encoder predicts no better than token frequencies", async () => {
    const ran = await run(["report", "../weak", ...few, "--out", "weak.html", "--json"], replaced);
    expect(ran.status, ran.stderr).toBe(0);
    const { reference, runs, encoder, encoders, mauve_left_out } = JSON.parse(ran.stdout) as QualityReport;
    expect([reference.mauve, runs[0]!.mauve, encoder]).toEqual([null, null, null]);
    expect(encoders).toMatchObject([
      { encoder: "punchline-gpt2", believed: false },
      { encoder: "../weak", believed: false },
    ]);
    expect(encoders[1]!.perplexity).toBeCloseTo(runs[0]!.perplexity!, 0);
    const reason = /weak knows too little to be the encoder of MAUVE: its perplexity is \d+\.\d per token/;
    expect(mauve_left_out).toMatch(reason);
    const { body } = parseHTML(readFileSync(join(replaced, "weak.html"), "utf8")).document;
    expect(body.textContent).toMatch(reason);
    expect([...body.querySelectorAll("thead th")].map((e) => e.textContent)).not.toContain("MAUVE");
    const told = (await run(["report", "../weak", ...few], replaced)).stdout.replace(/\s+/g, " ");
    expect(told).toMatch(reason);
    expect(told).not.toContain("MAUVE: nearness");
    const named = await run(["report", "lstm", ...few, "--encoder", "weak", "--json"]);
    expect(JSON.parse(named.stdout)).toMatchObject({ encoder: null, reference: { mauve: null } });
  });

  it("takes the first run that knows enough as the encoder, and says which it passed over", async () => {
    const ran = await run(["report", "../weak", "../lstm", ...few, "--json"], replaced);
    const { reference, runs, encoder, encoders, mauve_left_out, notes } = JSON.parse(
      ran.stdout,
    ) as QualityReport;
    expect([encoder, mauve_left_out]).toEqual(["../lstm", null]);
    expect(encoders.map(({ believed }) => believed)).toEqual([false, false, true]);
    for (const { mauve } of [reference, ...runs]) expect(mauve).toBeTypeOf("number");
    expect(runs[0]!.mauve).toBeLessThan(reference.mauve!);
    expect(notes.join()).toContain("weak knows too little");
  });

  it("does not compare a run with texts that it was trained on", async () => {
    const ran = await run(["report", "lstm", "other", ...few, "--json"]);
    const { runs, failed } = JSON.parse(ran.stdout) as QualityReport;
    expect(runs).toHaveLength(1);
    expect(failed[0]).toMatchObject({
      run: "other",
      reason: expect.stringMatching(/^other was trained on \d+ of the \d+ texts that are held out/),
    });
  });

  it("fails with the first run's sentence where none can be measured, and says what it needs", async () => {
    expect(await run(["report", "./gone", "--json"])).toMatchObject({
      status: 1,
      stdout: "",
      stderr: expect.stringMatching(/error: .*\.\/gone.*\.\n$/),
    });
    expect(await run(["report"])).toMatchObject({ status: 2, stdout: "" });
    expect(await run(["report", "lstm", ...few, "--encoder", "openai:x"])).toMatchObject({ status: 1 });
  });
});
