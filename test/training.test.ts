/** The training loop through the library: what it computes, when it stops, what it keeps. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { evaluateTexts } from "../src/evaluate/likelihood.ts";
import { unigramLoss } from "../src/evaluate/reference.ts";
import type { LanguageModel } from "../src/generate/language-model.ts";
import { loadModel } from "../src/generate/load.ts";
import { sample } from "../src/generate/sample.ts";
import { openSafetensors } from "../src/hub/safetensors-file.ts";
import { buildModel } from "../src/models/registry.ts";
import { Arena } from "../src/runtime/arena.ts";
import { nodeBackend } from "../src/runtime/node.ts";
import type { TrainEvent } from "../src/train/events.ts";
import { resolveTrainOptions } from "../src/train/options.ts";
import { readSamples } from "../src/train/results.ts";
import { TrainingStep } from "../src/train/step.ts";
import { streamOf, trainingBatches } from "../src/train/streams.ts";
import { train } from "../src/train/train.ts";
import { temporaryFolder } from "./cli.ts";
import { babble, contentsOf, tinyOptions, tinyTraining } from "./training-fixture.ts";

const losses = (rows: readonly { step: number; loss: number; val_loss?: number }[]) =>
  rows.map(({ step, loss, val_loss }) => ({ step, loss, val_loss }));

/** What a run folder offers and what is at hand, both by name. */
async function offeredAndAtHand(folder: string, { weights }: LanguageModel) {
  const offered: Record<string, Float32Array> = {};
  for (const [name, data] of Object.entries((await contentsOf(folder)).tensors)) {
    const [file, tensor] = name.split("/");
    if (file === "model.safetensors") offered[tensor!] = data;
  }
  return {
    offered,
    atHand: Object.fromEntries(
      Object.entries(weights).map(([k, w]) => [k, "data" in w ? w.data.slice() : w]),
    ),
  };
}

describe("what is computed", () => {
  test("the same seed gives the same losses and weights to the bit, another seed does not", async () => {
    const [a, b, c] = [
      await train(tinyTraining()),
      await train(tinyTraining()),
      await train(tinyTraining({ seed: 6 })),
    ];
    expect(losses(a.log)).toEqual(losses(b.log));
    expect(a.lm.weights).toEqual(b.lm.weights);
    expect(a.samples).toEqual(b.samples);
    expect(losses(a.log)).not.toEqual(losses(c.log));
  });

  test("the loss falls well below that of guessing evenly", async () => {
    const options = { steps: 150, learningRate: 0.02, sampleEvery: 0, countedBias: false };
    const { log, lm } = await train(tinyTraining(options));
    expect(log[0]!.loss).toBeGreaterThan(0.9 * Math.log(lm.tokenizer.size));
    expect(log.at(-1)!.loss).toBeLessThan(0.7 * Math.log(lm.tokenizer.size));
  });

  test("the first predictions are as frequent as the tokens", async () => {
    const request = tinyTraining({ steps: 1, sampleEvery: 0 });
    const { log } = await train(request);
    const tokens = streamOf(request.data, "train", request.data.tokenizer);
    const unigram = unigramLoss(tokens, tokens, request.data.tokenizer.size);
    expect(Math.abs(log[0]!.loss - unigram)).toBeLessThan(0.3);
  });

  test("rows of the log have every field, and say what is true", async () => {
    const { log, summary } = await train(
      tinyTraining({ sampleEvery: 0, warmup: 4, schedule: "linear", finalRate: 0.2 }),
    );
    // All tokens by all seconds of steps, not the mean of the speeds of intervals of different lengths.
    const spent = log.reduce(
      (sum, row, i) => sum + (row.tokens - (log[i - 1]?.tokens ?? 0)) / row.tokens_per_s,
      0,
    );
    expect(summary.tokens_per_s).toBeCloseTo(log.at(-1)!.tokens / spent, 6);
    expect(log.map(({ step }) => step)).toEqual([1, 3, 6, 8, 9, 12, 15, 16, 18, 21, 24]);
    const perStep = tinyOptions.batchSize * tinyOptions.seqLen;
    const stream = 1 + Math.floor(2000 * 0.9);
    const perEpoch = Math.floor((stream - 1) / perStep) * perStep;
    for (const row of log) {
      expect(row.tokens).toBe(row.step * perStep);
      expect(row.epoch).toBeCloseTo(row.tokens / perEpoch, 12);
      const factor = row.step <= 4 ? row.step / 4 : 1 - (0.8 * (row.step - 5)) / 20;
      expect(row.lr).toBeCloseTo(0.01 * factor, 12);
      expect(row.grad_norm).toBeGreaterThan(0);
      expect(row.tokens_per_s).toBeGreaterThan(0);
      expect(row.val_loss !== undefined).toBe([8, 16, 24].includes(row.step));
    }
    const seconds = log.map((row) => row.seconds);
    expect(seconds).toEqual(seconds.toSorted((a, b) => a - b));
  });

  test("a row's loss is the mean over the steps since the row before", async () => {
    const each = await train(tinyTraining({ logEvery: 1, validateEvery: 100, sampleEvery: 0 }));
    const thirds = await train(tinyTraining({ logEvery: 3, validateEvery: 100, sampleEvery: 0 }));
    const mean = (from: number, to: number) =>
      each.log.slice(from, to).reduce((sum, { loss }) => sum + loss, 0) / (to - from);
    expect(thirds.log[0]!.loss).toBe(each.log[0]!.loss);
    expect(thirds.log[1]!.loss).toBeCloseTo(mean(1, 3), 6);
    expect(thirds.log[2]!.loss).toBeCloseTo(mean(3, 6), 6);
  });

  test.each(["char-rnn", "char-gru", "char-lstm"])("%s trains on both kinds of windows", async (model) => {
    for (const windows of ["stream", "shuffled"] as const) {
      const { log } = await train({ ...tinyTraining({ windows, steps: 30, sampleEvery: 0 }), model });
      expect(log.at(-1)!.loss).toBeLessThan(log[0]!.loss);
    }
  });
});

describe("accumulation", () => {
  /** Loss and gradient of `accumulate` batches of `batchSize` windows, from fresh weights. */
  async function gradientOf(batchSize: number, accumulate: number) {
    const { data, options: given } = tinyTraining({ batchSize, accumulate, windows: "shuffled" });
    const options = resolveTrainOptions({ ...given }, {});
    const config = { embedding_size: 6, hidden_size: 12, num_layers: 1, dropout: 0 };
    const model = buildModel({ ...config, model_type: "char-lstm", vocab_size: data.tokenizer.size });
    const arena = Arena.create(model.parameters, { moments: 0, accumulate: accumulate > 1 });
    for (const { data: numbers } of Object.values(arena.parameters))
      numbers.forEach((_, i) => {
        numbers[i] = Math.sin(i + 1) / 4;
      });
    const names = model.parameters.map(({ name }) => name);
    const step = new TrainingStep(model, nodeBackend(), names);
    const place = { seed: 5, step: 1, accumulate, progress: 0 };
    const batches = trainingBatches(model, data, options);
    const sums = await step.run(arena, batches, step.freshCarry(batchSize), place);
    await step.release();
    return { ...sums, gradients: arena.gradients };
  }

  test("4 batches of 8 windows are one batch of 32: loss, targets and gradient", async () => {
    const parts = await gradientOf(8, 4);
    const whole = await gradientOf(32, 1);
    expect(parts.targets).toBe(32 * 8);
    expect(whole.targets).toBe(32 * 8);
    expect(parts.nats).toBeCloseTo(whole.nats, 2);
    for (const [name, { data }] of Object.entries(whole.gradients)) {
      const other = parts.gradients[name]!.data;
      const largest = data.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
      expect(largest).toBeGreaterThan(0);
      data.forEach((x, i) => {
        expect(Math.abs(x - other[i]!)).toBeLessThan(1e-5 * largest + 1e-6);
      });
    }
  });

  test("and through the loop: the same losses and gradient norms, step by step", async () => {
    const common = { windows: "shuffled", logEvery: 1, sampleEvery: 0, steps: 12 } as const;
    const model = { layers: 1, width: 12, embedding: 6, dropout: 0 };
    const run = async (batchSize: number, accumulate: number) =>
      (await train({ ...tinyTraining({ ...common, batchSize, accumulate }), modelOptions: model })).log;
    const [parts, whole] = [await run(4, 4), await run(16, 1)];
    parts.forEach((row, i) => {
      expect(row.tokens).toBe(whole[i]!.tokens);
      expect(row.loss).toBeCloseTo(whole[i]!.loss, 4);
      expect(row.grad_norm).toBeCloseTo(whole[i]!.grad_norm!, 4);
    });
  });
});

describe("when it stops, and what it keeps", () => {
  test("early: after the given number of validations without progress", async () => {
    // Noise cannot be learnt: what is learnt of the training split is lost on the rest.
    const noise = Array.from({ length: 1500 }, (_, i) => "abcdefgh"[Math.floor(i ** 2.5) % 8]).join("");
    const request = tinyTraining(
      { steps: 4000, validateEvery: 10, patience: 3, learningRate: 0.05, sampleEvery: 0 },
      noise,
    );
    const { summary, log } = await train(request);
    expect(summary.stopped).toBe("early");
    const validated = log.flatMap(({ val_loss }) => (val_loss === undefined ? [] : [val_loss]));
    const best = validated.indexOf(Math.min(...validated));
    expect(validated.length - 1 - best).toBe(3);
    expect(summary.steps).toBe(10 * validated.length);
  });

  test("after the given minutes; the steps are planned by the measured speed", async () => {
    const events: TrainEvent[] = [];
    const { steps: _, validateEvery: __, ...options } = tinyOptions;
    const { summary, log } = await train({
      ...tinyTraining(),
      options: { ...options, maxMinutes: 1 / 60 },
      onEvent: (event) => events.push(event),
    });
    expect(summary.stopped).toBe("time");
    expect(summary.seconds).toBeGreaterThanOrEqual(1);
    const start = events.find((event) => event.type === "start");
    expect(start?.steps).toBeGreaterThan(0);
    expect(log.at(-1)).toMatchObject({ step: summary.steps, val_loss: expect.any(Number) });
  });

  test("under a time limit it writes in its beginning too, long before the first twentieth of the time", async () => {
    const { steps: _, validateEvery: __, ...options } = tinyOptions;
    const { samples, log } = await train({
      ...tinyTraining(),
      options: { ...options, maxMinutes: 1e6 },
      onEvent(event, stop) {
        if (event.type === "log" && event.row.step >= 60) stop();
      },
    });
    expect(samples.map(({ step }) => step)).toEqual([1, 25, 50, log.at(-1)!.step]);
    expect(log.filter(({ val_loss }) => val_loss !== undefined).length).toBeLessThanOrEqual(1);
  });

  test("where the promise of a listener fails, with its error", async () => {
    const wrong = async ({ type }: TrainEvent) => {
      if (type === "validation") throw new Error("no room for the event");
    };
    await expect(train({ ...tinyTraining(), onEvent: wrong })).rejects.toThrow("no room for the event");
  });

  test("after what a listener still does; it goes on when that is done", async () => {
    const heard: string[] = [];
    const { log } = await train({
      ...tinyTraining(),
      async onEvent(event) {
        if (event.type !== "log") return;
        heard.push(`begins ${event.row.step}`);
        await new Promise((go) => setTimeout(go, 5));
        heard.push(`ends ${event.row.step}`);
      },
    });
    expect(heard).toEqual(log.flatMap(({ step }) => [`begins ${step}`, `ends ${step}`]));
  });

  test("epochs are turned into steps", async () => {
    const { steps: _, ...options } = tinyOptions;
    let said = 0;
    const { log, summary } = await train({
      ...tinyTraining(),
      options: { ...options, epochs: 0.5, accumulate: 2 },
      onEvent: (event) => {
        if (event.type === "start") said = event.epochs;
      },
    });
    expect(summary.stopped).toBe("steps");
    expect(said).toBeCloseTo(log.at(-1)!.epoch, 6);
    expect(log.at(-1)!.epoch).toBeGreaterThanOrEqual(0.5);
    expect(log.at(-1)!.epoch).toBeLessThan(0.6);
  });

  test("keep best offers the weights of the best validation, keep last those of the last", async () => {
    // The last tenth, which validates, has the same letters in another order: what is learned of the rest is wrong there.
    const text = "abcd".repeat(450) + "dcba".repeat(50);
    for (const keep of ["best", "last"] as const) {
      const folder = join(temporaryFolder(), "run");
      const request = tinyTraining({ keep, steps: 60, sampleEvery: 0 }, text);
      const { summary, log } = await train({ ...request, out: folder });
      const validated = log.flatMap(({ val_loss }) => (val_loss === undefined ? [] : [val_loss]));
      const wanted = keep === "best" ? Math.min(...validated) : validated.at(-1)!;
      expect(Math.min(...validated)).toBeLessThan(validated.at(-1)!);
      expect(summary.val_loss).toBe(wanted);
      const texts = request.data.splits.validation;
      const { loss } = await evaluateTexts(await loadModel(folder), texts, { kind: "text" });
      expect(loss).toBeCloseTo(wanted, 4);
    }
  });

  test("a validation scores every token of the split once, with the weights of its step", async () => {
    const request = tinyTraining({ keep: "last", sampleEvery: 0 });
    const { lm, summary } = await train(request);
    const texts = request.data.splits.validation;
    const { loss, tokens } = await evaluateTexts(lm, texts, { kind: "text", batch: 1 });
    expect(tokens).toBe(streamOf(request.data, "validation", lm.tokenizer).length - 1);
    const lanes = await evaluateTexts(lm, texts, { kind: "text", batch: 16, length: 8 });
    // However it is read, the loss is that of the text in one piece.
    expect(lanes.loss).toBeCloseTo(loss, 5);
    expect(summary.val_loss).toBeCloseTo(loss, 5);
    const few = await train(tinyTraining({ keep: "last", sampleEvery: 0, validationTokens: 20 }));
    expect(few.summary.val_loss).not.toBe(summary.val_loss);
  });

  test("without a validation split the last weights are offered", async () => {
    const folder = join(temporaryFolder(), "run");
    const { prepareText } = await import("../src/index.ts");
    const data = prepareText(babble(2000), { fractions: { validation: 0 } });
    const { lm, summary, log } = await train({ ...tinyTraining(), data, out: folder });
    expect(summary.val_loss).toBeNull();
    expect(log.every((row) => row.val_loss === undefined)).toBe(true);
    const { offered, atHand } = await offeredAndAtHand(folder, lm);
    expect(offered).toEqual(atHand);
    const untrained = await train({ ...tinyTraining({ steps: 1 }), data });
    expect(lm.weights).not.toEqual(untrained.lm.weights);
  });

  test("samples along the way are written as the program asks, with the weights of that step", async () => {
    const folder = join(temporaryFolder(), "run");
    const said: string[] = [];
    const { samples, lm } = await train({
      ...tinyTraining({ keep: "last" }),
      out: folder,
      async writeSample(now) {
        const texts = await sample(now, { n: 3, maxLength: 12, seed: 2 });
        said.push(texts.map(({ text }) => text).join("\n"));
        return said.at(-1)!;
      },
    });
    expect(samples).toEqual([1, 8, 16, 24].map((step, i) => ({ step, text: said[i] })));
    expect(said[0]).not.toBe(said[3]);
    const after = await sample(lm, { n: 3, maxLength: 12, seed: 2 });
    expect(said[3]).toBe(after.map(({ text }) => text).join("\n"));
    expect(await readSamples(folder)).toEqual(samples);
  });

  test("a run's files say what the result says", async () => {
    const folder = join(temporaryFolder(), "run");
    const { summary, log, samples } = await train({ ...tinyTraining({ snapshotEvery: 12 }), out: folder });
    const json = (name: string) => JSON.parse(readFileSync(join(folder, name), "utf8"));
    expect(json("state.json")).toMatchObject({ step: 24, seconds: summary.seconds, owed: null });
    expect(json("run.json")).toMatchObject({ model: "char-lstm", train: { ...tinyOptions, batchSize: 4 } });
    const lines = readFileSync(join(folder, "log.jsonl"), "utf8").trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line))).toEqual(log);
    expect(samples.map(({ step }) => step)).toEqual([1, 8, 16, 24]);
    const memory = await train(tinyTraining());
    expect(samples).toEqual(memory.samples);
    const copy = await loadModel(join(folder, "checkpoints/step-12"));
    expect(await sample(copy, { n: 2 })).toHaveLength(2);
  });
});

describe("divergence", () => {
  test("a learning rate that explodes stops with step and cause; the last good weights stay", async () => {
    const folder = join(temporaryFolder(), "run");
    const request = tinyTraining({ learningRate: 1e30, checkpointSeconds: 0, warmup: 0 });
    const error = await train({ ...request, out: folder }).catch((e: unknown) => e);
    expect(error).toMatchObject({ code: "diverged", kind: "failure" });
    expect(String(error)).toMatch(
      /stopped at step \d+: .*(NaN|infinite|finite|rose).*checkpoint of step \d+ is kept/,
    );
    const lm = await loadModel(folder);
    const stored = await openSafetensors(join(folder, "model.safetensors"));
    for (const [name, { shape }] of stored.tensors) {
      const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
      await stored.read(name, data);
      expect(data.every(Number.isFinite)).toBe(true);
    }
    await stored.close();
    expect(await sample(lm, { n: 1 })).toHaveLength(1);
  });

  test("a loss that is finite and beyond hope stops as well", async () => {
    const failed = train(tinyTraining({ learningRate: 50, steps: 400, schedule: "constant", warmup: 0 }));
    await expect(failed).rejects.toMatchObject({ code: "diverged" });
    await expect(failed).rejects.toThrow(
      /loss rose to [\d.e+]+ nats per token, where guessing evenly has \d/,
    );
  });
});

describe("what is refused before anything is written", () => {
  test("an option that the architecture lacks, by name; a model that there is not, with the nearest", async () => {
    const request = tinyTraining();
    const heads = train({ ...request, modelOptions: { heads: 4 } });
    await expect(heads).rejects.toThrow(/^char-lstm has no option `heads`; known are: .*`width`/);
    const widht = train({ ...request, modelOptions: { widht: 4 } });
    await expect(widht).rejects.toThrow("char-lstm has no option `widht`; did you mean `width`?");
    await expect(train({ ...request, model: "char-lstn" })).rejects.toThrow('did you mean "char-lstm"');
  });

  test.each([
    [{ steps: 0 }, /`steps` must be a whole number of 1 or more, not 0/],
    [{ batchSize: 1.5 }, /`batchSize` must be a whole number/],
    [{ learningRate: Number.NaN }, /`learningRate` must be a number above 0, not NaN/],
    [{ warmup: 25 }, /`warmup: 25` is beyond the 24 steps/],
    [{ momentum: 0.5 }, /`momentum` is an option of `optimizer: "sgd"`/],
    [{ optimizer: "sgd", beta2: 0.9 }, /`beta2` is an option of `optimizer: "adamw"` and muon/],
    [{ optimizer: "muon", momentum: 1 }, /`momentum` must be from 0 to below 1/],
    [{ cooldown: 0.5 }, /`cooldown` is an option of `schedule: "wsd"`/],
    [{ schedule: "wsd", cooldown: 0 }, /`cooldown` must be above 0 and at most 1, not 0/],
    [{ maskShare: 0.3 }, /`maskShare` is for models that fill masks; char-lstm hides no tokens/],
    [{ maskShare: 1 }, /`maskShare` must be above 0 and below 1, not 1/],
    [{ windows: "stream", stride: 4 }, /`stride` is an option of `windows: "shuffled"`/],
    [{ batchSize: 500 }, /needs 4001.*choose a sequence length of at most 3, or a batch size of at most 225/],
    [{ seqLen: 5000 }, /needs 20001/],
  ] as const)("%j", async (options, message) => {
    const folder = join(temporaryFolder(), "run");
    await expect(train({ ...tinyTraining(options), out: folder })).rejects.toThrow(message);
    expect(() => readFileSync(join(folder, "run.json"))).toThrow(/ENOENT/);
  });
});
