import { describe, expect, it } from "vitest";
import { randomModel } from "../../test/random-model.ts";
import type { OptionValues } from "../models/model.ts";
import { trainBpe } from "../text/bpe-train.ts";
import { characterTokenizer } from "../text/characters.ts";
import { huggingfaceTokenizer } from "../text/huggingface.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import { wordTokenizer } from "../text/words.ts";
import { createDecoder } from "./decoders/create.ts";
import type { LanguageModel } from "./language-model.ts";
import { promptIds } from "./sample.ts";
import { createSuggester, type Suggestion, suggest } from "./suggest.ts";

const tinyModel = (type: string, tokenizer: Tokenizer, sizes: OptionValues = {}): LanguageModel =>
  randomModel(type, { tokenizer, sizes: { width: 16, ...sizes }, seed: 8, gain: 4 });

/** The probability of each id after `ids`. */
async function probabilities(lm: LanguageModel, ids: Int32Array): Promise<Float64Array> {
  const decoder = createDecoder(lm);
  const logits = Float64Array.from(await decoder.append(ids));
  await decoder.release();
  const total = logits.reduce((sum, x) => sum + Math.exp(x), 0);
  return logits.map((x) => Math.exp(x) / total);
}

const sum = (list: readonly Suggestion[]) => list.reduce((total, { probability }) => total + probability, 0);

function expectSame(found: readonly Suggestion[], wanted: readonly Suggestion[]): void {
  expect(found.map(({ text }) => text)).toEqual(wanted.map(({ text }) => text));
  for (const [i, { probability }] of found.entries())
    expect(probability).toBeCloseTo(wanted[i]!.probability, 5);
}

describe("a character model", () => {
  const letters = ["\n", " ", "a", "b", "?"];
  const lm = tinyModel("char-lstm", characterTokenizer(letters), { layers: 1, embedding: 8 });

  /** Every completion of at most `length` characters with its probability, by brute force. */
  async function everyWord(text: string, length: number): Promise<Suggestion[]> {
    const found: Suggestion[] = [];
    const visit = async (added: string, probability: number): Promise<void> => {
      const after = await probabilities(lm, promptIds(lm, text + added));
      const of = (character: string) => after[letters.indexOf(character)]!;
      const complete = /[ab]$/.test(added);
      if (complete) found.push({ text: added, probability: probability * (of("\n") + of(" ") + of("?")) });
      if (added.length === length) return;
      for (const character of complete ? "ab" : "ab ?")
        await visit(added + character, probability * of(character));
    };
    await visit("", 1);
    return found.sort((a, b) => b.probability - a.probability);
  }

  it.each(["a b", "ab ", ""])("finds the likeliest of all completions of %j", async (text) => {
    const { words } = await suggest(lm, text, { n: 4, kinds: ["words"] });
    expectSame(words, (await everyWord(text, 4)).slice(0, 4));
  });

  it("says where only the end of a text is read", async () => {
    const long = "ab a?".repeat(300);
    const { note, next } = await suggest(lm, long, { kinds: ["next"] });
    expect(note).toBe(
      "The text has more than 1024 tokens, and suggestions are made from its last 1024 at most.",
    );
    expectSame(next, (await suggest(lm, long.slice(-1024), { kinds: ["next"] })).next);
    expect((await suggest(lm, "ab", { kinds: ["next"] })).note).toBeUndefined();
  });

  it("gives the next characters as the model does", async () => {
    const after = await probabilities(lm, promptIds(lm, "ab"));
    const wanted = letters
      .map((text, id) => ({ text, probability: after[id]! }))
      .sort((a, b) => b.probability - a.probability);
    const { next } = await suggest(lm, "ab", { n: 5, kinds: ["next"] });
    expectSame(next, wanted);
    expect(sum(next)).toBeCloseTo(1, 5);
  });

  it("gives the same suggestions however the text came to be", async () => {
    const suggester = createSuggester(lm);
    for (const text of ["", "a", "ab", "a", "a ", "a b", "a b", "", "bb?", "bb? a", "bb"])
      expect(await suggester.suggest(text)).toEqual(await suggest(lm, text));
    await suggester.release();
  });

  it("reads what it can of the characters that the vocabulary lacks, and says which it cannot", async () => {
    const { unread, words } = await suggest(lm, "\u00e1b 🐔 a");
    expect(unread).toBe("🐔");
    expect(words).toEqual((await suggest(lm, "ab  a")).words);
  });

  it("reads the end of a long text", async () => {
    const { words } = await suggest(lm, "ab ".repeat(700));
    expect(words.length).toBeGreaterThan(0);
  });

  it("refuses a number that is none", async () => {
    await expect(suggest(lm, "a", { n: 0 })).rejects.toThrow("must be 1 or more, not 0");
  });
});

describe.each(["char-transformer", "char-bilstm"])("%s", (type) => {
  const sizes = type === "char-bilstm" ? { window: 8 } : { heads: 2, context: 8 };
  const lm = tinyModel(type, characterTokenizer(["\n", " ", "a", "b"]), sizes);

  it("goes beyond its context, and back", async () => {
    const suggester = createSuggester(lm);
    const text = "ab ba abb b ba aab";
    for (let end = 1; end <= text.length; end++) {
      const { words, next } = await suggester.suggest(text.slice(0, end), { n: 2 });
      expect(words.length).toBe(2);
      expect(sum(next)).toBeLessThanOrEqual(1.000001);
    }
    for (let end = text.length - 1; end > 0; end--)
      expect((await suggester.suggest(text.slice(0, end), { n: 2 })).words.length).toBe(2);
    const short = await suggester.suggest("ab b");
    const anew = await suggest(lm, "ab b");
    expectSame(short.words, anew.words);
    await suggester.release();
  });
});

describe("a word model", () => {
  const vocabulary = ["<unk>", "\n", "why", "chicken", "chips", "the", "\uffed?", "\uffed,", "\u0022\uffed"];
  const lm = tinyModel("word-lstm", wordTokenizer(vocabulary));

  it("completes the word typed, with the odds of the words that begin so", async () => {
    const after = await probabilities(lm, promptIds(lm, "why the"));
    const [chicken, chips] = [after[3]!, after[4]!];
    const { words, next } = await suggest(lm, "why the chi", { n: 3, kinds: ["words", "next"] });
    const wanted = [
      { text: "cken", probability: chicken / (chicken + chips) },
      { text: "ps", probability: chips / (chicken + chips) },
    ].sort((a, b) => b.probability - a.probability);
    expectSame(next, wanted);
    // No token goes on with a word, so that a word's completion is as likely as its token.
    expectSame(
      words.filter(({ text }) => !text.includes(" ")),
      wanted,
    );
  });

  it("spaces what follows a whole word, and never writes the unknown word", async () => {
    const { words } = await suggest(lm, "why the chicken", { n: 8, kinds: ["words"] });
    for (const { text } of words) expect(text).toMatch(/^[?,]?"? |^[?,]/);
    expect(words.some(({ text }) => text === " the")).toBe(true);
    expect(words.some(({ text }) => text.includes("<unk>"))).toBe(false);
  });

  it("reads a word that it does not know", async () => {
    const { words } = await suggest(lm, "why zebra", { n: 3, kinds: ["words"] });
    expect(words.length).toBe(3);
    expect(words[0]!.text).toMatch(/^[ ?,]/);
  });
});

describe("a byte-level BPE model", () => {
  const corpus = ["why the chicken", "the chips", "why chicken chips", "the child"];
  const { files } = trainBpe(corpus, { vocabularySize: 275 });
  const tokenizer = huggingfaceTokenizer(files["tokenizer.json"], files["tokenizer_config.json"]);
  const lm = tinyModel("gpt2", tokenizer, { layers: 1, heads: 2, context: 32 });

  it("sees behind the token that was cut by where the typing stands", async () => {
    // The vocabulary writes " chi" as one token and as two; what is typed may be any of its spellings.
    const after = await probabilities(lm, promptIds(lm, "why the"));
    const fitting = Array.from({ length: tokenizer.size }, (_, id) => id).filter((id) =>
      tokenizer.decode([id]).startsWith(" chi"),
    );
    expect(fitting.length).toBeGreaterThan(1);
    const all = fitting.reduce((total, id) => total + after[id]!, 0);
    const wanted = fitting
      .map((id) => ({ text: tokenizer.decode([id]).slice(4), probability: after[id]! / all }))
      .filter(({ text }) => text !== "")
      .sort((a, b) => b.probability - a.probability);
    const { next, words, continuations } = await suggest(lm, "why the chi", { n: 5 });
    expectSame(next, wanted.slice(0, 5));
    expect(words.length).toBeGreaterThan(0);
    for (const list of [words, continuations]) expect(sum(list)).toBeLessThanOrEqual(1.000001);
  });

  it("suggests at the beginning, and whole characters only", async () => {
    const { words } = await suggest(lm, "", { n: 5 });
    expect(words.length).toBeGreaterThan(0);
    for (const { text } of words) expect(text).not.toContain("\ufffd");
  });
});

it("refuses a model that fills masks", () => {
  const lm = tinyModel("char-lstm", characterTokenizer(["\n", "a"]), { embedding: 4 });
  const masked = { ...lm, model: { ...lm.model, predicts: "masked" as const } };
  expect(() => createSuggester(masked)).toThrow('use "fill"');
});
