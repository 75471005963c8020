/** Windows are what a training reads, for each vocabulary and each way of making rows. */
import { describe, expect, it, vi } from "vitest";
import type { TrainingWindow } from "../data/batches/window.ts";
import { prepareText, prepareTexts } from "../data/prepare.ts";
import { withSubwords, withWordPieces } from "../data/vocabularies.ts";
import { TrainingStep } from "./step.ts";
import { train } from "./train.ts";
import { type WindowsOptions, windows } from "./windows.ts";

type Data = Parameters<typeof windows>[0];

async function first(n: number, data: Data, request: WindowsOptions): Promise<TrainingWindow[]> {
  const found: TrainingWindow[] = [];
  for await (const window of windows(data, request)) {
    found.push(window);
    if (found.length === n) break;
  }
  return found;
}

const animals = ["hen", "fox", "toad", "crow", "goat", "mule"];
const texts = animals.flatMap((one) => animals.map((other) => `Why did the ${one} see the ${other}?`));
const items = await prepareTexts([{ texts }], { nearDuplicates: false });
const learned = ({ labels }: TrainingWindow) => labels.map((label) => label !== null);

describe("windows of characters", () => {
  it("have the ids of Python's string.printable, and y is x shifted by one", async () => {
    const data = prepareText("abc ABC\n".repeat(40), { vocabulary: "printable" });
    const [window] = await first(1, data, {
      model: "char-lstm",
      options: { seqLen: 7, batchSize: 1, windows: "shuffled", stride: 8, resetState: false },
    });
    // By hand: 0 to 9 are digits, 10 to 35 small letters, 36 to 61 capitals, 94 the space and 96 the line break.
    const ids: Readonly<Record<string, number>> = {
      ...{ a: 10, b: 11, c: 12, A: 36, B: 37, C: 38, " ": 94, "\n": 96 },
    };
    const cycle = "abc ABC\n".repeat(3);
    const at = cycle.indexOf(window!.text);
    expect(at).toBeGreaterThanOrEqual(0);
    expect(window!.pieces).toEqual([...cycle.slice(at, at + 7)]);
    expect(window!.ids).toEqual([...cycle.slice(at, at + 7)].map((letter) => ids[letter]));
    expect(window!.labels).toEqual([...cycle.slice(at + 1, at + 8)].map((letter) => ids[letter]));
    expect(window!.label_pieces).toEqual([...cycle.slice(at + 1, at + 8)]);
  });

  it("go on in their lane where the state is carried", async () => {
    // Every character is another one, so that its place is known.
    const letters = Array.from({ length: 200 }, (_, i) => String.fromCodePoint(0x4e00 + i));
    const data = prepareText(letters.join(""), { fractions: { validation: 0, test: 0 } });
    const [batch, length] = [3, 8];
    const found = await first(2 * batch, data, {
      model: "char-gru",
      options: { batchSize: batch, seqLen: length },
    });
    const places = found.map(({ pieces }) => pieces.map((letter) => letters.indexOf(letter)));
    const wanted = found.map(({ label_pieces }) => label_pieces.map((letter) => letters.indexOf(letter!)));
    const [begin] = places[0]!;
    const lane = Math.floor(199 / (batch * length)) * length;
    for (const [i, window] of found.entries()) {
      const from = begin! + (i % batch) * lane + Math.floor(i / batch) * length;
      expect(places[i]).toEqual(Array.from({ length }, (_, t) => from + t));
      expect(wanted[i]).toEqual(places[i]!.map((place) => place + 1));
      expect(window).toMatchObject({
        kind: "stream",
        predicts: "each",
        batch: Math.floor(i / batch),
        row: i % batch,
        rows: batch,
        continues: i >= batch,
        documents: [[0, length]],
      });
    }
  });

  it("start over where a text begins", async () => {
    const found = await first(20, items, { model: "char-lstm", options: { seqLen: 60, batchSize: 4 } });
    for (const { pieces, documents } of found) {
      const breaks = [...pieces.keys()].filter((t) => t > 0 && pieces[t] === "\n");
      expect(documents.map(([start]) => start)).toEqual([0, ...breaks]);
      expect(documents.map(([, end]) => end)).toEqual([...breaks, 60]);
    }
    expect(found.some(({ documents }) => documents.length > 1)).toBe(true);
  });

  it("are learned at their end alone by a model of the last", async () => {
    const [window] = await first(1, items, { model: "char-bilstm", modelOptions: { window: 10 } });
    expect(window!.predicts).toBe("last");
    expect(learned(window!)).toEqual([...Array(9).fill(false), true]);
    const all = items.splits.train.join("\n");
    expect(`\n${all}\n`).toContain(window!.text + window!.label_pieces.at(-1));
  });

  it("do not learn the prompt, nor padding", async () => {
    const pairs = animals.flatMap((one) => animals.map((other) => [`${one}?`, `the ${other}!`] as const));
    const data = await prepareTexts(
      [{ texts: pairs.map(([, answer]) => answer), prompts: pairs.map(([question]) => question) }],
      { nearDuplicates: false },
    );
    const found = await first(8, data, { model: "char-rnn", options: { seqLen: 24 } });
    for (const { kind, text, ids, labels, label_pieces, documents } of found) {
      const [, question, answer] = /^\n(\w+\?)( the \w+!)$/.exec(text)!;
      const size = 1 + question!.length + answer!.length;
      expect(kind).toBe("none");
      expect(documents).toEqual([[0, size]]);
      expect(ids).toHaveLength(24);
      expect(labels.slice(0, question!.length)).toEqual(Array(question!.length).fill(null));
      expect(label_pieces.slice(question!.length, size).join("")).toBe(`${answer}\n`);
      expect(labels.slice(size)).toEqual(Array(24 - size).fill(null));
    }
  });
});

it("windows of words have the ids of the vocabulary by frequency", async () => {
  const data = await prepareTexts([{ texts }], { nearDuplicates: false, vocabulary: "word" });
  const [window] = await first(1, data, { model: "word-lstm", options: { seqLen: 9, batchSize: 2 } });
  const counts = new Map<string, number>();
  for (const text of data.splits.train)
    for (const word of text.match(/\w+|\?/g)!) counts.set(word, (counts.get(word) ?? 0) + 1);
  const spelt = (word: string) => (word === "?" ? "￭?" : word);
  const order = [...counts].sort(([a, n], [b, m]) => m - n || (spelt(a) < spelt(b) ? -1 : 1));
  const ids = ["<unk>", "\n", ...order.map(([word]) => word)];
  expect(window!.ids).toEqual(window!.pieces.map((piece) => ids.indexOf(piece)));
  expect(window!.labels.slice(0, -1)).toEqual(window!.ids.slice(1));
  expect(window!.text.match(/\w+|\?|\n/g)).toEqual(window!.pieces);
});

/** The bytes of a token of byte-level BPE, by the rule of GPT-2's encoder. */
function bytesOf(token: string): number[] {
  const direct = (byte: number) => (byte > 32 && byte < 127) || (byte > 160 && byte !== 173);
  const others = Array.from({ length: 256 }, (_, byte) => byte).filter((byte) => !direct(byte));
  return Array.from(token, (letter) => {
    const code = letter.codePointAt(0)!;
    return code < 256 ? code : others[code - 256]!;
  });
}

describe("windows of pieces of words", () => {
  it("have texts that do not see each other in one row", async () => {
    const umlauts = texts.map((text) => `${text.replace("the", "thé")} 🐔`);
    const prepared = await prepareTexts([{ texts: umlauts }], {
      nearDuplicates: false,
      cleaning: { keepUnicode: true },
    });
    const data = withSubwords(prepared, 290);
    const { vocab } = (
      data.tokenizer.files()["tokenizer.json"] as { model: { vocab: Record<string, number> } }
    ).model;
    const spelling = new Map(Object.entries(vocab).map(([token, id]) => [id, bytesOf(token)]));
    const decode = (ids: readonly (number | null)[]) =>
      new TextDecoder("utf-8", { fatal: true }).decode(
        Uint8Array.from(ids.flatMap((id) => spelling.get(id!)!)),
      );
    const end = data.tokenizer.endOfText;
    const request: WindowsOptions = {
      model: "gpt2",
      options: { seqLen: 80, batchSize: 1, packing: "blocks" },
    };
    const seen: string[] = [];
    for await (const window of windows(data, request)) {
      for (const [start, stop] of window.documents) {
        expect(window.ids[start]).toBe(end);
        expect(window.labels[stop - 1]).toBe(end);
        // x is the end of the text before, then the text; y the text, then its end.
        expect(window.labels.slice(start, stop - 1)).toEqual(window.ids.slice(start + 1, stop));
        seen.push(decode(window.ids.slice(start + 1, stop)));
      }
      const used = window.documents.at(-1)![1];
      expect(window.labels.slice(used).every((label) => label === null)).toBe(true);
      expect(window.text.split("<|endoftext|>").slice(1)).toEqual(seen.slice(-window.documents.length));
      if (seen.length >= data.splits.train.length) break;
    }
    expect(seen.sort()).toEqual([...data.splits.train].sort());
  });

  it("write bytes that are no character", async () => {
    const data = withSubwords(prepareText("né 🐔".repeat(200)), 257);
    const [window] = await first(1, data, { model: "gpt2", options: { seqLen: 9, packing: "stream" } });
    expect(window!.pieces.some((piece) => piece === "\\xf0")).toBe(true);
    expect(window!.pieces.some((piece) => piece === "n")).toBe(true);
  });

  it("have labels for hidden tokens alone", async () => {
    const data = withWordPieces(items, 60);
    const found = await first(30, data, { model: "bert", options: { seqLen: 24, packing: "none" } });
    const lines = new Set(data.splits.train.map((text) => text.toLowerCase().replaceAll(" ", "")));
    let masks = 0;
    for (const window of found) {
      expect(window.predicts).toBe("masked");
      const [[start, stop]] = window.documents as [readonly [number, number]];
      expect(window.text.startsWith("[CLS] ")).toBe(true);
      const original = window.pieces.map((piece, t) => window.label_pieces[t] ?? piece).slice(start, stop);
      masks += window.pieces.filter((piece) => piece === "[MASK]").length;
      for (const [t, piece] of window.pieces.entries())
        if (piece === "[MASK]") expect(window.labels[t]).not.toBeNull();
      // With the hidden tokens in their places it is a text of the training split.
      expect(original[0]).toBe("[CLS]");
      expect(original.at(-1)).toBe("[SEP]");
      expect(lines).toContain(original.slice(1, -1).join("").replaceAll("##", ""));
      expect(learned(window).slice(stop).some(Boolean)).toBe(false);
    }
    expect(masks).toBeGreaterThan(10);
  });
});

it.each<[string, WindowsOptions]>([
  ["lanes", { model: "char-lstm", modelOptions: { width: 8, layers: 1 } }],
  [
    "texts in rows",
    { model: "char-rnn", modelOptions: { width: 8, layers: 1 }, options: { packing: "none" } },
  ],
])("a training reads the windows of %s", async (_, request) => {
  const read: number[] = [];
  const original = TrainingStep.prototype.run;
  const spy = vi.spyOn(TrainingStep.prototype, "run").mockImplementation(function (
    this: TrainingStep,
    arena,
    batches,
    ...rest
  ) {
    const next = () => {
      const batch = batches.next();
      read.push(...batch.x);
      return batch;
    };
    return original.call(this, arena, { ...batches, next }, ...rest);
  });
  const options = { batchSize: 2, seqLen: 12, steps: 4, seed: 9, sampleEvery: 0, ...request.options };
  await train({ ...request, data: items, options } as Parameters<typeof train>[0]);
  spy.mockRestore();
  const shown = await first(8, items, { ...request, options } as WindowsOptions);
  expect(shown.flatMap(({ ids }) => ids)).toEqual(read);
});

it("are refused where a training would be", async () => {
  const options = { stride: 2, packing: "none" } as const;
  await expect(first(1, items, { model: "char-lstm", options })).rejects.toThrow("`stride` is an option of");
  await expect(first(1, "short", { model: "char-lstm" })).rejects.toThrow("needs 2049");
  const stopped = AbortSignal.abort(new Error("enough"));
  await expect(first(1, items, { model: "char-lstm", signal: stopped })).rejects.toThrow("enough");
});
