import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Tokenizer as Library } from "@huggingface/tokenizers";
import { describe, expect, it } from "vitest";
import { beginningAfterEnd } from "./begin-after-end.ts";
import { byteCharacters } from "./bpe-bytes.ts";
import { bpeFiles } from "./bpe-files.ts";
import { type HuggingFaceTokenizer, huggingfaceTokenizer } from "./huggingface.ts";
import type { TokenizerFiles } from "./huggingface-files.ts";
import { continuationOf } from "./stream-decoder.ts";
import { wordPieceFiles } from "./wordpiece-files.ts";

const assets = process.env.PUNCHLINE_ASSETS;
const open = (files: TokenizerFiles) =>
  huggingfaceTokenizer(files["tokenizer.json"], files["tokenizer_config.json"]);
const readJson = (...path: string[]) => JSON.parse(readFileSync(join(assets!, ...path), "utf8"));

const hostile = [
  "",
  " ",
  "  two  blanks \t tabs\r\n\r\n",
  "👩‍👩‍👧‍👦 families, flags 🇫🇷🇯🇵, and skin 👍🏽",
  "日本語と中文，한국어",
  "null\0bytes\0\0 and \x1b[31mescapes\x7f",
  "e\u0301 combining, \u200b zero width, \ufeff byte order mark, \u202e right to left",
  "\ufffd a real replacement character \ufffd",
  "I'm, you're, it's, 'S 'LL don''t",
  "1234567890 12,345.67 ½ Ⅷ",
  "Ġ is a letter too, and Ċ",
];

describe("byte-level BPE", () => {
  const vocab: Record<string, number> = Object.fromEntries(byteCharacters.map((c, i) => [c, i]));
  const merges: [string, string][] = [
    ["l", "o"],
    ["lo", "w"],
    ["Ġ", "low"],
  ];
  for (const [a, b] of merges) vocab[a + b] = Object.keys(vocab).length;
  const eos = Object.keys(vocab).length;
  const tokenizer = open(bpeFiles({ ...vocab, "<|endoftext|>": eos }, merges));

  it("merges by rank and shows tokens as the vocabulary has them", () => {
    expect([...tokenizer.encode("low low")].map((id) => tokenizer.token(id))).toEqual(["low", "Ġlow"]);
    expect(tokenizer).toMatchObject({ kind: "bpe", size: eos + 1, endOfText: eos });
    expect(tokenizer.id("Ġlow")).toBe(258);
    expect(tokenizer.id("nothing")).toBeUndefined();
    expect(tokenizer.mask).toBeUndefined();
  });

  it.each(hostile)("gives back %j", (text) => {
    expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
  });

  it("gives back a megabyte of blanks", () => {
    const blanks = " ".repeat(1 << 20);
    expect(tokenizer.decode(tokenizer.encode(blanks)) === blanks).toBe(true);
  });

  it("finds the end of text where it is written, and leaves it out of the text", () => {
    const ids = tokenizer.encode("low<|endoftext|> low");
    expect([...ids]).toEqual([257, eos, 258]);
    expect(tokenizer.decode(ids)).toBe("low low");
    expect(tokenizer.decode([eos])).toBe("");
  });

  it("can record that texts follow each other, in files that other programs read", () => {
    const after = beginningAfterEnd(tokenizer);
    expect([tokenizer.beginsAfterEnd, after.beginsAfterEnd]).toEqual([false, true]);
    expect(beginningAfterEnd(after)).toBe(after);
    const { "tokenizer.json": json, "tokenizer_config.json": config } = after.files();
    const other = new Library(json, config);
    const ids = [...tokenizer.encode("low low")];
    expect(other.encode("low low").ids).toEqual([tokenizer.endOfText, ...ids]);
    expect(other.encode("low low", { add_special_tokens: false }).ids).toEqual(ids);
    expect(open(after.files())).toMatchObject({ beginsAfterEnd: true });
    expect([...open(after.files()).encode("low low")]).toEqual(ids);
  });

  it("refuses an id outside the vocabulary, and a second text", () => {
    expect(() => tokenizer.decode([eos + 1])).toThrow(`Id ${eos + 1} is not in this vocabulary`);
    expect(() => tokenizer.wrap([1], [2])).toThrow("not a pair");
    expect([...tokenizer.wrap([1, 2]).ids]).toEqual([1, 2]);
  });

  it("refuses a character that a small vocabulary cannot spell, where the library drops it", () => {
    const small = open(bpeFiles({ l: 0, o: 1, w: 2, Ġ: 3, "<|endoftext|>": 4 }, []));
    expect([...small.encode("low lo<|endoftext|>")]).toEqual([0, 1, 2, 3, 0, 1, 4]);
    expect(() => small.encode("low é")).toThrowError(
      expect.objectContaining({ code: "unknown-character", details: { character: "é" } }),
    );
  });

  it("names what is wrong with files of another kind", () => {
    const files = bpeFiles({ ...vocab, "<|endoftext|>": eos }, merges);
    const json = files["tokenizer.json"];
    const unigram = { ...json, model: { ...json.model, type: "Unigram" } };
    expect(() => huggingfaceTokenizer(unigram)).toThrow("its model is Unigram");
    expect(() => open(bpeFiles(vocab, merges))).toThrow("no end of text");
  });
});

describe("WordPiece", () => {
  const words = [
    "[PAD]",
    "[UNK]",
    "[CLS]",
    "[SEP]",
    "[MASK]",
    "joke",
    "##s",
    "##ter",
    "are",
    "fun",
    "!",
    "日",
    "e",
  ];
  const tokenizer = open(wordPieceFiles(`${words.join("\n")}\n`));
  const tokens = (text: string) => [...tokenizer.encode(text)].map((id) => tokenizer.token(id));

  it("takes the longest piece first, without case and accents", () => {
    expect(tokens("Jokes are FUN!")).toEqual(["joke", "##s", "are", "fun", "!"]);
    expect(tokens("joker É 日日")).toEqual(["[UNK]", "e", "日", "日"]);
    expect(tokenizer.decode(tokenizer.encode("Jokes are FUN!"))).toBe("jokes are fun!");
  });

  it("finds masks in the text and wraps one text or two", () => {
    expect(tokens("jokes are [MASK] !")).toEqual(["joke", "##s", "are", "[MASK]", "!"]);
    expect(tokenizer).toMatchObject({
      kind: "wordpiece",
      size: 13,
      pad: 0,
      unknown: 1,
      cls: 2,
      sep: 3,
      endOfText: 3,
      mask: 4,
    });
    const { ids, types } = tokenizer.wrap([5, 6], [8]);
    expect([...ids]).toEqual([2, 5, 6, 3, 8, 3]);
    expect([...types]).toEqual([0, 0, 0, 0, 1, 1]);
    expect([...tokenizer.wrap([5]).ids]).toEqual([2, 5, 3]);
  });

  it("is cased where the vocabulary has capitals, unless the configuration says otherwise", () => {
    const cased = `${words.join("\n")}\nJoke\n`;
    expect([...open(wordPieceFiles(cased)).encode("Joke")]).toEqual([13]);
    expect([...open(wordPieceFiles(cased, { do_lower_case: true })).encode("Joke")]).toEqual([5]);
  });

  it("names a missing special token and a repeated line", () => {
    expect(() => wordPieceFiles("[PAD]\n[UNK]\n")).toThrow("no token [CLS]");
    expect(() => wordPieceFiles("a\nb\na\n")).toThrow('line 3: token "a" is already in line 1');
  });
});

describe("decoding token by token", () => {
  it("never splits a character, and joins to the whole text", () => {
    const vocab: Record<string, number> = Object.fromEntries(byteCharacters.map((c, i) => [c, i]));
    const tokenizer = open(bpeFiles({ ...vocab, "<|endoftext|>": 256 }, []));
    for (const text of hostile) {
      const stream = continuationOf(tokenizer, "").stream();
      const parts = [...tokenizer.encode(text)].map((id) => stream.push(id));
      parts.push(stream.end());
      expect(parts.join("")).toBe(text);
      if (!text.includes("\ufffd")) expect(parts.join("|")).not.toContain("\ufffd");
    }
    const stream = continuationOf(tokenizer, "").stream();
    expect([0xf0, 0x9f, 0x8e, 0x89, 0x21].map((byte) => stream.push(byte))).toEqual(["", "", "", "🎉", "!"]);
    expect(stream.push(0xe2) + stream.end()).toBe("\ufffd");
    expect(stream.end()).toBe("");
  });

  it("keeps the blanks between words that depend on their neighbours", () => {
    const tokenizer = open(wordPieceFiles("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\njoke\n##s\nare\nfun\n"));
    const stream = continuationOf(tokenizer, "").stream();
    const ids = Array.from({ length: 5 }, () => [...tokenizer.encode("jokes are fun")]).flat();
    expect(ids.map((id) => stream.push(id)).join("")).toBe(Array(5).fill("jokes are fun").join(" "));
  });
});

describe.skipIf(!assets)("published vocabularies (skipped without PUNCHLINE_ASSETS)", () => {
  const gpt2 = (): HuggingFaceTokenizer =>
    huggingfaceTokenizer(
      readJson("gpt2-random-n16-hf", "tokenizer.json"),
      readJson("gpt2-random-n16-hf", "tokenizer_config.json"),
    );

  it("GPT-2's ids are the published ones", () => {
    const tokenizer = gpt2();
    expect(tokenizer).toMatchObject({ size: 50257, endOfText: 50256 });
    expect([...tokenizer.encode("Hello world")]).toEqual([15496, 995]);
    expect([...tokenizer.encode("Hello, my dog is cute")]).toEqual([15496, 11, 616, 3290, 318, 13779]);
    expect([...tokenizer.encode("The quick brown fox jumps over the lazy dog")]).toEqual([
      464, 2068, 7586, 21831, 18045, 625, 262, 16931, 3290,
    ]);
    for (const text of hostile) expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
  });

  it("vocab.json and merges.txt give GPT-2's tokenizer.json, and jokes the ids of the plain algorithm", () => {
    const folder = join(assets!, "gpt2-random-n16-hf");
    const merges = readFileSync(join(folder, "merges.txt"), "utf8").split("\n").slice(1, 50001);
    const vocab = readJson("gpt2-random-n16-hf", "vocab.json");
    const made = open(
      bpeFiles(
        vocab,
        merges.map((line) => line.split(" ") as [string, string]),
      ),
    );
    const published = gpt2();
    const ranks = new Map(merges.map((line, i) => [line, i]));
    const jokes = readFileSync(join(assets!, "short-jokes", "shortjokes.csv"), "utf8")
      .split("\n")
      .slice(0, 300);
    for (const joke of [...jokes, "aaaaaaaaaaa", "hahahahahaha", ...hostile]) {
      const ids = [...published.encode(joke)];
      expect([...made.encode(joke)]).toEqual(ids);
      expect(plainBpe(joke, vocab, ranks)).toEqual(ids);
    }
  });

  it("BERT's ids are the published ones, from tokenizer.json and from vocab.txt", () => {
    const published = huggingfaceTokenizer(readJson("bert-tokenizer", "tokenizer.json"));
    const made = open(wordPieceFiles(readFileSync(join(assets!, "bert-tokenizer", "vocab.txt"), "utf8")));
    const { ids } = published.wrap(published.encode("Hello, my dog is cute"));
    expect([...ids]).toEqual([101, 7592, 1010, 2026, 3899, 2003, 10140, 102]);
    expect(published).toMatchObject({ size: 30522, mask: 103, pad: 0, endOfText: 102 });
    for (const text of hostile) expect([...made.encode(text)]).toEqual([...published.encode(text)]);
    expect([...published.encode("high in the [MASK].")]).toEqual([2152, 1999, 1996, 103, 1012]);
  });
});

/** GPT-2's encoder as its paper describes it: in each word, merge the pair of lowest rank until none is left. */
function plainBpe(text: string, vocab: Record<string, number>, ranks: ReadonlyMap<string, number>): number[] {
  const pattern = /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+/gu;
  return (text.match(pattern) ?? []).flatMap((word) => {
    let parts = [...Buffer.from(word)].map((byte) => byteCharacters[byte]!);
    for (;;) {
      const pairs = parts.slice(1).map((right, i) => `${parts[i]} ${right}`);
      const best = pairs.filter((p) => ranks.has(p)).sort((a, b) => ranks.get(a)! - ranks.get(b)!)[0];
      if (best === undefined) return parts.map((part) => vocab[part]!);
      const merged: string[] = [];
      for (let i = 0; i < parts.length; i++) {
        if (`${parts[i]} ${parts[i + 1]}` === best) merged.push(parts[i]! + parts[++i]!);
        else merged.push(parts[i]!);
      }
      parts = merged;
    }
  });
}
