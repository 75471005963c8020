import { describe, expect, it } from "vitest";
import { normaliseText } from "../../../test/normalise-text.ts";
import { sharedSpans as compare } from "./spans.ts";
import { buildIndex, type TrainingIndex } from "./training-index.ts";

const wordsOf = (text: string): string[] => normaliseText(text).split(" ").filter(Boolean);

const jokes = [
  "Why did the chicken cross the road? To get to the other side!",
  "Knock knock. Who's there?",
  "I told my wife she was drawing her eyebrows too high. She looked surprised.",
  "",
  "Привет, как дела?",
];
const index = buildIndex(jokes);
const sharedSpans = (data: TrainingIndex, text: string) => compare(data, data.read(text));

/** A seeded generator of small texts over few words, so that much is shared. */
function texts(seed: number, count: number, length: number): string[] {
  let state = seed;
  const next = (n: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
  const words = ["a", "ab", "b", "ba", "aba", "c", "ca", "b-a", "a.", "é"];
  return Array.from({ length: count }, () =>
    Array.from({ length: next(length) }, () => words[next(words.length)]!).join(next(9) === 0 ? ", " : " "),
  );
}

function bruteForce(data: readonly string[], sample: string) {
  const folded = data.map(normaliseText);
  const text = normaliseText(sample);
  let longest = 0;
  for (let i = 0; i < text.length; i++) {
    for (let j = i + 1; j <= text.length; j++) {
      const piece = text.slice(i, j);
      if (folded.some((d) => d.includes(piece))) longest = Math.max(longest, piece.trim().length);
    }
  }
  const words = wordsOf(sample);
  const shared = (from: number, n: number) =>
    folded.some((d) => d.includes(` ${words.slice(from, from + n).join(" ")} `));
  const covered: number[] = [];
  const found: number[] = [];
  let run = 0;
  for (let n = 1; n <= Math.max(10, words.length); n++) {
    const inSpan = new Set<number>();
    let count = 0;
    for (let i = 0; i + n <= words.length; i++) {
      if (!shared(i, n)) continue;
      count++;
      run = Math.max(run, n);
      for (let k = i; k < i + n; k++) inSpan.add(k);
    }
    covered.push(inSpan.size);
    found.push(count);
  }
  const wholes = folded
    .filter((d) => wordsOf(d).length >= 5 && text.includes(d))
    .map((d) => d.trim().split(" "));
  const copied = new Set<number>();
  words.forEach((_, i) => {
    for (let n = 1; i + n <= words.length; n++) {
      const piece = words.slice(i, i + n).join(" ");
      if ((n >= 8 && shared(i, n)) || wholes.some((w) => w.join(" ") === piece)) {
        for (let k = i; k < i + n; k++) copied.add(k);
      }
    }
  });
  return {
    longest,
    run,
    covered: covered.slice(0, 10),
    found: found.slice(0, 10),

    copied: copied.size,
  };
}

describe("sharedSpans", () => {
  it("finds a copy whole, with its punctuation", () => {
    const { longest, longestRun, copied, covered } = sharedSpans(index, jokes[0]!);
    expect(longest).toMatchObject({
      text: jokes[0],
      characters: 61,
      words: 13,
      sources: [0],
      occurrences: 1,
    });
    expect(longestRun).toEqual(longest);
    expect(copied).toBe(13);
    expect(covered).toEqual(Array(10).fill(13));
  });

  it("shows the span as the sample writes it, and where", () => {
    const sample = "Well: MY WIFE she was drawing her cat, too. ";
    const { longest, longestRun } = sharedSpans(index, sample);
    expect(longestRun).toMatchObject({ text: "MY WIFE she was drawing her", words: 6, sources: [2] });
    expect(sample.slice(longestRun!.start, longestRun!.end)).toBe(longestRun!.text);
    expect(longest!.text).toBe("MY WIFE she was drawing her");
  });

  it("finds spans that begin and end inside words, and counts only the whole words", () => {
    const { longest } = sharedSpans(index, "xxxken cross the ro");
    expect(longest).toMatchObject({ text: "ken cross the ro", characters: 16, words: 2 });
  });

  it("does not find words inside other words", () => {
    expect(sharedSpans(index, "hick").longestRun).toBeUndefined();
    expect(sharedSpans(index, "hick").longest).toMatchObject({ text: "hick", words: 0 });
  });

  it("lets no span cross from one joke to the next", () => {
    const { longestRun, copied } = sharedSpans(index, `${jokes[0]} ${jokes[1]}`);
    expect(longestRun!.text).toBe(jokes[0]);
    expect(copied).toBe(13); // the other one has four words
  });

  it.each([
    ["", 0],
    ["?!", 0],
    ["笑 話", 2],
    ["Ünïcode", 1],
  ])("takes %j, which shares nothing", (text, words) => {
    const spans = sharedSpans(index, text);
    expect(spans).toMatchObject({ words, longestRun: undefined, runs: [], copied: 0 });
    expect(spans.covered).toEqual(Array(10).fill(0));
  });

  it("works on data of one text and of none", () => {
    expect(sharedSpans(buildIndex(["One joke."]), "one joke").longest).toMatchObject({
      text: "one joke",
      words: 2,
    });
    expect(sharedSpans(buildIndex([]), "one joke").longest).toBeUndefined();
    expect(sharedSpans(buildIndex([""]), "one joke").longest).toBeUndefined();
  });

  it("works on an alphabet too large for bytes", () => {
    const han = Array.from({ length: 400 }, (_, i) => String.fromCharCode(0x4e00 + i)).join("");
    const { longest } = sharedSpans(buildIndex(["x", han, "y"]), `猫${han.slice(50, 350)}犬`);
    expect(longest).toMatchObject({ text: han.slice(50, 350), characters: 300, words: 300, sources: [1] });
  });

  it("agrees with brute force on every measure, without one miss", () => {
    for (let round = 0; round < 40; round++) {
      const data = texts(round + 1, 12, 12);
      const trained = buildIndex(data);
      // Samples of new words, and samples sewn together from pieces of the data.
      const sewn = `${data[1]!.slice(2)} ${data[2]} c ${data[3]!.slice(0, 9)}`;
      for (const sample of [...texts(1000 + round, 6, 14), sewn]) {
        const spans = sharedSpans(trained, sample);
        const truth = bruteForce(data, sample);
        const note = JSON.stringify({ data, sample });
        expect(spans.longest ? normaliseText(spans.longest.text).trim().length : 0, note).toBe(truth.longest);
        expect(spans.longestRun?.words ?? 0, note).toBe(truth.run);
        expect(spans.covered, note).toEqual(truth.covered);
        expect(spans.found, note).toEqual(truth.found);
        expect(spans.copied, note).toBe(truth.copied);
        for (const span of spans.runs) {
          for (const id of span.sources) expect(normaliseText(data[id]!)).toContain(normaliseText(span.text));
        }
      }
    }
  });
});
