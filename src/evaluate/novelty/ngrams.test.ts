/** Texts in many blocks, against plain loops over all of them. */
import { describe, expect, it } from "vitest";
import { normaliseText } from "../../../test/normalise-text.ts";
import { Random } from "../../core/random.ts";
import { type NgramNeighbour, NgramSearch } from "./ngrams.ts";
import { buildIndex } from "./training-index.ts";

const random = new Random(3, "ngrams");
let drawn = 0;
const below = (n: number) => random.below(n, drawn++);

/** Words, of which the first come most often. */
function words(letters: string, count: number): () => string {
  const all = Array.from({ length: count }, () =>
    Array.from({ length: 2 + below(7) }, () => letters[below(letters.length)]!).join(""),
  );
  return () => all[Math.floor(count * (below(1e6) / 1e6) ** 3)]!;
}

const gramsOf = (text: string, n: number) =>
  Array.from({ length: Math.max(0, text.length - n + 1) }, (_, i) => text.slice(i, i + n));

/** All texts that share n-grams with the sample, the most similar first. */
function compareWithAll(texts: readonly (readonly string[])[], sample: readonly string[]): NgramNeighbour[] {
  const times = new Map<string, number>();
  for (const gram of sample) times.set(gram, (times.get(gram) ?? 0) + 1);
  return texts
    .map((grams, text) => {
      const left = new Map<string, number>();
      let shared = 0;
      for (const gram of grams) {
        if (!times.has(gram)) continue;
        const before = left.get(gram) ?? times.get(gram)!;
        left.set(gram, before - 1);
        if (before > 0) shared++;
      }
      return { text, shared, ngrams: shared === 0 ? 0 : (2 * shared) / (sample.length + grams.length) };
    })
    .filter(({ shared }) => shared > 0)
    .sort((a, b) => b.ngrams - a.ngrams || a.text - b.text);
}

/** Holds the search, in blocks of 64 texts, to plain loops for each sample. */
function expectAsPlainLoops(texts: readonly string[], samples: readonly string[], n = 5): void {
  const index = buildIndex(texts);
  const search = new NgramSearch(index, 64);
  const grams = texts.map((text) => gramsOf(normaliseText(text), n));
  for (const sample of samples) {
    const all = compareWithAll(grams, gramsOf(normaliseText(sample), n));
    for (const [count, always] of [
      [16, 0.33],
      [3, 0.9],
      [1, 0],
    ] as const) {
      const expected = all.filter(({ ngrams }, i) => i < count || ngrams >= always);
      const found = search.nearest(index.read(sample).symbols, count, always);
      expect(found, `${sample.slice(0, 80)}, ${count}`).toEqual(expected);
    }
  }
}

describe("NgramSearch over many texts", () => {
  it.each([
    ["Latin letters", "abcdefghijklmnopqrstuvwxyz"],
    [
      "letters of four alphabets, whose codes meet",
      "abcdefghijklmnopqrstuvwxyzабвгдежзиклмнопрстуфхцчшщъыьэюαβγδεζηθικλμνξοπρστυφχψωაბგდევზთიკლმნოპჟრსტუფქღყშჩცძწჭხჯჰ",
    ],
  ])("finds what plain loops find: %s", (_, letters) => {
    const word = words(letters, 400);
    const sentence = (n: number) => Array.from({ length: n }, word).join(" ");
    const texts = Array.from({ length: 1500 }, () => sentence(1 + below(12)));
    expectAsPlainLoops(texts, [
      ...Array.from({ length: 2 }, () => sentence(3 + below(9))),
      `${texts[77]} ${sentence(2)}`,
      texts[88]!.repeat(3),
      `${sentence(3)} 漢字 ${sentence(2)}`,
      "q",
    ]);
  });

  it("finds them by three letters, where an alphabet is large", () => {
    const letters = Array.from({ length: 1500 }, (_, i) => String.fromCharCode(0x4e00 + i)).join("");
    const word = words(letters, 300);
    const sentence = (n: number) => Array.from({ length: n }, word).join("");
    const texts = [letters, ...Array.from({ length: 600 }, () => sentence(1 + below(12)))];
    expectAsPlainLoops(texts, [sentence(5), `${texts[77]}${sentence(2)}`, texts[88]!.repeat(3)], 3);
  });

  it("finds them where texts have the same n-grams many times, and samples more than a byte counts", () => {
    const syllables = ["ha", "ho", "haha", "oh", "a"];
    const laugh = (n: number) => Array.from({ length: n }, () => syllables[below(5)]!).join("");
    const texts = [
      ...Array.from({ length: 300 }, () => laugh(1 + below(40))),
      ...Array.from({ length: 100 }, (_, i) => "ha".repeat(i)),
      ...Array.from({ length: 100 }, (_, i) => `${"a".repeat(i)} ${"h".repeat(100 - i)}`),
    ];
    const samples = [laugh(5), laugh(30), laugh(300), "ha".repeat(50), "ha".repeat(500), "a".repeat(60)];
    expectAsPlainLoops(texts, [...samples, ...texts.slice(400, 402)]);
  });

  it("finds them in order where most are equally near", () => {
    const word = words("abcd", 6);
    const base = Array.from({ length: 12 }, word);
    const changed = (place: number) => base.map((own, i) => (i === place ? word() : own)).join(" ");
    const texts = [
      ...Array.from({ length: 400 }, (_, i) => changed(i % 12)),
      ...Array.from({ length: 200 }, () => base.join(" ")),
      ...Array.from({ length: 200 }, () => [...base].sort(() => below(2) - 0.5).join(" ")),
    ];
    expectAsPlainLoops(texts, [
      base.join(" "),
      changed(3),
      [...base].reverse().join(" "),
      base[0]!.repeat(9),
    ]);
  });
});
