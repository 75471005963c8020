import { Tokenizer as HuggingFaceTokenizer } from "@huggingface/tokenizers";
import { describe, expect, it } from "vitest";
import { tokenizerFromFiles } from "./files.ts";
import { detokenise, joiner, tokenise, wordTokenizer, wordTokenizerOf } from "./words.ts";

const texts = [
  'Why, "me"?',
  "Don't ask: the dogs' bone (90% of it) -- e-mail me@x.org... OK?!",
  "'Tis \"'quoted'\" rock'n'roll, $1,000.50; a/b c & d",
  "Ünïcode \u201cna\u00efve\u201d \u4f60\u597d \u{1f602}\u{1f602} caf\u00e9's",
  'line one.\n"line two"\nx',
  "don''t '' ' \" a' 'b _x_ <unk>",
];

describe("tokenise and detokenise", () => {
  it("make words plain and put joiners on marks only", () => {
    const parts = tokenise('Why, "me"?').map((part) => part.replaceAll(joiner, "+"));
    expect(parts).toEqual(["Why", "+,", '"+', "me", '+"', "+?"]);
    expect(tokenise("don't 'em dogs'").map((p) => p.replaceAll(joiner, "+"))).toEqual([
      "don't",
      "'+",
      "em",
      "dogs",
      "+'",
    ]);
  });

  it.each(texts)("are inverse: %j", (text) => {
    expect(detokenise(tokenise(text))).toBe(text);
  });

  it("are inverse on random strings of marks, letters and single spaces", () => {
    let seed = 12345;
    const next = (n: number) => {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
      return (seed >>> 16) % n;
    };
    const alphabet = [..."ab1'\u2019\"-. \n"];
    for (let run = 0; run < 2000; run++) {
      const text = Array.from({ length: 12 }, () => alphabet[next(alphabet.length)])
        .join("")
        .replace(/ *\n */g, "\n")
        .replace(/ +/g, " ")
        .replace(/^ | $/g, "");
      expect(detokenise(tokenise(text))).toBe(text);
    }
  });
});

describe("wordTokenizerOf", () => {
  it("keeps what is frequent enough, most frequent first; the rest is <unk>", () => {
    const tokenizer = wordTokenizerOf(["b a b c.", "a b."], { minCount: 2 });
    const tokens = Array.from({ length: tokenizer.size }, (_, id) => tokenizer.token(id));
    expect(tokens).toEqual(["<unk>", "\n", "b", "a", `${joiner}.`]);
    expect([...tokenizer.encode("a c.\n")]).toEqual([3, 0, 4, 1]);
    expect(tokenizer.decode(tokenizer.encode("a c."))).toBe("a <unk>.");
    expect(tokenizer.endOfText).toBe(1);
    expect(wordTokenizerOf(["b a b c.", "a b."], { minCount: 1, maxSize: 3 }).size).toBe(3);
  });

  it("refuses an empty vocabulary and lists without <unk> or the end", () => {
    expect(() => wordTokenizerOf(["one two"], { minCount: 5 })).toThrow(/No word is seen 5 times/);
    expect(() => wordTokenizer(["<unk>", "a"])).toThrow(/lacks "\\n"/);
    expect(() => wordTokenizer(["<unk>", "\n", "a", "a"])).toThrow(/"a" twice/);
  });
});

describe("the Hugging Face files of a word vocabulary", () => {
  const tokenizer = wordTokenizerOf(texts, { minCount: 1 });
  const files = JSON.parse(JSON.stringify(tokenizer.files())) as Record<string, object>;
  const json = files["tokenizer.json"]!;
  const config = files["tokenizer_config.json"]!;
  const peer = new HuggingFaceTokenizer(json, config);
  const unseen = ["whydid mee Don'task", "x".repeat(300), "a\u00bf b \u00bfb, the"];

  it.each([...texts, ...unseen])("encode and decode the same in @huggingface/tokenizers: %j", (text) => {
    const ids = [...tokenizer.encode(text)];
    expect(peer.encode(text).ids).toEqual(ids);
    expect(peer.decode(ids)).toBe(tokenizer.decode(ids));
  });

  it("are read back to the same vocabulary", () => {
    const again = tokenizerFromFiles(json, config);
    expect(again.kind).toBe("word");
    expect(again.files()).toEqual(tokenizer.files());
  });
});
