import { describe, expect, it } from "vitest";
import { builtInFolder } from "../../hub/built-in.ts";
import { loadTokenizer } from "../../hub/tokenizer-files.ts";
import { printableTokenizer } from "../../text/characters.ts";
import { wordTokenizer } from "../../text/words.ts";
import { Speller, spellingOf } from "./spelling.ts";

describe("a speller", () => {
  const speller = new Speller(["aa", "ab"]);

  it("interpolates counts as Witten and Bell do", () => {
    // After no letter at all: a three times, b once, the end twice; three kinds.
    const none = (count: number) => (count + 3 / (0x110000 + 1)) / (6 + 3);
    // At the beginning of a word a comes twice and nothing else.
    expect(speller.probability(["\n"], "a")).toBeCloseTo((2 + 1 * none(3)) / (2 + 1), 12);
    expect(speller.probability(["\n"], "b")).toBeCloseTo((0 + 1 * none(1)) / (2 + 1), 12);
  });

  it("is a distribution: every letter and the end sum to 1", () => {
    for (const context of [[], ["\n"], ["\n", "a"], ["x", "y", "a"]]) {
      const known = ["a", "b", ""].reduce((sum, letter) => sum + speller.probability(context, letter), 0);
      const others = (0x110000 + 1 - 3) * speller.probability(context, "z");
      expect(known + others).toBeCloseTo(1, 9);
    }
  });

  it("finds words of its kind likelier than others", () => {
    expect(speller.nats("aab")).toBeLessThan(speller.nats("zzz"));
  });
});

describe("the unknown words of a text", () => {
  const tokenizer = wordTokenizer(["<unk>", "\n", "why", "did", "the", "hen", "cross", "\uffed?"]);

  it("cost their spelling", () => {
    const { words, nats } = spellingOf(tokenizer, ["why did the hxn cross?", "the toad"]);
    expect(words).toBe(2);
    const speller = new Speller(Array.from({ length: tokenizer.size }, (_, id) => tokenizer.token(id)));
    expect(nats).toBeCloseTo(speller.nats("hxn") + speller.nats("toad"), 9);
    expect(nats).toBeGreaterThan(0);
  });

  it("are none where all are known, or where there are no words", () => {
    expect(spellingOf(tokenizer, ["why did the hen cross?"])).toEqual({ words: 0, nats: 0 });
    expect(spellingOf(printableTokenizer(), ["qwxz"])).toEqual({ words: 0, nats: 0 });
  });

  it("cost theirs in pieces of words too, one [UNK] each and without the marks around them", async () => {
    const bert = await loadTokenizer(builtInFolder("punchline-bert"));
    const text = "The dog saw Σκύλος, (γάτα) and a cat.";
    const unknown = bert.id("[UNK]")!;
    const { words, nats } = spellingOf(bert, [text, "Only the dog."]);
    expect(words).toBe([...bert.encode(text)].filter((id) => id === unknown).length);
    const pieces = Array.from({ length: bert.size }, (_, id) => bert.token(id).replace(/^##(?=.)/, ""));
    const speller = new Speller(pieces);
    expect(nats).toBeCloseTo(speller.nats("Σκύλος") + speller.nats("γάτα"), 9);
    expect(spellingOf(await loadTokenizer(builtInFolder("punchline-gpt2")), [text]).words).toBe(0);
  });
});
