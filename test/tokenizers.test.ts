/** Vocabularies of today's models against a second implementation, and llama.cpp's, on hostile texts. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { exportModel } from "../src/export/export.ts";
import { bpeFiles } from "../src/text/bpe-files.ts";
import { trainBpe } from "../src/text/bpe-train.ts";
import { huggingfaceTokenizer } from "../src/text/huggingface.ts";
import type { HuggingFaceJson } from "../src/text/huggingface-files.ts";
import { maskedBpeOf } from "../src/text/masked-bpe.ts";
import { temporaryFolder } from "./cli.ts";
import { modelFolder } from "./export-fixture.ts";
import { metaspaceFiles } from "./metaspace.ts";
import { llamaSpells, peerReason, peers } from "./peers.ts";
import { preTokenizer, secondBpe, splitters } from "./second-bpe.ts";
import { secondWordBpe } from "./second-word-bpe.ts";

const END = "<|endoftext|>";
const read =
  "The hen didn't cross 12,345 roads; it'll see the OTHER side, they've said. naïve café 你好 你好 😂😂 x = 2**10\n\n\t\tif (a) { return 3.14159; }\r\n";

const hostile = [
  "",
  " ",
  "   a  b   ",
  "a\n\n\n  b\r\n\r\nc \n",
  "\t\tif (a) {\n\t\t\treturn 31415926535;\n\t}\r\n",
  "don't DON'T they'LL we'Ve I'm 'sx ''s 's's",
  "12345678901234567890 1 22 333 4444 ½ ٣ ١٢٣٤ Ⅷ",
  "Ünïcode “naïve” cafe\u0301 e\u0301\u0323 A\u030a ﬁ ǆ",
  "你好世界。こんにちは 안녕 \u1112\u1161\u11ab",
  "😂😂👩‍👩‍👧‍👦🏳️‍🌈👍🏽 🇫🇷",
  "\u0000\u0001\u001f\u007f\u0080\u009f",
  "a\u0085b\u00a0c\u1680d\u2003e\u2028f\u2029g\u202fh\u205fi\u3000j\ufeffk\u200bl\u2060m",
  "\u202eright to left\u202c \u2066isolated\u2069 שלום مرحبا",
  "\ud800 alone \udfff, and \ud83d again",
  `${END}a${END}${END} b ${END}`,
  `<|endoftext|<|endoftext|>|>`,
  "<s></s><unk><pad><mask>",
  "ſ's 'ſ K'ſ",
  "a".repeat(3000),
  " ".repeat(1000),
  "ab \n".repeat(400),
  "!?".repeat(500),
  "\u0301".repeat(50),
  "𝕳𝖊𝖓 𐍈 \u{10ffff}",
];

/** Texts whose parts are drawn from what splits words. */
const drawn = Array.from({ length: 200 }, (_, n) => {
  const parts = [
    "a",
    "The",
    "'",
    "'s",
    "'Ll",
    " ",
    "  ",
    "\n",
    "\r\n",
    "\t",
    "1",
    "234",
    ",",
    "—",
    "é",
    "e\u0301",
  ];
  const more = ["你", "😂", "\u00a0", "\u0085", "\ufeff", "\u200d", "٣", END, "hen", "_", "\u3000", "ſ"];
  const all = [...parts, ...more];
  let state = n + 1;
  return Array.from({ length: 3 + (n % 17) }, () => {
    state = (state * 48271) % 2147483647;
    return all[state % all.length]!;
  }).join("");
});

const trained = trainBpe([read, "hen hens see seen crossing roads"], { vocabularySize: 360 }).files;

/** A vocabulary that splits words as these models do. */
function filesOf(name: keyof typeof splitters) {
  const json = trained["tokenizer.json"];
  return {
    ...trained,
    "tokenizer.json": {
      ...json,
      normalizer: name === "qwen2" ? { type: "NFC" } : null,
      pre_tokenizer: preTokenizer(name),
      model: { ...json.model, ignore_merges: name === "llama3" },
    } as HuggingFaceJson,
  };
}

/** A vocabulary as those converted from SentencePiece: each way to join two pieces to a third is a merge. */
function piecesFiles() {
  const files = metaspaceFiles(["the", "hen", "see", "road", "'s"]);
  const { model } = files["tokenizer.json"];
  const tokens = Object.keys(model.vocab);
  const merges = tokens.flatMap((token) =>
    [...token].flatMap((_, i, signs) => {
      const [left, right] = [signs.slice(0, i).join(""), signs.slice(i).join("")];
      return left in model.vocab && right in model.vocab ? [`${left} ${right}`] : [];
    }),
  );
  return { ...files, "tokenizer.json": { ...files["tokenizer.json"], model: { ...model, merges } } };
}

const names = Object.keys(splitters) as (keyof typeof splitters)[];
/** A text as a program reads it: half of a pair of surrogates is no character. */
const readable = (text: string): string => Buffer.from(text).toString();

describe.each(names)("a vocabulary as %s's", (name) => {
  const files = filesOf(name);
  const tokenizer = huggingfaceTokenizer(files["tokenizer.json"], files["tokenizer_config.json"]);
  const texts = [...hostile, ...drawn];

  it("spells as the second implementation", () => {
    for (const text of texts)
      expect([...tokenizer.encode(text)], JSON.stringify(text)).toEqual(
        secondBpe(files["tokenizer.json"], name, text),
      );
  });

  it("gives back every text without special tokens", () => {
    for (const text of texts.filter((one) => !one.includes(END))) {
      const normal = name === "qwen2" ? readable(text).normalize("NFC") : readable(text);
      expect(tokenizer.decode(tokenizer.encode(text)), JSON.stringify(text)).toBe(normal);
    }
  });
});

it("RoBERTa's vocabulary spells as the second implementation what its special tokens leave", () => {
  const files = filesOf("gpt2");
  const tokenizer = maskedBpeOf(
    huggingfaceTokenizer(files["tokenizer.json"], files["tokenizer_config.json"]),
  );
  const json = tokenizer.files()["tokenizer.json"] as HuggingFaceJson;
  // A mask takes the space before it, which the second implementation knows nothing of.
  const texts = [...hostile, ...drawn].filter((text) => !text.includes("<mask>"));
  for (const text of texts)
    expect([...tokenizer.encode(text)], JSON.stringify(text)).toEqual(secondBpe(json, "gpt2", text));
});

describe("the first GPT's vocabulary", () => {
  const texts = [
    ...hostile,
    ...drawn,
    "ΟΔΟΣ ΟΔΟΣ. Σ ΑΣ, Β",
    "𠀀a𪜀 丽b你c",
    "İstanbul ẞ ǅ ᾈ K ﬁ",
    "a\u0345b\u0e33c ๏",
    "$5+5=10^1 `a|b~c` ¿qué? «x» 、",
  ];
  /** All characters of these texts but some, and merges of such as follow each other. */
  const bare = readable(texts.join(" "))
    .toLowerCase()
    .normalize("NFD")
    .replace(/\p{Mn}/gu, "");
  const words = bare.split(/[\s\p{P}]+/u);
  const signs = [...new Set(words.join(""))].filter((sign) => sign.codePointAt(0)! % 11 > 0);
  const merges = new Map<string, string>();
  const merge = (a: string, b: string) => merges.set(`${a} ${b}`, a + b);
  for (const word of words.map((one) => [...one].filter((sign) => signs.includes(sign)))) {
    for (let i = 0; i + 2 < word.length; i++) merge(word[i]!, word[i + 1]!);
    if (word.length > 1) merge(word.at(-2)!, `${word.at(-1)!}</w>`);
    if (word.length > 3) merge(word.slice(0, 2).join(""), `${word.slice(2, 4).join("")}`);
  }
  const joins = [...merges].filter(([pair]) =>
    pair
      .split(" ")
      .every((part) => [...part.replace("</w>", "")].length === 1 || [...merges.values()].includes(part)),
  );
  const punctuation = [..."!\"#$%&'()*+,-./:;<=>?@[]^_`{|}~¿«»—。、"];
  const all = [...signs, ...punctuation];
  const tokens = new Set([
    "<unk>",
    ...all,
    ...all.map((sign) => `${sign}</w>`),
    ...joins.map(([, joined]) => joined),
    "\n</w>",
  ]);
  const files = bpeFiles(
    Object.fromEntries([...tokens].map((token, id) => [token, id])),
    joins.map(([pair]) => pair.split(" ") as [string, string]),
  );
  const tokenizer = huggingfaceTokenizer(files["tokenizer.json"], files["tokenizer_config.json"]);

  it("spells as the second implementation", () => {
    for (const text of texts)
      expect([...tokenizer.encode(text)], JSON.stringify(text)).toEqual(
        secondWordBpe(files["tokenizer.json"], text),
      );
  });
});

describe.skipIf(!peers.llama)(`llama.cpp ${peerReason("node-llama-cpp")}`, () => {
  // It reads strings of C, and neither half pairs nor normal forms.
  const texts = [...hostile, ...drawn].filter(
    (text) =>
      text !== "" && readable(text) === text && !text.includes("\u0000") && text.normalize("NFC") === text,
  );

  it.each([
    ["gpt2", "gpt2", filesOf("gpt2")],
    ["llama", "llama3", filesOf("llama3")],
    ["qwen2", "qwen2", filesOf("qwen2")],
    ["llama", "SentencePiece", piecesFiles()],
  ] as const)("of an exported %s spells as %s's vocabulary", { timeout: 120_000 }, async (type, _, files) => {
    const folder = await modelFolder(type, {}, 1, { vocab_size: 700 });
    for (const [name, content] of Object.entries(files))
      writeFileSync(join(folder, name), JSON.stringify(content));
    const tokenizer = huggingfaceTokenizer(files["tokenizer.json"] as never, files["tokenizer_config.json"]);
    const out = join(temporaryFolder(), "gguf");
    await exportModel(folder, { format: "gguf", types: ["f32"], out });
    const plain = texts.filter((text) => !/<\|endoftext|<s>|<unk>/.test(text));
    const theirs = await llamaSpells(join(out, "model-f32.gguf"), plain);
    for (const [i, text] of plain.entries())
      expect(theirs[i], JSON.stringify(text)).toEqual([...tokenizer.encode(text)]);
  });
});
