/** What a model can do, by its methods and by the functions that take it, held to plain loops over its logits. */
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { int32 } from "../src/core/array.ts";
import type { Evaluation } from "../src/evaluate/evaluation.ts";
import { evaluateTexts } from "../src/evaluate/likelihood.ts";
import { perplexity } from "../src/evaluate/perplexity.ts";
import { embed } from "../src/generate/embed.ts";
import type { LanguageModel } from "../src/generate/language-model.ts";
import { LocalModel } from "../src/generate/local-model.ts";
import { logProbabilities } from "../src/generate/log-probabilities.ts";
import { openLocal } from "../src/generate/open.ts";
import { sample } from "../src/generate/sample.ts";
import { stream } from "../src/generate/stream.ts";
import { suggest } from "../src/generate/suggest.ts";
import type { Tensor } from "../src/graph/tensor.ts";
import { type State, zeroState } from "../src/models/model.ts";
import { evaluation } from "../src/nn/mode.ts";
import type { Parameters } from "../src/nn/parameters.ts";
import type { Backend } from "../src/runtime/backend.ts";
import { compile } from "../src/runtime/compile.ts";
import { train } from "../src/train/train.ts";
import { randomModel } from "./random-model.ts";
import { tinyTraining } from "./training-fixture.ts";

let home = "";
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "punchline-model-"));
});
afterAll(() => rm(home, { recursive: true }));

const kinds: readonly [string, LanguageModel][] = [
  ["char-gru", randomModel("char-gru", { sizes: { layers: 1, width: 24, embedding: 12 } })],
  ["gpt2", randomModel("gpt2", { sizes: { layers: 2, width: 24, heads: 2, context: 64 } })],
];
const text = "Why did the hen cross the road?";

/** The logits after each token of a whole text and its vectors, in one run of the model. */
async function outputsOf({ model, weights, backend }: LanguageModel, ids: readonly number[]) {
  const step = compile(
    (parameters: Parameters, input: { ids: Tensor; state: State }) => {
      const { logits, hidden } = model.forward(parameters, input, evaluation);
      return { logits, hidden: hidden!.at(-1)! };
    },
    { backend },
  );
  const state = Number.isFinite(model.contextLength) ? {} : zeroState(model.state(1));
  const { logits, hidden } = await step(weights, { ids: int32([1, ids.length], [...ids]), state });
  await step.release();
  return { logits: Array.from(logits.data, Number), hidden: Array.from(hidden.data, Number) };
}

describe.each(kinds)("%s", (_, lm) => {
  const { tokenizer } = lm;
  const ids = [tokenizer.endOfText, ...tokenizer.encode(text)];

  it("gives each token's log-probability, whose mean is the perplexity's logarithm", async () => {
    const { logits } = await outputsOf(lm, ids);
    const width = logits.length / ids.length;
    const expected = ids.slice(1).map((id, t) => {
      const row = logits.slice(t * width, (t + 1) * width);
      return row[id]! - Math.log(row.reduce((sum, value) => sum + Math.exp(value), 0));
    });
    const scores = await logProbabilities(lm, text);
    expect(scores.tokens).toEqual([...text]);
    expect(scores.logProbabilities).toHaveLength(text.length);
    expected.forEach((value, t) => {
      expect(scores.logProbabilities[t]).toBeCloseTo(value, 4);
    });
    const mean = expected.reduce((sum, value) => sum + value, 0) / expected.length;
    // The perplexity of a text counts no end.
    expect(await perplexity(lm, text)).toBeCloseTo(Math.exp(-mean), 2);
    expect(await new LocalModel(lm).score(text)).toEqual(scores);
  });

  it("embeds a text as the mean of its last hidden states", async () => {
    const { hidden } = await outputsOf(lm, ids);
    const vector = await embed(lm, text);
    expect(vector).toHaveLength(24);
    vector.forEach((value, k) => {
      const column = ids.map((_, row) => hidden[row * 24 + k]!);
      expect(value).toBeCloseTo(column.reduce((a, b) => a + b, 0) / ids.length, 4);
    });
  });

  it("streams the text that it samples, and stops where the loop is left", async () => {
    const options = { prompt: "Why", seed: 3, maxLength: 40, stop: ["zzz"] };
    const [whole] = await sample(lm, options);
    const pieces: string[] = [];
    for await (const piece of stream(lm, options)) pieces.push(piece);
    expect(pieces.join("")).toBe(whole!.text);
    expect(pieces.length).toBeGreaterThan(5);

    const { backend, runs } = counted(lm.backend);
    const model = new LocalModel({ ...lm, backend });
    for await (const piece of model.stream(options)) {
      expect(piece).toBe(pieces[0]);
      break;
    }
    const before = runs();
    expect(before).toBeLessThan(whole!.tokens);
    await new Promise((wait) => setTimeout(wait, 50));
    expect(runs()).toBe(before);
    expect((await model.sample(options))[0]).toEqual(whole);
    await model.release();
  });

  it("refuses to stream several texts", async () => {
    const several = { n: 2, maxLength: 5 };
    await expect(stream(lm, several).next()).rejects.toThrow("leave `n` out");
    await expect(new LocalModel(lm).stream(several).next()).rejects.toThrow("leave `n` out");
  });

  it("writes other texts while it streams one", async () => {
    const model = new LocalModel(lm);
    const options = { prompt: "Why", seed: 3, maxLength: 12 };
    let streamed = "";
    for await (const piece of model.stream(options)) {
      streamed += piece;
      expect(await model.sample({ ...options, seed: 4 })).toEqual(await sample(lm, { ...options, seed: 4 }));
    }
    expect(streamed).toBe((await sample(lm, options))[0]!.text);
    await model.release();
  });

  it("ends with the reason of an aborted signal", async () => {
    const reason = new Error("enough");
    const aborted = AbortSignal.abort(reason);
    for (const call of [
      () => stream(lm, { signal: aborted }).next(),
      () => sample(lm, { signal: aborted }),
      () => logProbabilities(lm, text, { signal: aborted }),
      () => perplexity(lm, text, { signal: aborted }),
      () => embed(lm, text, { signal: aborted }),
      () => suggest(lm, text, { signal: aborted }),
    ])
      await expect(call()).rejects.toBe(reason);
    const controller = new AbortController();
    const pieces: string[] = [];
    const reading = async () => {
      for await (const piece of stream(lm, { maxLength: 40, stop: ["zzz"], signal: controller.signal })) {
        pieces.push(piece);
        controller.abort(reason);
      }
    };
    await expect(reading()).rejects.toBe(reason);
    expect(pieces).toHaveLength(1);
  });

  it("is saved whole to an empty folder, and opened as it was", async () => {
    const folder = join(home, lm.name);
    const model = new LocalModel(lm);
    await model.save(folder);
    const opened = await openLocal(folder);
    const sure = { temperature: 0, maxLength: 20 };
    const [first] = await model.sample(sure);
    expect(await opened.sample(sure)).toMatchObject([{ text: first!.text, finish: first!.finish }]);
    // Its weights are now left in the file.
    await opened.save(`${folder}-again`);
    const scores = await model.score(text);
    for (const other of [opened, await openLocal(`${folder}-again`)]) {
      const { tokens, logProbabilities } = await other.score(text);
      expect(tokens).toEqual(scores.tokens);
      logProbabilities.forEach((value, t) => {
        expect(value).toBeCloseTo(scores.logProbabilities[t]!, 4);
      });
    }
    await expect(model.save(folder)).rejects.toThrow(/is not empty.*choose another `folder`/);
    await opened.release();
    await model.release();
  });
});

/** The backend, and how often its graphs have run. */
function counted(backend: Backend): { readonly backend: Backend; readonly runs: () => number } {
  let runs = 0;
  return {
    runs: () => runs,
    backend: {
      ...backend,
      async createSession(...given) {
        const session = await backend.createSession(...given);
        return {
          run: (...feeds) => {
            runs++;
            return session.run(...feeds);
          },
          release: () => session.release(),
        };
      },
    },
  };
}

it("what training in memory returns can be saved, with how its texts end and are cleaned", async () => {
  const { lm } = await train(tinyTraining({ steps: 4 }));
  const folder = join(home, "trained");
  await lm.save(folder);
  const opened = await openLocal(folder);
  expect(opened).toMatchObject({ stopAtEos: lm.stopAtEos, cleaning: lm.cleaning, folder });
  const texts = async (model: LocalModel) =>
    (await model.sample({ n: 2, maxLength: 20 })).map((one) => one.text);
  expect(await texts(opened)).toEqual(await texts(lm));
  expect(lm.folder).toBeUndefined();
});

it("a model that cannot be saved leaves nothing behind", async () => {
  const model = randomModel("gpt2", { sizes: { layers: 1, width: 32, heads: 2, context: 64 } });
  await new LocalModel(model).save(join(home, "plain"));
  const quantised = await openLocal(join(home, "plain"), { quantize: "q8" });
  await expect(quantised.save(join(home, "q8"))).rejects.toThrow(/is quantised/);
  await writeFile(join(home, "file"), "");
  await expect(quantised.save(join(home, "file"))).rejects.toThrow(/is quantised/);
  expect((await readdir(home)).filter((name) => name.startsWith("q8"))).toEqual([]);
});

it("a recurrent model scores a text in pieces, whatever window is asked for", async () => {
  const [, gru] = kinds[0]!;
  const texts = [text.repeat(60), text];
  const score = (options: object) => evaluateTexts(gru, texts, options);
  for (const alone of [false, true]) {
    const usual = await score({ alone, batch: 1 });
    // As one graph these would be a node for each of 100,000 tokens.
    const long = await score({ alone, batch: 1, length: 100_000 });
    expect(long).toEqual({ ...usual, ...near(long, usual) });
  }
});

/** The figures of the first that are those of the second up to rounding. */
const near = (one: Evaluation, other: Evaluation) =>
  Object.fromEntries(
    Object.entries(one).filter(
      ([name, value]) =>
        Math.abs(Number(value) - Number(other[name as keyof Evaluation])) < 1e-4 * Number(value),
    ),
  );
