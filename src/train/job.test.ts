import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../../test/cli.ts";
import { ranksInProcess } from "../../test/ranks-in-process.ts";
import { openTokenFile } from "../data/corpus/open.ts";
import { writeTokens } from "../data/corpus/write.ts";
import { prepareTexts } from "../data/prepare.ts";
import { builtInFolder } from "../hub/built-in.ts";
import { Lead } from "../ranks/ranks.ts";
import { followTraining } from "./job.ts";
import { type TrainRequest, type TrainResult, train } from "./train.ts";

const animals = ["hen", "cow", "pig", "horse", "goat", "duck", "goose", "sheep"];
const texts = Array.from(
  { length: 400 },
  (_, i) => `Why did the ${animals[i % 8]} number ${(i * 7919) % 613} cross the ${animals[(i * 3) % 7]}?`,
);

/** The training on so many ranks of this process; on one, without any. */
async function trainOn(size: number, request: Omit<TrainRequest, "lead">): Promise<TrainResult> {
  if (size === 1) return train(request as TrainRequest);
  const ranks = ranksInProcess(size);
  const lead = new Lead(ranks[0]);
  const others = ranks.slice(1).map((one) => followTraining(one));
  try {
    return await train({ ...request, lead } as TrainRequest);
  } finally {
    await lead.dismiss();
    await Promise.all(others);
  }
}

const options = {
  steps: 6,
  batchSize: 7,
  seqLen: 12,
  validateEvery: 3,
  logEvery: 1,
  sampleEvery: 0,
  windows: undefined,
} as const;
const backend = { threads: 1 };

/** Every way in which rows are laid out and read, with dropout where the model has it. */
const cases: Readonly<Record<string, Partial<TrainRequest>>> = {
  "lanes that carry a state, time-major dropout": {
    model: "char-lstm",
    modelOptions: { width: 16, layers: 2, dropout: 0.3 },
    options,
  },
  "a window for each prediction": {
    model: "char-bilstm",
    modelOptions: { width: 8, window: 12, dropout: 0.3 },
    options,
  },
  "shuffled windows and accumulated gradients": {
    model: "char-cnn",
    modelOptions: { width: 16, layers: 2, dropout: 0.3 },
    options: { ...options, seqLen: 6, accumulate: 2 },
  },
  "attention weights that are dropped": {
    model: "char-transformer",
    modelOptions: { width: 16, layers: 1, heads: 2, context: 16, dropout: 0.3 },
    options: { ...options, optimizer: "sgd", learningRate: 0.1 },
  },
  "packed texts, Muon": {
    model: "gpt2",
    modelOptions: { width: 16, layers: 1, heads: 2, context: 32, dropout: 0.1 },
    options: { ...options, packing: "blocks", optimizer: "muon" },
  },
  "masked texts": {
    model: "bert",
    modelOptions: { width: 16, layers: 1, heads: 2, context: 32 },
    options: { ...options, seqLen: 24 },
  },
};

/** What a log says of each step, without times. */
const curve = ({ log, summary }: TrainResult) => ({
  loss: log.map((row) => row.loss),
  norm: log.map((row) => row.grad_norm),
  validation: log.flatMap((row) => (row.val_loss === undefined ? [] : [row.val_loss])),
  tokens: log.map((row) => row.tokens),
  steps: summary.steps,
});

describe("a training that ranks share", () => {
  it.each(Object.entries(cases))("has the losses of one process: %s", async (_, request) => {
    const whole = curve(await trainOn(1, { ...request, data: texts, backend } as TrainRequest));
    expect(whole.loss).toHaveLength(6);
    for (const size of [2, 3]) {
      const shared = await trainOn(size, { ...request, data: texts, backend } as TrainRequest);
      expect(shared.summary.ranks).toBe(size);
      const found = curve(shared);
      expect(found.tokens).toEqual(whole.tokens);
      for (const name of ["loss", "norm", "validation"] as const)
        for (const [i, value] of whole[name].entries())
          expect(Math.abs(found[name][i]! / value! - 1), `${name} ${i} on ${size} ranks`).toBeLessThan(2e-4);
    }
  });

  it("fine-tunes adapters of a model that only rank 0 reads", async () => {
    const request = {
      base: { folder: await builtInFolder("punchline-gpt2"), name: "punchline-gpt2" },
      data: texts,
      options: { ...options, packing: "blocks", steps: 2, lora: { dropout: 0.2 } },
      backend,
    } as const;
    const [whole, shared] = [await trainOn(1, request), await trainOn(2, request)];
    expect(shared.log.at(-1)!.loss).toBeCloseTo(whole.log.at(-1)!.loss, 4);
    expect(shared.summary.val_loss!).toBeCloseTo(whole.summary.val_loss!, 4);
  });

  it("ends on all ranks where the loss is no number, with the sentence of rank 0", async () => {
    const request = { ...cases["lanes that carry a state, time-major dropout"]!, data: texts, backend };
    const wild = { ...request, options: { ...options, optimizer: "sgd", learningRate: 1e30, clip: 0 } };
    await expect(trainOn(2, wild as TrainRequest)).rejects.toMatchObject({ code: "diverged" });
  });

  it("reads tokens of one file on every rank, and refuses one with other contents", async () => {
    const path = join(temporaryFolder(), "corpus.tokens");
    const stored = async (of: readonly string[]) => {
      await writeTokens(path, await prepareTexts([{ texts: of }], { nearDuplicates: false }));
      return openTokenFile(path);
    };
    const data = await stored(texts);
    const request = { ...cases["lanes that carry a state, time-major dropout"]!, backend };
    const whole = curve(await trainOn(2, { ...request, data } as TrainRequest));
    const inMemory = await prepareTexts([{ texts }], { nearDuplicates: false });
    expect(whole).toEqual(curve(await trainOn(2, { ...request, data: inMemory } as TrainRequest)));
    await stored(texts.slice(1));
    await expect(trainOn(2, { ...request, data } as TrainRequest)).rejects.toThrow(
      /corpus\.tokens has other texts, or another vocabulary, than that of rank 0/,
    );
  });

  it("refuses more ranks than rows", async () => {
    const request = { ...cases["lanes that carry a state, time-major dropout"]!, data: texts, backend };
    await expect(
      trainOn(3, { ...request, options: { ...options, batchSize: 2 } } as TrainRequest),
    ).rejects.toThrow("3 ranks cannot share a batch of 2 rows");
  });

  it("says which rank has failed, and ends", async () => {
    const [first, second] = ranksInProcess(2);
    const lead = new Lead(first);
    const other = followTraining({ ...second!, threads: -1 });
    const request = { ...cases["lanes that carry a state, time-major dropout"]!, data: texts };
    await expect(train({ ...request, lead } as TrainRequest)).rejects.toThrow(/^Rank 1 on here: /);
    await lead.dismiss();
    await other;
  });
});

describe("ranks that average seldom", () => {
  const request = {
    ...cases["lanes that carry a state, time-major dropout"]!,
    data: texts,
    backend,
    options: { ...options, steps: 12, validateEvery: 12, syncEvery: 4 },
  } as TrainRequest;

  it("learn, take their outer steps together, and are the same from run to run", async () => {
    const [one, again] = [await trainOn(3, request), await trainOn(3, request)];
    expect(curve(one)).toEqual(curve(again));
    expect(one.log.map(({ step }) => step)).toEqual([4, 8, 12]);
    expect(one.log[2]!.loss).toBeLessThan(one.log[0]!.loss);
  });

  it("say what a single one of them has computed that is no number", async () => {
    const [first, second] = ranksInProcess(2);
    const lead = new Lead(first);
    const other = followTraining({
      ...second!,
      async broadcast(bytes, from) {
        await second!.broadcast(bytes, from);
        // Of all that is sent, weights and moments alone are parts of a larger memory: NaN in every place.
        if (bytes.byteLength < bytes.buffer.byteLength) bytes.fill(255);
      },
    });
    await expect(train({ ...request, lead } as TrainRequest)).rejects.toMatchObject({
      code: "diverged",
      message: expect.stringMatching(/^Rank 1 on here: Training stopped at step 1: the loss became NaN/),
    });
    await lead.dismiss();
    await other;
  });

  it("take, with SGD and one inner step, the step of Nesterov's momentum on the mean gradient", async () => {
    const sgd = {
      optimizer: "sgd",
      momentum: 0,
      weightDecay: 0,
      clip: 0,
      schedule: "constant",
      warmup: 0,
    } as const;
    const common = { ...options, ...sgd, batchSize: 6, steps: 1, validateEvery: 1, learningRate: 0.1 };
    const lstm = { ...request, modelOptions: { width: 8, layers: 1, dropout: 0 } } as TrainRequest;
    // theta - 0.7 (1 + 0.9) lr g: the first outer step, with no momentum before it.
    const plain = await trainOn(1, {
      ...lstm,
      options: { ...common, learningRate: 0.1 * 0.7 * 1.9 },
    } as TrainRequest);
    const outer = await trainOn(2, { ...lstm, options: { ...common, syncEvery: 1 } } as TrainRequest);
    const [a, b] = [plain, outer].map(({ lm }) => lm.weights as Record<string, { data: Float32Array }>);
    for (const [name, { data }] of Object.entries(a!))
      for (const [i, value] of data.entries())
        expect(Math.abs(b![name]!.data[i]! - value)).toBeLessThan(1e-6);
  });
});
