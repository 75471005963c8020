/** Spelling a long text in pieces where merges run on from word to word. */
import { expect, it } from "vitest";
import { metaspaceFiles } from "../../test/metaspace.ts";
import { Random } from "../core/random.ts";
import { pieceEncoder, runsOn, withoutFront } from "./bpe-pieces.ts";
import { huggingfaceTokenizer } from "./huggingface.ts";
import type { HuggingFaceJson } from "./huggingface-files.ts";

/** Of words, and of pairs of them with the space between. */
function files() {
  const { "tokenizer.json": json, "tokenizer_config.json": config } = metaspaceFiles([
    "the",
    "hen",
    "see",
    "ab",
  ]);
  const tokens = Object.keys(json.model.vocab);
  const more = ["e\u2581", "he\u2581", "the\u2581", "n\u2581t", "see\u2581the"];
  const vocab = Object.fromEntries([...tokens, ...more].map((token, id) => [token, id]));
  const merges = [...json.model.merges, "e \u2581", "h e\u2581", "t he\u2581", "n \u2581t", "see \u2581the"];
  return { json: { ...json, model: { ...json.model, vocab, merges } } as unknown as HuggingFaceJson, config };
}

const { json, config } = files();
/** Texts of fewer units than two pieces are spelled in one go. */
const spell = (of: HuggingFaceJson) => {
  const { encode } = huggingfaceTokenizer(of, config);
  return (text: string) => [...encode(text)];
};

it("gives the ids of one go, whatever the text, in pieces of any length", () => {
  expect(runsOn(json)).toBe(true);
  const [whole, rest] = [spell(json), spell(withoutFront(json))];
  const parts = [
    "the",
    "hen",
    "see",
    "ab",
    " ",
    "  ",
    "\u2581",
    "t",
    "e",
    "n",
    "\n",
    "é",
    "😂",
    "\ud83d",
    "x",
    "'",
    "</s>",
  ];
  const random = new Random(3, "texts");
  let at = 0;
  const drawn = (n: number) => Math.floor(random.uniform(at++) * n);
  let turns = 0;
  for (let round = 0; round < 400; round++) {
    const known = parts.slice(0, round % 4 === 0 ? parts.length : 10);
    const text = Array.from({ length: drawn(120) }, () => known[drawn(known.length)]!).join("");
    const { encode, encodeInSteps } = pieceEncoder(json, whole, () => rest, ["</s>"], 1 + drawn(12));
    expect([...encode(text)], JSON.stringify(text)).toEqual(whole(text));
    const steps = encodeInSteps(text);
    let step = steps.next();
    for (; !step.done; step = steps.next()) turns++;
    expect([...step.value]).toEqual(whole(text));
  }
  expect(turns).toBeGreaterThan(1000);
});

it("leaves a text whole that has an added token in it, which may begin with a space's mark", () => {
  const id = Object.keys(json.model.vocab).length;
  const added = { id, content: "\u2581seehen", special: false, normalized: true };
  const more = { ...json, added_tokens: [...(json.added_tokens ?? []), added] } as unknown as HuggingFaceJson;
  const [whole, rest] = [spell(more), spell(withoutFront(more))];
  const { encode } = pieceEncoder(more, whole, () => rest, ["</s>", added.content], 4);
  for (const text of ["the see\nthe  seehen", "the see\nab seehen see", "see\nthe\u2581\u2581seehen"])
    expect([...encode(text)], text).toEqual(whole(text));
});

it("is how a tokenizer spells long texts, with turns for others in between", () => {
  const tokenizer = huggingfaceTokenizer(json, config);
  const text = "the hen see ab the see hen\nt ".repeat(1000);
  const steps = tokenizer.encodeInSteps!(text);
  let turns = 0;
  let step = steps.next();
  for (; !step.done; step = steps.next()) turns++;
  expect(turns).toBeGreaterThan(3);
  expect(step.value).toEqual(tokenizer.encode(text));
  expect(tokenizer.decode(step.value)).toBe(text);
});
