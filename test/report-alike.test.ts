/** `punchline report` against `punchline eval`: one figure for one thing, and none beside another that does not compare. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Evaluation } from "../src/evaluate/evaluation.ts";
import type { QualityReport } from "../src/evaluate/quality/quality-report.ts";
import { runHere as run } from "./cli-here.ts";

const folder = mkdtempSync(join(tmpdir(), "punchline-report-alike-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string) => join(folder, name);
const words =
  "why did the old hen cross “the road” to see Über its café other side naïve and then home".split(" ");
const saying = (k: number) =>
  Array.from(
    { length: 9 },
    (_, i) => words[(Math.imul(7 * k + 1, 2654435761 + 40503 * i * i) >>> 9) % words.length],
  ).join(" ");
const tiny =
  "--width 8 --batch-size 4 --seq-len 16 --sample-every 0 --validation-tokens 200 --near off".split(" ");

beforeAll(async () => {
  const texts = Array.from({ length: 160 }, (_, k) => saying(k));
  writeFileSync(at("texts.txt"), texts.join("\n"));
  writeFileSync(
    at("pairs.jsonl"),
    texts.map((punchline, k) => `${JSON.stringify({ setup: saying(k + 500), punchline })}\n`).join(""),
  );
  for (const [name, ...options] of [
    ["ascii", "--data", at("texts.txt"), "--steps", "6"],
    ["more", "--data", at("texts.txt"), "--steps", "60"],
    ["unicode", "--data", at("texts.txt"), "--steps", "60", "--keep-unicode"],
    ["answers", "--data", at("pairs.jsonl"), "--steps", "6"],
  ]) {
    const ran = await run("train", "--out", at(name!), ...tiny, ...options);
    expect(ran.status, ran.stderr).toBe(0);
  }
});

type Figures = Pick<Evaluation, "loss" | "tokens" | "bits_per_character">;

async function document<T>(...words: readonly string[]): Promise<T> {
  const ran = await run(...words, "--json");
  expect(ran.status, ran.stderr).toBe(0);
  return JSON.parse(ran.stdout) as T;
}
const report = (...names: readonly string[]) =>
  document<QualityReport>("report", ...names.map(at), "-n", "4", "--max-length", "8");
const figures = ({ loss, tokens, bits_per_character }: Partial<Figures>) => ({
  loss,
  tokens,
  bits_per_character,
});

describe("a report", () => {
  it.each(["ascii", "answers"])("has the figures that eval has, of %s", async (name) => {
    const { runs } = await report(name);
    expect(figures(runs[0]!)).toEqual(figures(await document<Evaluation>("eval", at(name))));
  });

  it("scores a run whose texts were cleaned otherwise on its own, and does not rank it", async () => {
    const page = at("page.html");
    const names = ["ascii", "unicode", "more"];
    const shown = ["report", ...names.map(at), "-n", "4", "--max-length", "8", "--out", page];
    const { runs, lead, notes } = await document<QualityReport>(...shown);
    for (const [i, name] of names.entries())
      expect(figures(runs[i]!)).toEqual(figures(await document<Evaluation>("eval", at(name))));
    expect(runs.map(({ own_texts }) => own_texts)).toEqual([undefined, true, undefined]);
    expect([lead!.best, lead!.next]).toEqual([at("more"), at("ascii")]);
    expect(notes.join(" ")).toContain("unicode were cleaned by other rules");
    const html = readFileSync(page, "utf8");
    expect(html).toContain(`${runs[1]!.bits_per_character!.toFixed(3)}*`);
    expect(html).not.toMatch(/unicode predicts test texts best/);
  });

  it("compares runs of one cleaning, asked for, on one set of texts", async () => {
    const data = ["--data", at("texts.txt"), "--no-keep-unicode", "--near", "off"];
    const words = ["report", at("ascii"), at("unicode"), "-n", "4", "--max-length", "8"];
    const { runs } = await document<QualityReport>(...words, ...data);
    expect(runs.map(({ own_texts }) => own_texts)).toEqual([undefined, undefined]);
    // The other's vocabulary has no plain quotation mark.
    expect(runs[1]!.notes.join()).toMatch(
      /How well .*unicode predicts could not be measured: The vocabulary has no/,
    );
  });
});
