import { describe, expect, it } from "vitest";
import { randomModel } from "../../test/random-model.ts";
import { int32 } from "../core/array.ts";
import type { Tensor } from "../graph/tensor.ts";
import { type State, zeroState } from "../models/model.ts";
import { evaluation } from "../nn/mode.ts";
import type { Parameters } from "../nn/parameters.ts";
import { compile } from "../runtime/compile.ts";
import { createDecoder } from "./decoders/create.ts";
import { sample } from "./sample.ts";
import { logSumExp } from "./sampler.ts";
import { tokenLosses } from "./token-losses.ts";

describe.each(["char-rnn", "char-gru", "char-lstm"])("%s", (type) => {
  const lm = randomModel(type, { sizes: { layers: 2, width: 24, embedding: 12 } });

  it("decodes token by token as in one pass", async () => {
    const ids = lm.tokenizer.encode("Why did the chicken");
    const whole = compile(
      (p: Parameters, input: { ids: Tensor; state: State }) => lm.model.forward(p, input, evaluation).logits,
      { backend: lm.backend },
    );
    const expected = await whole(
      lm.weights as never,
      { ids: int32([1, ids.length], ids), state: zeroState(lm.model.state(1)) } as never,
    );
    const decoder = createDecoder(lm);
    for (let t = 0; t < ids.length; t++) {
      const logits = await decoder.append(ids.slice(t, t + 1));
      const row = expected.data.subarray(t * 100, (t + 1) * 100) as Float32Array;
      for (const [i, value] of logits.entries()) expect(value).toBeCloseTo(row[i]!, 4);
    }
    await decoder.release();
    await whole.release();
  });

  it("scores many texts at once, by products for each character of the vocabulary, as it decodes", async () => {
    const rows = Array.from({ length: 5 }, (_, k) =>
      Int32Array.from({ length: 40 }, (_, i) => (7 * i * (k + 1)) % 100),
    );
    const losses = await tokenLosses(lm, rows);
    const decoder = createDecoder(lm, { batch: rows.length });
    for (let t = 0; t < 39; t++) {
      const logits = await decoder.append(Int32Array.from(rows, (row) => row[t]!));
      for (const [k, row] of rows.entries()) {
        const scores = logits.subarray(k * 100, (k + 1) * 100);
        expect(losses[k]![t]).toBeCloseTo(logSumExp(scores) - scores[row[t + 1]!]!, 4);
      }
    }
    await decoder.release();
  });

  it("writes the same texts whatever the batch", async () => {
    const settings = { prompt: "Why", n: 5, seed: 7, maxLength: 30 };
    const together = await sample(lm, settings);
    const apart = await sample(lm, { ...settings, batch: 2 });
    expect(apart.map((s) => s.text)).toEqual(together.map((s) => s.text));
    expect(new Set(together.map((s) => s.text)).size).toBeGreaterThan(1);
    expect((await sample(lm, { ...settings, seed: 8 }))[0]!.text).not.toBe(together[0]!.text);
  });
});

describe("sample", () => {
  const lm = randomModel("char-gru", { sizes: { layers: 2, width: 24, embedding: 12 } });

  it("stops before a stop text, and streams just what the sample has", async () => {
    const free = (await sample(lm, { seed: 3, maxLength: 60 }))[0]!;
    const stop = free.text.slice(8, 11);
    let streamed = "";
    const stopped = (
      await sample(lm, {
        seed: 3,
        maxLength: 60,
        stop: [stop],
        onText: (_, piece) => {
          streamed += piece;
        },
      })
    )[0]!;
    expect(stopped.finish).toBe("stop");
    expect(free.text.startsWith(stopped.text + stop)).toBe(true);
    expect(streamed).toBe(stopped.text);
  });

  it("says how each sample ended", async () => {
    const samples = await sample(lm, { n: 40, seed: 1, maxLength: 40 });
    for (const { finish, text, tokens, ids } of samples) {
      expect(tokens).toBe(ids.length);
      if (finish === "eos") expect(ids.at(-1)).toBe(lm.tokenizer.endOfText);
      else expect([finish, text.length]).toEqual(["length", 40]);
    }
  });

  it("names a character of the prompt that the vocabulary lacks", async () => {
    await expect(sample(lm, { prompt: "Why 🐔" })).rejects.toThrow(/🐔|U\+/);
  });
});
