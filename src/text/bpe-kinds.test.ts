/** The vocabularies of GPT and of RoBERTa: how they differ from GPT-2's. */
import { describe, expect, it } from "vitest";
import { tokenizerContents } from "../hub/tokenizer-contents.ts";
import { trainBpe } from "./bpe-train.ts";
import { huggingfaceTokenizer } from "./huggingface.ts";
import type { TokenizerFiles } from "./huggingface-files.ts";
import { maskedBpeOf } from "./masked-bpe.ts";
import { continuationOf } from "./stream-decoder.ts";

const opened = (files: TokenizerFiles) =>
  huggingfaceTokenizer(files["tokenizer.json"], files["tokenizer_config.json"]);

/** The tokenizer of a folder that has these files of `vocab.json` and `merges.txt` alone. */
async function fromPair(vocab: Readonly<Record<string, number>>, merges: readonly string[]) {
  const files: Readonly<Record<string, string>> = {
    "vocab.json": JSON.stringify(vocab),
    "merges.txt": `#version: 0.2\n${merges.join("\n")}\n`,
  };
  const text = async (name: string) => files[name];
  const json = async (name: string) => (files[name] === undefined ? undefined : JSON.parse(files[name]));
  return opened(await tokenizerContents("tiny", { text, json, list: async () => [] }));
}

const hostile = [
  "a  b\t c\n\nd ",
  " leading, and trailing  ",
  "Ünïcode “naïve” 你好 😂😂 café",
  "x\u0000y\u200b\u202ez",
  "don't, can't; 'quoted' 3.14 1,000",
  "<s> </s> <unk> of text",
  "",
];

describe("RoBERTa's vocabulary", () => {
  const tokenizer = maskedBpeOf(
    opened(trainBpe(["the hen saw the other hen "], { vocabularySize: 262 }).files),
  );
  const at = (token: string) => tokenizer.id(token)!;

  it("has the special tokens at their places, and GPT-2's pieces between them", () => {
    expect(["<s>", "<pad>", "</s>", "<unk>", "<mask>"].map(at)).toEqual([0, 1, 2, 3, tokenizer.size - 1]);
    expect(tokenizer).toMatchObject({ cls: 0, pad: 1, sep: 2, endOfText: 2, unknown: 3, mask: at("<mask>") });
    expect(tokenizer.beginOfText).toBeUndefined();
  });

  it("puts one end behind a text, and two between two texts, of one kind", () => {
    expect([...tokenizer.wrap([7, 8]).ids]).toEqual([0, 7, 8, 2]);
    const pair = tokenizer.wrap([7, 8], [9]);
    expect([...pair.ids]).toEqual([0, 7, 8, 2, 2, 9, 2]);
    expect([...pair.types]).toEqual([0, 0, 0, 0, 0, 0, 0]);
  });

  it("takes the space before a mask into the mask", () => {
    const ids = [...tokenizer.encode("the <mask> saw")];
    expect(ids.map(tokenizer.token)).toEqual(
      ["the", "<mask>", "Ġsaw"].flatMap((t) => (at(t) === undefined ? [...t] : [t])),
    );
  });

  it.each(hostile.filter((text) => !text.includes("<s>")))("gives back %j", (text) => {
    expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
  });

  it("is read from the older pair of files too", async () => {
    const { vocab, merges } = tokenizer.files()["tokenizer.json"].model as never as {
      vocab: Record<string, number>;
      merges: string[];
    };
    const again = await fromPair(vocab, merges);
    const text = "the hen <mask> the other";
    expect([...again.encode(text)]).toEqual([...tokenizer.encode(text)]);
    expect(again).toMatchObject({ cls: 0, pad: 1, sep: 2, mask: tokenizer.mask });
  });
});

describe("the first GPT's vocabulary", () => {
  const letters = [..."abcdefghijklmnopqrstuvwxyz.,'"];
  const merged = ["t h", "th e</w>", "h e", "he n</w>", "s a", "sa w</w>"];
  const tokens = [
    "<unk>",
    ...letters,
    ...letters.map((letter) => `${letter}</w>`),
    ...merged.map((pair) => pair.replace(" ", "")),
    "\n</w>",
  ];
  const vocab = Object.fromEntries(tokens.map((token, id) => [token, id]));
  const spelled = async (text: string) => {
    const tokenizer = await fromPair(vocab, merged);
    return [...tokenizer.encode(text)].map(tokenizer.token);
  };

  it("spells in lower case, with a mark behind each word's last piece", async () => {
    expect(await spelled("The HEN saw.")).toEqual(["the</w>", "hen</w>", "saw</w>", ".</w>"]);
    expect(await spelled("Thé  henthe\nx")).toEqual(["the</w>", "he", "n", "the</w>", "x</w>"]);
    expect(await spelled("a 你")).toEqual(["a</w>", "<unk>"]);
  });

  it("ends a text with a line, which no text has", async () => {
    const tokenizer = await fromPair(vocab, merged);
    expect(tokenizer.token(tokenizer.endOfText)).toBe("\n</w>");
    expect(await spelled("a\n\nb")).toEqual(["a</w>", "b</w>"]);
  });

  it("gives back words with a space between, and punctuation where it belongs, piece by piece too", async () => {
    const tokenizer = await fromPair(vocab, merged);
    const ids = tokenizer.encode("The hen didn't see, the other saw.");
    const text = "the hen didn't see, the other saw.";
    expect(tokenizer.decode(ids)).toBe(text);
    expect(continuationOf(tokenizer, "").pieces(ids).join("")).toBe(text);
    const words = [
      "the hen",
      "the hen didn't",
      "the hen didn't see",
      "the hen didn't see,",
      "the hen didn't see, the",
    ];
    for (const prompt of words) {
      const read = tokenizer.encode(prompt).length;
      expect(prompt + continuationOf(tokenizer, prompt).decode(ids.subarray(read))).toBe(text);
    }
  });
});
