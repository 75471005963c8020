import { describe, expect, it } from "vitest";
import { normaliseText } from "../../../test/normalise-text.ts";
import { EXACT_FROM, NearestTexts, type Neighbour, WEIGHED } from "./nearest.ts";
import { buildIndex } from "./training-index.ts";

/** All similarities by the definition, without an index. */
function bruteForce(data: readonly string[], sample: string, count: number): Neighbour[] {
  const a = normaliseText(sample);
  const all = data.map((text, source) => {
    const b = normaliseText(text);
    const ngrams = dice(grams(a), grams(b));
    const edit = 1 - levenshtein(a, b) / Math.max(a.length, b.length, 1);
    return { source, text, similarity: (ngrams + edit) / 2, ngrams, edit };
  });
  const weighed = all
    .filter((n) => n.ngrams > 0)
    .sort((x, y) => y.ngrams - x.ngrams || x.source - y.source)
    .filter((n, i) => i < Math.max(WEIGHED, count) || n.similarity >= EXACT_FROM);
  return weighed
    .sort((x, y) => y.similarity - x.similarity || y.ngrams - x.ngrams || x.source - y.source)
    .slice(0, count);
}

function grams(text: string): string[] {
  return Array.from({ length: Math.max(0, text.length - 4) }, (_, i) => text.slice(i, i + 5));
}

function dice(a: string[], b: string[]): number {
  const left = [...b];
  let shared = 0;
  for (const gram of a) {
    const at = left.indexOf(gram);
    if (at < 0) continue;
    left.splice(at, 1);
    shared++;
  }
  return a.length + b.length === 0 ? 0 : (2 * shared) / (a.length + b.length);
}

function levenshtein(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replace = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(previous[j]! + 1, row[j - 1]! + 1, replace));
    }
    previous = row;
  }
  return previous[b.length]!;
}

function nearestTexts(data: readonly string[]) {
  const index = buildIndex(data);
  const nearest = new NearestTexts(index);
  return (text: string, count?: number) => nearest.find(index.read(text), count);
}

function generator(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
}

const vocabulary =
  "why did the chicken chickens cross road street to get other side what do you call a fish with no eyes man walks into bar barman says i like my women how many people take change light bulb".split(
    " ",
  );

describe("NearestTexts", () => {
  it("finds the same neighbours as comparing with every text", () => {
    const next = generator(3);
    const sentence = (words: number) =>
      Array.from({ length: words }, () => vocabulary[next(vocabulary.length)]!).join(" ");
    for (let round = 0; round < 6; round++) {
      const data = Array.from({ length: 120 }, () => sentence(next(14)));
      for (let k = 0; k < 40; k++) data.push(`${data[k]} ${sentence(1 + next(3))}`); // near copies
      const nearest = nearestTexts(data);
      const samples = [
        ...Array.from({ length: 8 }, () => sentence(next(14))),
        ...data.slice(0, 8).map((d) => d.replace("the", "thy")),
        `${data[9]} ${data[10]} 漢字`,
        data[11]!.repeat(3),
      ];
      for (const sample of samples) {
        for (const count of [1, 5]) {
          expect(nearest(sample, count), JSON.stringify(sample)).toEqual(bruteForce(data, sample, count));
        }
      }
    }
  });

  it("finds the same neighbours where most texts are equally near, or repeat themselves", () => {
    const next = generator(5);
    const base = Array.from({ length: 8 }, () => vocabulary[next(vocabulary.length)]!);
    const changed = (place: number) => base.map((word, i) => (i === place ? "hen" : word)).join(" ");
    const data = [
      ...Array.from({ length: 60 }, (_, i) => changed(i % 8)),
      ...Array.from({ length: 20 }, () => base.join(" ")),
      ...Array.from({ length: 30 }, (_, i) => "ha".repeat(i + 1)),
    ];
    const nearest = nearestTexts(data);
    for (const sample of [base.join(" "), changed(9), changed(2), "ha".repeat(17), "haha ha"]) {
      for (const count of [1, 5, 20])
        expect(nearest(sample, count), sample).toEqual(bruteForce(data, sample, count));
    }
  });

  it("gives similarity 1 to a text that differs in case and punctuation only", () => {
    const nearest = nearestTexts(["Other text entirely.", "Why did the chicken cross?"]);
    expect(nearest("why did the CHICKEN... cross")[0]).toEqual({
      source: 1,
      text: "Why did the chicken cross?",
      similarity: 1,
      ngrams: 1,
      edit: 1,
    });
  });

  it("finds nothing near for empty texts, other scripts and empty data", () => {
    const nearest = nearestTexts(["Why did the chicken cross?"]);
    for (const sample of ["", "?!", "Почему курица перешла дорогу?", "cat"]) {
      expect(nearest(sample)).toEqual([]);
    }
    expect(nearestTexts([])("a text")).toEqual([]);
  });

  it("compares Chinese by shorter n-grams", () => {
    const han = (from: number) =>
      Array.from({ length: 900 }, (_, i) => String.fromCharCode(0x4e00 + from + i)).join("");
    const data = [han(0), han(900), han(1800)];
    const [first] = nearestTexts(data)(`${han(900).slice(0, 880)}${"猫".repeat(20)}`);
    expect(first!.source).toBe(1);
    expect(first!.similarity).toBeGreaterThan(0.9);
  });
});
