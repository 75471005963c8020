import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Tokenizer as Library } from "@huggingface/tokenizers";
import { describe, expect, it } from "vitest";
import { alphabetBytes, byteAlphabet, byteCharacters } from "./bpe-bytes.ts";
import { parseMerges } from "./bpe-files.ts";
import { wordMerger } from "./bpe-merge.ts";
import { trainBpe, trainBpeInTurns } from "./bpe-train.ts";
import { huggingfaceTokenizer } from "./huggingface.ts";

const text = `It was the best of times, it was the worst of times, it was the age of wisdom...
  it was the age of foolishness; 12 12 123 "naïve" naïve 日本 日本語 aaaa aaaaaaa aaa \t\n\n`;

/** The definition, naively: count all pairs again, merge the best one everywhere. */
function bruteForce(texts: string[], vocabularySize: number): string[][] {
  const pattern = /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+/gu;
  const words = texts
    .flatMap((t) => t.match(pattern) ?? [])
    .map((w) => [...Buffer.from(w)].map((b) => byteCharacters[b]!));
  const tokens = [...byteAlphabet];
  const merges: string[][] = [];
  while (tokens.length < vocabularySize - 1) {
    const counts = new Map<string, { n: number; ids: [number, number] }>();
    for (const word of words) {
      for (let i = 1; i < word.length; i++) {
        const key = `${word[i - 1]} ${word[i]}`;
        const entry = counts.get(key) ?? {
          n: 0,
          ids: [tokens.indexOf(word[i - 1]!), tokens.indexOf(word[i]!)],
        };
        entry.n++;
        counts.set(key, entry);
      }
    }
    const [best] = [...counts].sort(
      ([, a], [, b]) => b.n - a.n || a.ids[0] - b.ids[0] || a.ids[1] - b.ids[1],
    );
    if (!best || best[1].n < 2) break;
    const [left, right] = best[0].split(" ") as [string, string];
    merges.push([left, right]);
    tokens.push(left + right);
    for (const word of words) {
      for (let i = 0; i + 1 < word.length; i++) {
        if (word[i] === left && word[i + 1] === right) word.splice(i, 2, left + right);
      }
    }
  }
  return merges;
}

describe("the byte alphabet", () => {
  it("writes each byte as one printable character of its own, as GPT-2's files do", () => {
    expect(new Set(byteAlphabet).size).toBe(256);
    expect(byteCharacters[0x20]).toBe("Ġ");
    expect(byteCharacters[0x0a]).toBe("Ċ");
    expect(byteCharacters[0x41]).toBe("A");
    expect(alphabetBytes.map((byte) => byteCharacters[byte])).toEqual(byteAlphabet);
    expect(byteAlphabet.slice(0, 3)).toEqual(["!", '"', "#"]);
  });
});

describe("trainBpe", () => {
  it("learns what the definition learns", () => {
    const texts = text.split("\n");
    const trained = trainBpe(texts, { vocabularySize: 400 });
    expect(trained.merges.length).toBeGreaterThan(30);
    expect(trained.merges).toEqual(bruteForce(texts, 400));
  });

  it("makes files that encode and decode any text, with the end of text as the last id", () => {
    const { files, merges } = trainBpe([text], { vocabularySize: 300 });
    const tokenizer = huggingfaceTokenizer(files["tokenizer.json"], files["tokenizer_config.json"]);
    expect(tokenizer.size).toBe(257 + merges.length);
    expect(tokenizer.endOfText).toBe(tokenizer.size - 1);
    expect(tokenizer.encode(" times").length).toBeLessThan(6);
    for (const t of [text, "unseen Ω 🎉\0\x7f", ""]) expect(tokenizer.decode(tokenizer.encode(t))).toBe(t);
    // Files survive the disk.
    const again = huggingfaceTokenizer(JSON.parse(JSON.stringify(files["tokenizer.json"])));
    expect([...again.encode(text)]).toEqual([...tokenizer.encode(text)]);
  });

  it("stops where no pair comes twice, and refuses impossible sizes", () => {
    expect(trainBpe(["ab ab cd"], { vocabularySize: 1000 }).merges).toEqual([["a", "b"]]);
    expect(trainBpe([], { vocabularySize: 300 }).merges).toEqual([]);
    expect(() => trainBpe(["a"], { vocabularySize: 256 })).toThrow("257 to 65536");
  });

  it.skipIf(!process.env.PUNCHLINE_ASSETS)(
    "learns from real jokes (skipped without PUNCHLINE_ASSETS)",
    () => {
      const csv = readFileSync(join(process.env.PUNCHLINE_ASSETS!, "short-jokes", "shortjokes.csv"), "utf8");
      const jokes = csv.split("\n").slice(0, 3000);
      const { files } = trainBpe(jokes, { vocabularySize: 1024 });
      const tokenizer = huggingfaceTokenizer(files["tokenizer.json"], files["tokenizer_config.json"]);
      const ids = tokenizer.encode("Why did the chicken cross the road?");
      expect(ids.length).toBeLessThan(15);
      expect(tokenizer.decode(ids)).toBe("Why did the chicken cross the road?");
    },
  );
});

/** A text of `length` characters of `alphabet`, without a space. */
function unbroken(alphabet: string, length: number, seed = 1): string {
  const characters = [...alphabet];
  let state = seed;
  return Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return characters[Math.floor((state / 2 ** 32) * characters.length)]!;
  }).join("");
}

describe("text without spaces", () => {
  it.each([
    ["runs of one letter, which overlap themselves", "a"],
    ["two letters", "ab"],
    ["DNA", "ACGT"],
    ["Chinese", "\u7684\u4e00\u662f\u4e0d\u4e86\u5728\u4eba\u6709"],
  ])("%s: learns what the definition learns", (_, alphabet) => {
    const texts = [1, 2, 3].map((seed) => unbroken(alphabet, 80 + seed, seed));
    const trained = trainBpe(texts, { vocabularySize: 300 });
    expect(trained.merges.length).toBeGreaterThan(3);
    expect(trained.merges).toEqual(bruteForce(texts, 300));
  });

  it("is spelt as the library spells it, however long a word is", () => {
    const texts = ["ACGT", "aab", "\u7684\u4e00\u662f\u4e0d "].map((alphabet) => unbroken(alphabet, 3000));
    const { files } = trainBpe(texts, { vocabularySize: 600 });
    const json = files["tokenizer.json"];
    const library = new Library(json, files["tokenizer_config.json"]);
    const merge = wordMerger(json)!;
    for (const [i, alphabet] of [
      "ACGT",
      "a",
      "aab",
      "\u7684\u4e00\u662f\u4e0d",
      "Axyz\u00e9\u{1f602}",
    ].entries()) {
      for (const length of [1, 2, 65, 1500]) {
        const word = unbroken(alphabet, length, i + 5);
        expect([...merge(word)]).toEqual(library.encode(word, { add_special_tokens: false }).ids);
      }
    }
  });

  it("of 300,000 characters is learned, spelt and spelt back", () => {
    const dna = unbroken("ACGT", 300_000);
    const { files, merges } = trainBpe([dna], { vocabularySize: 1024 });
    expect(merges).toHaveLength(767);
    const tokenizer = huggingfaceTokenizer(files["tokenizer.json"], files["tokenizer_config.json"]);
    const ids = tokenizer.encode(dna);
    expect(ids.length).toBeLessThan(dna.length / 4);
    expect(tokenizer.decode(ids)).toBe(dna);
  });

  it("lets others have their turn, and stops where it is asked to", async () => {
    // Enough for several turns on a fast machine.
    const dna = unbroken("ACGT", 2_000_000);
    const options = { vocabularySize: 1024 };
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    expect((await trainBpeInTurns([dna], options)).merges).toEqual(trainBpe([dna], options).merges);
    clearInterval(timer);
    expect(turns).toBeGreaterThan(0);
    const stop = new AbortController();
    setTimeout(() => stop.abort(new Error("stopped")), 1);
    await expect(trainBpeInTurns([dna], { ...options, signal: stop.signal })).rejects.toThrow("stopped");
  });
});

describe("parseMerges", () => {
  it("reads pairs and names the line that is none", () => {
    expect(parseMerges("#version: 0.2\nĠ t\r\nh e\n")).toEqual([
      ["Ġ", "t"],
      ["h", "e"],
    ]);
    expect(parseMerges("# #\n")).toEqual([["#", "#"]]);
    expect(() => parseMerges("#version: 0.2\nĠ t\noops\n")).toThrow("merges.txt line 3");
  });
});
