import { describe, expect, it } from "vitest";
import type { Sample } from "../../generate/sample.ts";
import { Auditor } from "./auditor.ts";
import { writeNovel } from "./novel-samples.ts";
import { buildIndex } from "./training-index.ts";

const train = [
  "Why did the chicken cross the road? To get to the other side!",
  "I have a fear of speed bumps, but I am slowly getting over it.",
];
const auditor = new Auditor(buildIndex(train));
const sample = (text: string): Sample => ({
  prompt: "",
  text,
  tokens: 1,
  finish: "eos",
  ids: [],
  logProbabilities: [],
});

/** Says the lines of a script in turn, round and round, and keeps what it was asked for. */
function writer(script: readonly string[]) {
  const rounds: { n: number; seed: number }[] = [];
  let at = 0;
  return {
    rounds,
    async write(n: number, seed: number) {
      rounds.push({ n, seed });
      return Array.from({ length: n }, () => sample(script[at++ % script.length]!));
    },
  };
}

describe("writeNovel", () => {
  it("throws away what is in a part of the source that was not learned", async () => {
    const held = "My hamster runs a small bakery behind the town hall on Sundays.";
    const script = [held, "A new one about an otter.", `${held} Really!`, "Another one about a badger."];
    const { write } = writer(script);
    const elsewhere = new Auditor(buildIndex([held]));
    const found = await writeNovel(write, auditor, { n: 2, seed: 1, elsewhere });
    expect(found.samples.map(({ text }) => text)).toEqual([script[1], script[3]]);
    expect(found.thrown_away).toBe(2);
  });

  it("keeps what is new, in the order it came, and counts what it threw away", async () => {
    const { write, rounds } = writer([
      train[0]!,
      "A new one about an otter.",
      "why did the chicken cross the road to get to the other side of it",
      "?!",
      "Another about a beaver and his dam.",
    ]);
    const found = await writeNovel(write, auditor, { n: 2, seed: 7 });
    expect(found.samples.map(({ text }) => text)).toEqual([
      "A new one about an otter.",
      "Another about a beaver and his dam.",
    ]);
    expect(found).toMatchObject({ thrown_away: 3, kinds: { exact: 1, near: 1, span: 0, empty: 1 } });
    expect(found.ended).toBeUndefined();
    for (const { similarity } of found.samples) expect(similarity).toBeLessThan(0.7);
    // The first round has the seed itself, and no two rounds have the same.
    expect(rounds[0]).toEqual({ n: 2, seed: 7 });
    expect(new Set(rounds.map(({ seed }) => seed)).size).toBe(rounds.length);
  });

  it("judges the prompt and the text together, by the rule of its auditor", async () => {
    const write = async () => [
      { ...sample(" chicken cross the road? To get to the other side!"), prompt: "Why did the" },
    ];
    const { samples, kinds } = await writeNovel(write, auditor, { n: 1, seed: 0, tries: 3 });
    expect([samples.length, kinds.exact]).toEqual([0, 3]);
    const far = ["Why did the chicken cross the street? To get to another side!"];
    const strict = new Auditor(auditor.index, { rule: { near: 0.6 } });
    const lax = new Auditor(auditor.index, { rule: { near: 1, span: 1 } });
    expect((await writeNovel(writer(far).write, strict, { n: 1, seed: 0 })).samples).toEqual([]);
    expect((await writeNovel(writer(far).write, lax, { n: 1, seed: 0 })).samples).toHaveLength(1);
  });

  it("ends where only what was thrown away comes again, and where its tries are used up", async () => {
    const repeats = await writeNovel(writer(train).write, auditor, { n: 2, seed: 0, tries: 1000 });
    expect(repeats).toMatchObject({ samples: [], ended: "repeats" });
    expect(repeats.thrown_away).toBeLessThan(50);
    const many = Array.from({ length: 99 }, (_, k) => `${train[0]} ${k}`);
    const tries = await writeNovel(writer(many).write, auditor, { n: 2, seed: 0, tries: 10 });
    expect(tries).toMatchObject({ samples: [], thrown_away: 20, ended: "tries" });
  });

  it("leaves what a larger round wrote beyond the need uncounted", async () => {
    const { write } = writer(["A new one about an otter.", train[0]!]);
    const found = await writeNovel(write, auditor, { n: 1, seed: 0, atLeast: 8 });
    expect(found).toMatchObject({ thrown_away: 0, samples: [{ text: "A new one about an otter." }] });
  });
});
