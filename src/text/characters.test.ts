import { execFileSync } from "node:child_process";
import { Tokenizer as HuggingFaceTokenizer } from "@huggingface/tokenizers";
import { describe, expect, it } from "vitest";
import {
  characterTokenizer,
  characterTokenizerOf,
  printableCharacters,
  printableTokenizer,
} from "./characters.ts";
import { tokenizerFromFiles } from "./files.ts";
import type { Tokenizer } from "./tokenizer.ts";

/** The files after a trip through JSON, as a run folder holds them. */
function written(tokenizer: Tokenizer) {
  const files = JSON.parse(JSON.stringify(tokenizer.files())) as Record<string, object>;
  return [files["tokenizer.json"]!, files["tokenizer_config.json"]!] as const;
}

function pythonPrintable(): string | undefined {
  try {
    const code = "import string, json; print(json.dumps(string.printable))";
    return JSON.parse(execFileSync("python3", ["-c", code], { encoding: "utf8" })) as string;
  } catch {
    return undefined;
  }
}
const python = pythonPrintable();

describe("printableTokenizer", () => {
  it.skipIf(python === undefined)("is Python's string.printable (skipped without python3)", () => {
    expect(printableCharacters).toBe(python);
  });

  it("numbers the characters in Python's order", () => {
    const tokenizer = printableTokenizer();
    expect(tokenizer.size).toBe(100);
    expect([..."0azAZ!~ \t\n\r\v\f"].map((c) => tokenizer.id(c))).toEqual([
      0, 10, 35, 36, 61, 62, 93, 94, 95, 96, 97, 98, 99,
    ]);
    expect(tokenizer.endOfText).toBe(96);
  });

  it("decodes what it encodes", () => {
    const tokenizer = printableTokenizer();
    const all = tokenizer.encode(printableCharacters);
    expect([...all]).toEqual(Array.from({ length: 100 }, (_, i) => i));
    expect(tokenizer.decode(all)).toBe(printableCharacters);
    expect(tokenizer.encode("")).toHaveLength(0);
  });

  it("names an unknown character and its position", () => {
    const tokenizer = printableTokenizer();
    expect(() => tokenizer.encode("a caf\u00e9")).toThrow(/"\u00e9" \(U\+00E9, at position 5\)/);
    expect(() => tokenizer.encode("ha \u{1f602}")).toThrow(/"\u{1f602}" \(U\+1F602, at position 3\)/u);
    expect(() => tokenizer.encode("\0")).toThrow(/U\+0000/);
  });

  it("refuses an id outside the vocabulary", () => {
    expect(() => printableTokenizer().decode([3, 100])).toThrow(/no id 100; its ids are 0 to 99/);
  });
});

describe("characterTokenizerOf", () => {
  it("holds every character of the texts and the end, in code point order, whatever the order of the texts", () => {
    const texts = ["b\u{1f602}a", "\u00e9\uffe5a"];
    const tokenizer = characterTokenizerOf(texts);
    const tokens = Array.from({ length: tokenizer.size }, (_, id) => tokenizer.token(id));
    expect(tokens).toEqual(["\n", "a", "b", "\u00e9", "\uffe5", "\u{1f602}"]);
    expect(characterTokenizerOf([...texts].reverse()).files()).toEqual(tokenizer.files());
    expect(tokenizer.decode(tokenizer.encode(texts.join("\n")))).toBe(texts.join("\n"));
    expect([...tokenizer.encode("\u{1f602}b")]).toEqual([5, 2]);
  });

  it("refuses lists that are no vocabulary", () => {
    expect(() => characterTokenizer(["a", "b"])).toThrow(/lacks "\\n"/);
    expect(() => characterTokenizer(["a", "\n", "a"])).toThrow(/"a" twice \(ids 0 and 2\)/);
    expect(() => characterTokenizer(["ab", "\n"])).toThrow(/"ab"; each must be exactly one character/);
  });
});

describe("the Hugging Face files of a character vocabulary", () => {
  const unicode = characterTokenizerOf(["na\u00efve \u{1f602} 0123 __proto__ \"quoted\"\n\t n't , . 'm"]);
  const cases: readonly (readonly [string, Tokenizer, string])[] = [
    ["printable", printableTokenizer(), 'Why did 12 chickens , cross ?\r\n"Don\'t" ask!\t \v\f'],
    ["Unicode", unicode, "\u{1f602}na\u00efve\n\n 3 , 2 n't . 'm"],
  ];

  it.each(cases)("encode and decode the same in @huggingface/tokenizers (%s)", (_, tokenizer, text) => {
    const peer = new HuggingFaceTokenizer(...written(tokenizer));
    const ids = [...tokenizer.encode(text)];
    expect(peer.encode(text).ids).toEqual(ids);
    expect(peer.decode(ids)).toBe(text);
    expect(peer.decode(ids, { skip_special_tokens: true })).toBe(text);
  });

  it.each(cases)("are read back to the same vocabulary (%s)", (_, tokenizer, text) => {
    const [json, config] = written(tokenizer);
    const again = tokenizerFromFiles(json, config);
    expect(again.files()).toEqual(tokenizer.files());
    expect(again.endOfText).toBe(tokenizer.endOfText);
    expect(again.encode(text)).toEqual(tokenizer.encode(text));
  });

  it("are refused where they are malformed or of an unknown format", () => {
    expect(() => tokenizerFromFiles(null)).toThrow(/no "model" object/);
    expect(() => tokenizerFromFiles({ model: { type: "Unigram", vocab: {} } })).toThrow(
      /"Unigram".*character, word/,
    );
    const holes = { model: { type: "BPE", merges: [], vocab: { "\n": 0, a: 2 } } };
    expect(() => tokenizerFromFiles(holes)).toThrow(/"a" the id 2/);
    expect(() => tokenizerFromFiles({ model: { type: "BPE", merges: [] } })).toThrow(/no "vocab" object/);
  });
});
