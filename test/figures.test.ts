/** Every figure that a command prints, for every kind of model, against plain loops over the logits. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { evaluateTexts } from "../src/evaluate/likelihood.ts";
import { Speller } from "../src/evaluate/spelling.ts";
import { beginsAfterEnd, type LanguageModel } from "../src/generate/language-model.ts";
import { loadModel } from "../src/generate/load.ts";
import type { OptionValues } from "../src/models/model.ts";
import { isHuggingFaceTokenizer } from "../src/text/huggingface.ts";
import { temporaryFolder } from "./cli.ts";
import { runHere } from "./cli-here.ts";
import { modelFolder } from "./export-fixture.ts";
import { figuresOf, givenAllBefore, inWindows, type PlainModel, plainModel } from "./plain-loops.ts";

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
          const found = await evaluateTexts(lm, TEXTS, given);
          expectFigures(found, { ...wanted, context });
          expect(found.stride).toBe(windows ? (stride ?? Math.ceil(window / 2)) : undefined);
          expect(found.unknown).toBe(0);
        }
      }
      // Lanes of a few tokens, which all begin in the midst of a text.
      if (!bounded)
        expectFigures(
          await evaluateTexts(lm, TEXTS, { batch: 5, length: 4 }),
          figuresOf(await givenAllBefore(lm, plain, ids, 0), TEXTS, TEXTS.length),
        );
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
      expectFigures(await evaluateTexts(lm, [text], { kind: "text" }), figuresOf(logs, [predicted]));
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
        const found = await evaluateTexts(lm, TEXTS, { alone: true, prompts, batch });
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
      const found = await evaluateTexts(lm, texts, { batch });
      expectFigures(found, { ...figuresOf(logs, texts), context: 9 });
      expect(found.likelihood).toBe("pseudo");
    }
    await expect(evaluateTexts(lm, texts, { length: 2 })).rejects.toThrow(/no room for a token/);
  });
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
