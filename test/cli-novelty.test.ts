/** `punchline novelty`: files from anywhere, snapshots along a training, and what it cannot audit. */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseHTML } from "linkedom";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ModelAudit } from "../src/evaluate/novelty/audit-model.ts";
import { punchline } from "./cli-here.ts";

const jokes = Array.from({ length: 120 }, (_, k) => {
  const [animal, place] = [["hen", "cow", "bee", "dog"][k % 4], ["road", "river", "field"][k % 3]];
  return `The ${animal} number ${k} went to ${k * 7919} ${place}s and saw ${k * 31} of ${(k * k) % 97} trees there.`;
});
let folder = "";
const run = (words: readonly string[]) => punchline(words, { cwd: folder });
const audit = async (words: readonly string[]): Promise<ModelAudit> => {
  const ran = await run(["novelty", ...words, "--json"]);
  expect(ran.status, ran.stderr).toBe(0);
  return JSON.parse(ran.stdout);
};
const put = (name: string, content: string) => writeFileSync(join(folder, name), content);
const data = ["--data", "jokes.txt", "--near", "off"];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "punchline-novelty-"));
  put("jokes.txt", jokes.join("\n"));
  const sizes = ["--width", "16", "--batch-size", "4", "--seq-len", "16", "--validation-tokens", "500"];
  const ran = await run(["train", "--out", "a", ...data, "--steps", "6", "--snapshot-every", "2", ...sizes]);
  expect(ran.status, ran.stderr).toBe(0);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("files of texts", () => {
  // A text of the training split, whichever that is.
  const known = async () => (await audit(["one.txt", ...data])).samples[0]!.nearest[0]!.text;

  it("finds the copy in every format, and says what the texts are", async () => {
    put("one.txt", "The hen went to the road.\n");
    const copy = await known();
    put("own.txt", `${copy}\nSomething else entirely, said nobody.\n`);
    put("own.jsonl", `${JSON.stringify({ text: copy })}\n${JSON.stringify({ text: "Else." })}\n`);
    put("own.csv", `ID,Joke\n1,"${copy}"\n2,Else.\n`);
    for (const name of ["own.txt", "own.jsonl", "own.csv"]) {
      const { copies, n, samples } = await audit([name, ...data]);
      expect([copies, n, samples[0]!.copy_kind], name).toEqual([1, 2, "exact"]);
    }
  });

  it("takes texts of another script, without a word, or of only one training text", async () => {
    put("odd.txt", "Зачем курица перешла дорогу?\n???\n鶏はなぜ道を渡ったのか\n");
    expect(await audit(["odd.txt", ...data])).toMatchObject({ copies: 0, n: 2, empty: 1 });
    put("single.txt", "The only joke in the world.\n");
    const one = await audit(["single.txt", "--data", "single.txt", "--validation", "0", "--test", "0"]);
    expect(one).toMatchObject({ copies: 1, indexed: 1, baseline: { n: 0, rate: null }, difference: null });
  });

  it.each([
    [["gone.txt"], 'There is no file "gone.txt"'],
    [["empty.txt"], "empty.txt"],
    [["blank.txt"], "blank.txt has no text with a word in it"],
    [["jokes.txt", "--checkpoints"], "jokes.txt is no run"],
    [["jokes.txt", "-n", "5"], "jokes.txt is a file of texts, which writes nothing; leave --n out."],
    [["openai:x", "--asked", "5"], "openai:x runs elsewhere and is not asked"],
  ])("%j fails with one sentence", async (words, sentence) => {
    put("empty.txt", "");
    put("blank.txt", "\n ?!\n");
    const ran = await run(["novelty", ...words, ...data, "--json"]);
    expect(ran.stdout).toBe("");
    expect(ran.status).toBeGreaterThan(0);
    expect(ran.stderr).toMatch(/error: [^\n]*\.\n$/);
    expect(ran.stderr).toContain(sentence);
  });
});

describe("texts of the same cue", () => {
  const csv = ["Id,Joke", ...jokes.map((joke, k) => `${k},${joke}${k === 3 ? "\n" : ""}`)];
  const lineOf = (text: string) =>
    csv
      .join("\n")
      .split("\n")
      .findIndex((line) => line.includes(text)) + 1;

  it("are shown with what is shared and the line of the person's file, and said in --json", async () => {
    put("jokes.csv", csv.join("\n"));
    put("own.txt", "The hen number 88 flew home.\nThe king of the road was here.\n");
    const words = ["novelty", "own.txt", "--data", "jokes.csv", "--near", "off", "--page", "cues.html"];
    const { stdout, stderr } = await run(words);
    expect(stderr).not.toContain("error");
    const text = jokes[88]!.split(" went")[0]!;
    const hens = jokes.filter((joke) => joke.startsWith("The hen number")).length;
    expect(stdout.replace(/\s+/g, " ")).toContain(
      `1. [${text}] flew home. new ${hens} training texts begin “The hen number”; the closest:`,
    );
    expect(stdout.replace(/\s+/g, " ")).toContain(
      `- [${text}]${jokes[88]!.slice(text.length)} (jokes.csv, line ${lineOf(text)})`,
    );
    expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(stdout.indexOf("are copies")).toBeLessThan(stdout.indexOf("In brackets"));

    const { samples, cues } = await audit(words.slice(1));
    expect(samples[0]!.cue_matches[0]).toMatchObject({
      text: jokes[88],
      words: 4,
      count: 1,
      in_sample: [0, text.length],
      place: { source: "jokes.csv", unit: "line", row: lineOf(text) },
    });
    expect(samples[1]).toMatchObject({ same_cue_count: 0, cue_matches: [] });
    expect(cues).toMatchObject({ words: 3, samples: { shared: 1, n: 2 } });
    const { document } = parseHTML(readFileSync(join(folder, "cues.html"), "utf8"));
    const figure = document.querySelector("#novelty-0-cues")!;
    expect(figure.querySelector(".real mark")!.textContent).toBe(text);
    expect(figure.textContent).toContain(`jokes.csv, line ${lineOf(text)}`);
  });

  it("are shown beside what sample writes with --check, and a program gets the audit of each", async () => {
    const words = ["sample", "a", "-n", "2", "--max-length", "12", "--prompt", "The hen number 8"];
    const { stdout, status } = await run([...words, "--check"]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^\[In brackets\]: .*\n\n1\. \[The hen number/);
    expect(stdout.replace(/\s+/g, " ")).toMatch(/- \[The hen number[^\]]*\].* \(jokes\.txt, line \d+\)/);
    const written = JSON.parse((await run([...words, "--check", "--json"])).stdout).samples;
    for (const { prompt, text, check } of written) {
      expect(check).toMatchObject({ text: prompt + text, prompt, copy: false });
      for (const { text: found, place } of check.cue_matches) expect(jokes[place.row - 1]).toBe(found);
      expect(check.cue_matches.length).toBeGreaterThan(0);
    }
    expect(JSON.parse((await run([...words, "--json"])).stdout).samples[0]).not.toHaveProperty("check");
    for (const [more, said] of [
      [["--data", "jokes.txt"], "--data is of use with --check and --novel only"],
      [["--check", "--tries", "3"], "--tries is of use with --novel only"],
    ] as const) {
      const refused = await run([...words, ...more]);
      expect([refused.status, refused.stderr]).toEqual([2, expect.stringContaining(said)]);
    }
  });
});

describe("data --audit", () => {
  it("finds what the filter between the splits is told to let through", async () => {
    const twice = Array.from({ length: 40 }, (_, k) => [
      `A man number ${k} walks into the bar of ${k * 7919} and orders ${k * 31} beers.`,
      `A man number ${k} walks into the bar of ${k * 7919} and orders ${k * 31} wines.`,
    ]);
    put("twice.txt", twice.flat().join("\n"));
    const words = ["data", "twice.txt", "--audit", "--validation", "0.2", "--test", "0.2", "--json"];
    const through = JSON.parse((await run([...words, "--near", "off"])).stdout).leaks;
    expect(through.copies).toBeGreaterThan(10);
    for (const { text, training_text } of through.found) expect(text).not.toBe(training_text);
    expect(through.found[0].similarity).toBeGreaterThan(0.7);
    expect(await run(["data", "twice.txt", "--audit", "--raw"])).toMatchObject({ status: 2 });
  });
});

describe("novelty --checkpoints", () => {
  it("audits every snapshot, in order, passes over a broken one, and draws them", async () => {
    const words = ["a", "-n", "4", "--max-length", "20", "--asked", "4", "--checkpoints"];
    const whole = await audit([...words, "--page", "page.html"]);
    expect(whole.checkpoints!.map(({ step }) => step)).toEqual([2, 4, 6]);
    for (const { n, val_loss, train_loss, extraction } of whole.checkpoints!) {
      expect(n).toBe(4);
      expect(val_loss).toBeGreaterThan(0);
      expect(train_loss).toBeGreaterThan(0);
      expect(extraction).toMatchObject({ training: { n: 4 }, heldout: { n: 4 } });
    }
    const { document } = parseHTML(readFileSync(join(folder, "page.html"), "utf8"));
    expect(document.querySelectorAll("#novelty-0-checkpoints svg").length).toBeGreaterThanOrEqual(2);

    rmSync(join(folder, "a/checkpoints/step-4/model.safetensors"));
    const ran = await run(["novelty", ...words, "--json"]);
    expect(JSON.parse(ran.stdout).checkpoints.map(({ step }: { step: number }) => step)).toEqual([2, 6]);
    expect(ran.stderr).toContain("The snapshot of step 4 cannot be audited: ");
    // The index of the training texts is kept in the run, and was good for all of this.
    expect(existsSync(join(folder, "a/novelty.index"))).toBe(true);
  });

  it("says how snapshots come about where there are none", async () => {
    rmSync(join(folder, "a/checkpoints"), { recursive: true });
    const ran = await run(["novelty", "a", "-n", "2", "--asked", "0", "--checkpoints"]);
    expect(ran.status).toBe(2);
    expect(ran.stderr).toContain("train it with --snapshots 8");
    expect(readdirSync(folder)).not.toContain("checkpoints");
  });

  it("says that the data has changed since the training", async () => {
    put("jokes.txt", [...jokes, "A quite new one that was not there before."].join("\n"));
    const ran = await run(["novelty", "a", "-n", "2", "--max-length", "10", "--asked", "0"]);
    expect(ran.status).toBe(0);
    expect(ran.stderr).toContain("The data has changed since a was trained");
  });
});
