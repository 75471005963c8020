/** What follows a prompt, with any vocabulary: the two together are the decoding of all their ids. */
import { describe, expect, it } from "vitest";
import { metaspaceTokenizer } from "../../test/metaspace.ts";
import { Random } from "../core/random.ts";
import { trainBpe } from "./bpe-train.ts";
import { characterTokenizerOf } from "./characters.ts";
import { huggingfaceTokenizer } from "./huggingface.ts";
import { continuationOf } from "./stream-decoder.ts";
import type { Tokenizer } from "./tokenizer.ts";
import { wordPieceFiles } from "./wordpiece-files.ts";
import { wordTokenizerOf } from "./words.ts";

const WORDS = ["why", "did", "the", "hen", "cross", "tell"];
const TEXT = "why did the hen, \"tell\" it? it's (the) cross-hen!\nwhy not: the hen's";

function bpe(): Tokenizer {
  const { files } = trainBpe([TEXT, TEXT], { vocabularySize: 290 });
  return huggingfaceTokenizer(files["tokenizer.json"], files["tokenizer_config.json"]);
}

function wordPiece(): Tokenizer {
  const marks = [..."?,.!'\":()-"];
  const list = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", ...WORDS, "##s", "it", "s", "re", ...marks];
  const files = wordPieceFiles(list.join("\n"));
  return huggingfaceTokenizer(files["tokenizer.json"], files["tokenizer_config.json"]);
}

const vocabularies: readonly (readonly [name: string, tokenizer: Tokenizer])[] = [
  ["characters", characterTokenizerOf([TEXT])],
  ["words", wordTokenizerOf([TEXT], { minCount: 1 })],
  ["byte-level BPE", bpe()],
  ["WordPiece", wordPiece()],
  ["Llama's", metaspaceTokenizer(WORDS)],
];

describe.each(vocabularies)("%s", (name, tokenizer) => {
  const random = new Random(3, name);
  /** Ids drawn at random, special ones too; none that is half a character, which has no text of its own. */
  const drawn = (n: number, draw: number): number[] =>
    Array.from({ length: n }, (_, k) => random.below(tokenizer.size, 1000 * draw + k)).filter(
      (id) => !/^<0x[89A-F]/.test(tokenizer.token(id)) && !tokenizer.decode([id]).includes("\ufffd"),
    );

  it("is decoded as a part of the whole", () => {
    let compared = 0;
    for (let draw = 0; draw < 40; draw++) {
      const prompt = tokenizer.decode(drawn(draw % 9, draw)).trim();
      const asked = [...tokenizer.encode(prompt)];
      // WordPiece drops what no vocabulary has; only prompts that it gives back can be compared letter for letter.
      if (tokenizer.decode(asked) !== prompt || prompt.endsWith("'")) continue;
      compared++;
      const ids = drawn(30, draw + 500);
      const whole = tokenizer.decode([...asked, ...ids]);
      const continuation = continuationOf(tokenizer, prompt);
      expect(prompt + continuation.decode(ids)).toBe(whole);
      const pieces = continuation.pieces(ids);
      expect(pieces).toHaveLength(ids.length);
      expect(prompt + pieces.join("")).toBe(whole);
      const stream = continuation.stream();
      expect(prompt + ids.map((id) => stream.push(id)).join("") + stream.end()).toBe(whole);
      const plain = continuationOf(tokenizer, "").stream();
      expect(ids.map((id) => plain.push(id)).join("") + plain.end()).toBe(tokenizer.decode(ids));
    }
    expect(compared).toBeGreaterThan(15);
  });

  it("has the space between a prompt and what follows once", () => {
    const next = [...tokenizer.encode("why did tell")].slice(tokenizer.encode("why did").length);
    expect(continuationOf(tokenizer, "why did").decode(next)).toBe(" tell");
    if (tokenizer.kind === "bpe" || tokenizer.kind === "character") return;
    // Vocabularies that drop white space at the end write it no second time.
    expect(continuationOf(tokenizer, "why did ").decode(next)).toBe("tell");
  });
});

it.each(vocabularies)("shows what a token would add, without taking it: %s", (_, tokenizer) => {
  const ids = [...tokenizer.encode("the hen did cross")];
  const continuation = continuationOf(tokenizer, "why");
  const stream = continuation.stream();
  for (const [k, id] of ids.entries()) {
    const before = ids.slice(0, k);
    for (const other of new Set(ids))
      expect(stream.peek(other)).toBe(continuation.pieces([...before, other]).at(-1));
    stream.push(id);
  }
});

it("decodes a token of byte-level BPE once, and shows it as if it were decoded with those before it", () => {
  const tokenizer = bpe();
  let decoded = 0;
  const counting: Tokenizer = {
    ...tokenizer,
    decode: (ids) => {
      decoded++;
      return tokenizer.decode(ids);
    },
  };
  const random = new Random(8, "alone");
  // Halves of characters too, and the end of a text.
  const ids = Array.from({ length: 400 }, (_, k) => random.below(tokenizer.size, k));
  const slow = continuationOf({ ...tokenizer, standsAlone: false }, "why").stream();
  const quick = continuationOf(counting, "why").stream();
  for (const [k, id] of ids.entries()) {
    for (const other of ids.slice(k, k + 20)) expect(quick.peek(other)).toBe(slow.peek(other));
    expect(quick.push(id)).toBe(slow.push(id));
  }
  expect(quick.end()).toBe(slow.end());
  const again = continuationOf(counting, "why").stream();
  const words = tokenizer.encode("why did the hen cross, tell");
  for (const id of words) again.peek(id);
  const before = decoded;
  for (const id of words) {
    for (const other of words) again.peek(other);
    again.push(id);
  }
  expect(decoded).toBe(before);
});

it("goes on from a prompt with very many spaces", () => {
  const prompt = `${" ".repeat(300_000)}why `;
  const tokenizer = characterTokenizerOf([prompt]);
  expect(continuationOf(tokenizer, prompt).decode(tokenizer.encode("hy"))).toBe("hy");
});

it("puts a mark right behind the prompt's last word", () => {
  for (const [, tokenizer] of vocabularies.slice(0, 4)) {
    const next = [...tokenizer.encode("why, did")].slice(tokenizer.encode("why").length);
    expect(continuationOf(tokenizer, "why").decode(next)).toBe(", did");
  }
});

it("holds an apostrophe back until it is known what it joins", () => {
  const tokenizer = wordPiece();
  const ids = [...tokenizer.encode("it's why")];
  const stream = continuationOf(tokenizer, "did").stream();
  expect(ids.map((id) => stream.push(id))).toEqual([" it", "", "'s", " why"]);
});

it("completes a character whose bytes come as tokens of their own", () => {
  const tokenizer = metaspaceTokenizer(WORDS);
  const bytes = [...Buffer.from("é€")].map((b) => tokenizer.id(`<0x${b.toString(16).toUpperCase()}>`)!);
  const stream = continuationOf(tokenizer, "why").stream();
  expect(bytes.map((id) => stream.push(id)).join("|")).toBe("|é|||€");
});
