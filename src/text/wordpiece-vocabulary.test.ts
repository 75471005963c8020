import { describe, expect, test } from "vitest";
import { UsageError } from "../core/errors.ts";
import { huggingfaceTokenizer } from "./huggingface.ts";
import { wordPieceFiles } from "./wordpiece-files.ts";
import { wordPieceVocabulary } from "./wordpiece-vocabulary.ts";

const texts = ["The cat sat. The cat ran!", "A dog sat on the cat."];

describe("wordPieceVocabulary", () => {
  test("has the specials, then the characters, then the commonest words, ties by the alphabet", () => {
    const lines = wordPieceVocabulary(texts, 1000).trim().split("\n");
    expect(lines.slice(0, 5)).toEqual(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]);
    expect(lines.slice(5, 9)).toEqual(["!", "##!", ".", "##."]);
    expect(lines.slice(-6)).toEqual(["cat", "the", "sat", "dog", "on", "ran"]);
    expect(new Set(lines).size).toBe(lines.length);
  });

  test("spells by it what it has whole, and letter by letter what it has not", () => {
    const files = wordPieceFiles(wordPieceVocabulary(texts, 1000), { do_lower_case: true });
    const tokenizer = huggingfaceTokenizer(files["tokenizer.json"], files["tokenizer_config.json"]);
    const spelt = (text: string) => [...tokenizer.encode(text)].map((id) => tokenizer.token(id));
    expect(spelt("The dog ran.")).toEqual(["the", "dog", "ran", "."]);
    expect(spelt("Rat!")).toEqual(["r", "##a", "##t", "!"]);
  });

  test("keeps to its size, and refuses one that cannot spell the texts", () => {
    expect(wordPieceVocabulary(texts, 35).trim().split("\n")).toHaveLength(35);
    expect(() => wordPieceVocabulary(texts, 20)).toThrow(UsageError);
  });
});
