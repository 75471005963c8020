/** Every figure that a command prints, for every kind of model, against plain loops over the logits. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { evaluateTexts, scoreTexts } from "../src/evaluate/likelihood.ts";
import { Speller } from "../src/evaluate/quality/spelling.ts";
import { beginsAfterEnd, type LanguageModel } from "../src/generate/language-model.ts";
import { loadModel } from "../src/generate/load.ts";
import { promptIds, sample } from "../src/generate/sample.ts";
import { suggest } from "../src/generate/suggest.ts";
import type { OptionValues } from "../src/models/model.ts";
import { isHuggingFaceTokenizer } from "../src/text/huggingface.ts";
import { temporaryFolder } from "./cli.ts";
import { runHere } from "./cli-here.ts";
import { modelFolder } from "./export-fixture.ts";
import { figuresOf, givenAllBefore, inWindows, type PlainModel, plainModel, sum } from "./plain-loops.ts";

const TEXTS = [
  "why did the hen cross a road",
  "a hen",
  "to see its other side",
  "the road did see a hen cross",
];

/** Every kind of network with every kind of vocabulary. */
const kinds: readonly (readonly [type: string, sizes: OptionValues])[] = [
  ["char-lstm", {}],
  ["char-gru", {}],
  ["char-rnn", {}],
  ["char-bilstm", {}],
  ["char-cnn", { layers: 4, kernel: 3 }],
  ["char-transformer", { context: 24 }],
  ["word-lstm", {}],
  ["word-rnn", {}],
  ["gpt2", { context: 24 }],
];
/** Small networks: what is tested are figures, not sizes. */
const small: OptionValues = { width: 16, layers: 1 };

async function withModel<T>(
  type: string,
  sizes: OptionValues,
  use: (lm: LanguageModel, plain: PlainModel) => Promise<T>,
): Promise<T> {
  const lm = await loadModel(await modelFolder(type, { ...small, ...sizes }));
  const plain = plainModel(lm);
  try {
    return await use(lm, plain);
  } finally {
    await plain.release();
  }
}

/** Each figure to 1e-5 of itself. */
function expectFigures(found: object, wanted: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(wanted)) {
    const own = (found as Readonly<Record<string, number>>)[name]!;
    expect(Math.abs(own / value - 1), `${name}: ${own}, and by plain loops ${value}`).toBeLessThan(1e-5);
  }
}

const streamOf = ({ tokenizer }: LanguageModel, texts: readonly string[]): number[] => [
  tokenizer.endOfText,
  ...texts.flatMap((text) => [...tokenizer.encode(text), tokenizer.endOfText]),
];

/** Tokens of each text, its end included. */
const tokensOf = ({ tokenizer }: LanguageModel, texts: readonly string[]): number[] =>
  texts.map((text) => tokenizer.encode(text).length + 1);

/** The bits of each text are those of its tokens. */
function expectBits(
  scored: readonly { readonly bits: number }[],
  logs: readonly number[],
  tokens: readonly number[],
): void {
  let at = 0;
  for (const [i, n] of tokens.entries()) {
    const nats = logs.slice(at, at + n).reduce((sum, log) => sum - log, 0);
    expect(scored[i]!.bits).toBeCloseTo(nats / Math.LN2, 2);
    at += n;
  }
  expect(scored).toHaveLength(tokens.length);
}

describe.each(kinds)("eval of a %s", (type, sizes) => {
  it("scores texts that follow each other as plain loops do, whatever is read side by side", async () => {
    await withModel(type, sizes, async (lm, plain) => {
      const { model, tokenizer } = lm;
      const ids = streamOf(lm, TEXTS);
      const bounded = Number.isFinite(model.contextLength);
      const windows = bounded && model.predicts === "each";
      for (const [length, stride] of windows
        ? [
            [undefined, undefined],
            [8, 8],
            [9, 1],
            [20, 7],
          ]
        : [[undefined, undefined]]) {
        const window = length ?? model.contextLength;
        const logs = windows
          ? await inWindows(plain, ids, window, stride ?? Math.ceil(window / 2))
          : await givenAllBefore(lm, plain, ids, tokenizer.endOfText);
        const wanted = figuresOf(logs, TEXTS, TEXTS.length);
        const context = bounded ? Math.min(window, logs.length) : logs.length;
        for (const batch of [undefined, 1, 3]) {
          const given = {
            ...(batch ? { batch } : {}),
            ...(length ? { length } : {}),
            ...(stride ? { stride } : {}),
          };
          const { evaluation: found, texts } = await scoreTexts(lm, TEXTS, given);
          expectFigures(found, { ...wanted, context });
          expectBits(texts, logs, tokensOf(lm, TEXTS));
          expect(found.stride).toBe(windows ? (stride ?? Math.ceil(window / 2)) : undefined);
          expect(found.unknown).toBe(0);
        }
      }
      // Lanes of a few tokens, which all begin in the midst of a text.
      if (!bounded) {
        const { evaluation, texts } = await scoreTexts(lm, TEXTS, { batch: 5, length: 4 });
        const logs = await givenAllBefore(lm, plain, ids, 0);
        expectFigures(evaluation, figuresOf(logs, TEXTS, TEXTS.length));
        expectBits(texts, logs, tokensOf(lm, TEXTS));
      }
    });
  });

  it("scores a text as it is, without a first token that nothing precedes", async () => {
    await withModel(type, sizes, async (lm, plain) => {
      const { model, tokenizer } = lm;
      const text = `${TEXTS.join(" ")} a`;
      const begins = beginsAfterEnd(tokenizer);
      const ids = [...(begins ? [tokenizer.endOfText] : []), ...tokenizer.encode(text)];
      const windows = Number.isFinite(model.contextLength) && model.predicts === "each";
      const logs = windows
        ? await inWindows(plain, ids, model.contextLength, Math.ceil(model.contextLength / 2))
        : await givenAllBefore(lm, plain, ids, ids[0]!);
      const predicted = begins ? text : text.slice(tokenizer.decode(ids.slice(0, 1)).length);
      const figures = figuresOf(logs, [predicted]);
      expectFigures(await evaluateTexts(lm, [text], { kind: "text" }), figures);
      const spaces = text.indexOf(" ") + 1;
      const parts = [text.slice(0, spaces), text.slice(spaces)];
      const scored = await scoreTexts(lm, parts, { kind: "text" });
      const bits = scored.texts.reduce((sum, one) => sum + one.bits, 0);
      expect(bits / scored.evaluation.characters).toBeCloseTo(scored.evaluation.bits_per_character, 4);
    });
  });

  it("scores a text alone that is longer than an argument list may be", async () => {
    if (type !== "char-rnn") return;
    await withModel(type, { width: 4, embedding: 4 }, async (lm) => {
      const text = "a hen did see a road ".repeat(7000);
      const found = await evaluateTexts(lm, [text], { alone: true, batch: 1, length: 256 });
      expect(found.tokens).toBe(text.length + 1);
    });
  });

  it("scores texts alone, and not their prompts", async () => {
    await withModel(type, { ...sizes, ...(sizes.context ? { context: 40 } : {}) }, async (lm, plain) => {
      if (lm.model.predicts === "last") {
        await expect(evaluateTexts(lm, TEXTS, { alone: true })).rejects.toThrow(/cannot be scored alone/);
        return;
      }
      const prompts = [8, 0, 3, 4];
      const rests = TEXTS.map((text, i) => text.slice(prompts[i]!));
      let longest = 0;
      const logs: number[] = [];
      for (const [i, text] of TEXTS.entries()) {
        const asked = [...lm.tokenizer.encode(text.slice(0, prompts[i]))];
        const ids = [
          lm.tokenizer.endOfText,
          ...asked,
          ...lm.tokenizer.encode(rests[i]!),
          lm.tokenizer.endOfText,
        ];
        longest = Math.max(longest, ids.length - 1);
        logs.push(...(await givenAllBefore(lm, plain, ids, 0)).slice(asked.length));
      }
      for (const batch of [1, 3, 16]) {
        const { evaluation: found, texts } = await scoreTexts(lm, TEXTS, { alone: true, prompts, batch });
        expectBits(texts, logs, tokensOf(lm, rests));
        expectFigures(found, { ...figuresOf(logs, rests, TEXTS.length), context: longest });
        expect(found.stride).toBeUndefined();
      }
    });
  });
});

it("spells the words that a vocabulary lacks, for bits and perplexities of words", async () => {
  await withModel("word-lstm", {}, async (lm, plain) => {
    const texts = ["why did zebra cross", "yak"];
    const logs = await givenAllBefore(lm, plain, streamOf(lm, texts), 0);
    const speller = new Speller(Array.from({ length: lm.tokenizer.size }, (_, id) => lm.tokenizer.token(id)));
    const spelling = speller.nats("zebra") + speller.nats("yak");
    expectFigures(await evaluateTexts(lm, texts), { ...figuresOf(logs, texts, 2, spelling), unknown: 2 });
  });
});

it.each(["bert", "distilbert"])("gives the pseudo-perplexity of a %s over what it predicts", async (type) => {
  await withModel(type, {}, async (lm, plain) => {
    const { tokenizer } = lm;
    if (!isHuggingFaceTokenizer(tokenizer)) throw new Error("WordPiece");
    const texts = ["a hen road hens a road", "road hen"];
    const logs: number[] = [];
    for (const text of texts) {
      const ids = [...tokenizer.wrap(tokenizer.encode(text)).ids];
      for (let place = 1; place < ids.length - 1; place++) {
        const hidden = ids.map((id, i) => (i === place ? tokenizer.mask! : id));
        logs.push((await plain.read(hidden))[place]![ids[place]!]!);
      }
    }
    for (const batch of [1, 3, 16]) {
      const { evaluation: found, texts: scored } = await scoreTexts(lm, texts, { batch });
      expectFigures(found, { ...figuresOf(logs, texts), context: 9 });
      expectBits(
        scored,
        logs,
        texts.map((text) => tokenizer.encode(text).length),
      );
      expect(found.likelihood).toBe("pseudo");
    }
    await expect(evaluateTexts(lm, texts, { length: 2 })).rejects.toThrow(/no room for a token/);
  });
});

/** Vocabularies may be smaller than the head: what lies beyond them has a probability and no spelling. */
const padded: readonly (readonly [
  type: string,
  sizes: OptionValues,
  change: Readonly<Record<string, unknown>>,
])[] = [
  ...kinds.map(([type, sizes]) => [type, sizes, {}] as const),
  ["gpt2", { context: 48 }, { vocab_size: 310 }],
  ["word-lstm", { tied: false }, { vocab_size: 20 }],
];

describe.each(padded)("sample of a %s %o %o", (type, sizes, change) => {
  const options = { prompt: "why did", maxLength: 9, seed: 4 };

  async function withSampled(
    use: (lm: LanguageModel, plain: PlainModel, begun: readonly number[]) => Promise<void>,
  ) {
    const lm = await loadModel(await modelFolder(type, { ...small, ...sizes }, 8, change));
    const plain = plainModel(lm);
    try {
      await use(lm, plain, [...promptIds(lm, options.prompt)]);
    } finally {
      await plain.release();
    }
  }

  it("gives the model's own log-probabilities, drawn or searched", async () => {
    await withSampled(async (lm, plain, begun) => {
      const drawn = await sample(lm, { ...options, n: 3, temperature: 0.7, topK: 9, repetitionPenalty: 1.2 });
      const searched = await sample(lm, { prompt: options.prompt, maxLength: 4, n: 2, beams: 3 });
      for (const { ids, logProbabilities } of [...drawn, ...searched]) {
        const all = [...begun, ...ids];
        const wanted = (await givenAllBefore(lm, plain, all, lm.tokenizer.endOfText)).slice(begun.length - 1);
        expect(logProbabilities).toHaveLength(ids.length);
        for (const [k, value] of wanted.entries()) expect(logProbabilities[k]).toBeCloseTo(value, 4);
        for (const id of ids) expect(id).toBeLessThan(lm.tokenizer.size);
      }
    });
  });

  it("counts the prompt's tokens among those that a repetition penalty is for", async () => {
    await withSampled(async (lm, plain, begun) => {
      const { tokenizer } = lm;
      const penalty = 1.7;
      const [found] = await sample(lm, { ...options, temperature: 0, repetitionPenalty: penalty });
      const all = [...begun];
      for (let k = 0; k < found!.ids.length; k++) {
        const logits = await plain.logits(lm.model.predicts === "last" ? lastWindow(lm, all) : all);
        for (const id of new Set(all))
          logits[id] = logits[id]! > 0 ? logits[id]! / penalty : logits[id]! * penalty;
        const unknown = tokenizer.id("<unk>");
        const allowed = [...logits.keys()].filter((id) => id < tokenizer.size && id !== unknown);
        all.push(allowed.reduce((best, id) => (logits[id]! > logits[best]! ? id : best)));
      }
      expect(found!.ids).toEqual(all.slice(begun.length));
    });
  });
});

const lastWindow = ({ model, tokenizer }: LanguageModel, ids: readonly number[]): number[] =>
  [...new Array<number>(model.contextLength).fill(tokenizer.endOfText), ...ids].slice(-model.contextLength);

it.each(["char-gru", "gpt2", "word-lstm"])(
  "eval --recipe lambada asks a %s for the last word",
  async (type) => {
    const folder = await modelFolder(type, { ...small, ...(type === "gpt2" ? { context: 64 } : {}) });
    const lm = await loadModel(folder);
    const plain = plainModel(lm);
    const file = join(temporaryFolder(), "passages.txt");
    const passages = [...TEXTS, "the hen did zebra"].filter(
      (text) => type === "word-lstm" || !text.includes("zebra"),
    );
    writeFileSync(file, passages.join("\n"));
    const { tokenizer } = lm;
    const logs: number[] = [];
    const words: string[] = [];
    let [right, seen] = [0, 0];
    for (const passage of passages) {
      const at = passage.lastIndexOf(" ");
      const before = [...promptIds(lm, passage.slice(0, at))];
      const word = [...tokenizer.encode(passage.slice(at))];
      words.push(passage.slice(at));
      const ids = [...before, ...word];
      seen = Math.max(seen, ids.length - 1);
      const rows = await plain.read(ids.slice(0, -1));
      const places = word.map((id, k) => [rows[before.length - 1 + k]!, id] as const);
      for (const [row, id] of places) logs.push(row[id]!);
      const spelt = ({ length }: { length: number }, row: Float64Array) =>
        Array.from({ length }, (_, id) => id).reduce((best, id) => (row[id]! > row[best]! ? id : best));
      if (
        places.every(
          ([row, id]) => id !== tokenizer.id("<unk>") && spelt({ length: tokenizer.size }, row) === id,
        )
      )
        right++;
    }
    await plain.release();
    const unknown = type === "word-lstm" ? 1 : 0;
    const speller = new Speller(Array.from({ length: tokenizer.size }, (_, id) => tokenizer.token(id)));
    const spelling = unknown ? speller.nats("zebra") : 0;
    const { stdout } = await runHere("eval", folder, "--recipe", "lambada", "--data", file, "--json");
    const found = JSON.parse(stdout);
    expectFigures(found, {
      ...figuresOf(logs, words, 0, spelling),
      context: seen,
      passages: passages.length,
    });
    expect(found).toMatchObject({ accuracy: right / passages.length, unknown });
  },
);

it.each(["bert", "distilbert"])("fill gives a %s's own probabilities", async (type) => {
  const folder = await modelFolder(type, small, 8, { vocab_size: 14 });
  const lm = await loadModel(folder);
  const { tokenizer } = lm;
  if (!isHuggingFaceTokenizer(tokenizer)) throw new Error("WordPiece");
  const plain = plainModel(lm);
  const { ids } = tokenizer.wrap(tokenizer.encode("a [MASK] road"));
  const row = (await plain.read([...ids]))[ids.indexOf(tokenizer.mask!)]!;
  await plain.release();
  const { masks } = JSON.parse(
    (await runHere("fill", folder, "a [MASK] road", "--top-k", "9", "--json")).stdout,
  );
  expect(masks[0]).toHaveLength(9);
  for (const { id, probability } of masks[0]) expect(probability).toBeCloseTo(Math.exp(row[id]!), 5);
  const [best] = masks[0];
  expect(best.probability).toBe(Math.max(...masks[0].map((m: { probability: number }) => m.probability)));
});

it("suggest gives the model's own probabilities of what comes next", async () => {
  for (const [type, change] of [
    ["char-lstm", {}],
    ["gpt2", { vocab_size: 310 }],
  ] as const) {
    const lm = await loadModel(
      await modelFolder(type, { ...small, ...(type === "gpt2" ? { context: 48 } : {}) }, 8, change),
    );
    const plain = plainModel(lm);
    const row = (await plain.read([lm.tokenizer.endOfText])).at(-1)!;
    await plain.release();
    const { tokenizer } = lm;
    const { next } = await suggest(lm, "", { n: 5, kinds: ["next"] });
    for (const { text, probability } of next) {
      // The end of the text stands as a line break.
      const spelt = (id: number) => (id === tokenizer.endOfText ? "\n" : tokenizer.decode([id]));
      const ids = [...row.keys()].filter((id) => id < tokenizer.size && spelt(id) === text);
      expect(probability).toBeCloseTo(
        ids.reduce((p, id) => p + Math.exp(row[id]!), 0),
        5,
      );
    }
  }
});

it("--quantize tells the change of the perplexity that both weights have by plain loops", async () => {
  const folder = await modelFolder("gpt2", { layers: 1, context: 32 });
  const file = join(temporaryFolder(), "text.txt");
  const text = TEXTS.join(" ");
  writeFileSync(file, text);
  const perplexity = async (quantize?: "q8" | "q4") => {
    const lm = await loadModel(folder, quantize ? { quantize } : {});
    const plain = plainModel(lm);
    const logs = await inWindows(plain, [...lm.tokenizer.encode(text)], 32, 16);
    await plain.release();
    return Math.exp(-sum(logs) / logs.length);
  };
  const exact = await perplexity();
  for (const bits of ["q8", "q4"] as const) {
    const { stdout } = await runHere("eval", folder, "--data", file, "--raw", "--quantize", bits, "--json");
    const found = JSON.parse(stdout);
    expect(found.float32.perplexity / exact).toBeCloseTo(1, 4);
    expect(found.perplexity_change).toBeCloseTo((await perplexity(bits)) / exact - 1, 3);
  }
});

describe("windows that leave tokens out", () => {
  it("are refused in the library", async () => {
    await withModel("gpt2", { context: 24 }, async (lm) => {
      for (const options of [{ stride: 25 }, { length: 8, stride: 9 }, { length: 8, stride: 400 }])
        await expect(evaluateTexts(lm, TEXTS, options)).rejects.toThrow(/would not be scored/);
      for (const options of [
        { batch: 0 },
        { length: 0 },
        { stride: 0 },
        { stride: 1.5 },
        { length: Number.NaN },
      ])
        await expect(evaluateTexts(lm, TEXTS, options)).rejects.toThrow(/must be a whole number/);
      await expect(evaluateTexts(lm, TEXTS, { length: 25 })).rejects.toThrow(/beyond the 24 tokens/);
      await expect(evaluateTexts(lm, TEXTS, { stride: 4, alone: true })).rejects.toThrow(/read alone/);
    });
    await withModel("char-bilstm", {}, async (lm) => {
      await expect(evaluateTexts(lm, TEXTS, { stride: 4 })).rejects.toThrow(/a window of its own/);
    });
  });

  it("are refused by the command, also in a recipe", async () => {
    const folder = await modelFolder("gpt2", { ...small, context: 24 });
    const file = join(temporaryFolder(), "text.txt");
    writeFileSync(file, TEXTS.join(" "));
    for (const how of [
      ["--raw", "--length", "8", "--stride", "9"],
      ["--recipe", "wikitext2", "--stride", "25"],
    ]) {
      const { status, errors, stdout } = await runHere("eval", folder, "--data", file, ...how);
      expect([status, stdout]).toEqual([2, ""]);
      expect(errors).toEqual([expect.stringMatching(/^error: --stride \d+ is longer than the window of/)]);
    }
  });
});
