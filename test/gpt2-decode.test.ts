/** Decoding with a cache gives what reading the whole text at once gives, however the text is fed. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type HostArray, int32 } from "../src/core/array.ts";
import { createDecoder } from "../src/generate/decoders/create.ts";
import type { Decoder } from "../src/generate/decoders/decoder.ts";
import type { LanguageModel } from "../src/generate/language-model.ts";
import { openSafetensors } from "../src/hub/safetensors-file.ts";
import { openWeights } from "../src/hub/stored-weights.ts";
import { gpt2 } from "../src/models/gpt2.ts";
import { type ModelInput, zeroState } from "../src/models/model.ts";
import { appendTo } from "../src/models/state.ts";
import { evaluation } from "../src/nn/mode.ts";
import type { Parameters } from "../src/nn/parameters.ts";
import { compile } from "../src/runtime/compile.ts";
import { writeRandomFolder } from "./torch/forward.ts";
import { backend, forward, loadFolder, randomIds, rows, worst } from "./transformers.ts";

const VOCABULARY = 31;
const CONTEXT = 160;
let folder: string;
let lm: LanguageModel;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "punchline-decode-"));
  const model = gpt2.build(gpt2.configure({ layers: 2, width: 24, heads: 4, context: CONTEXT }, VOCABULARY));
  await writeRandomFolder(model, folder);
  const source = await openSafetensors(join(folder, "model.safetensors"));
  const weights = await openWeights(model.parameters, source, gpt2.checkpointMapping);
  await source.close();
  const tokenizer = { endOfText: 0, size: VOCABULARY } as LanguageModel["tokenizer"];
  lm = { model, weights, tokenizer, backend, stopAtEos: true, name: "random" };
});
afterAll(() => rm(folder, { recursive: true }));

/** Logits after each row's last token, by a pass over the whole text. */
async function whole(ids: readonly (readonly number[])[]): Promise<Float32Array> {
  const { model, weights } = await loadFolder(folder);
  const { logits } = await forward(model, weights, { ids: rows(ids) });
  const length = ids[0]!.length;
  return Float32Array.from(
    ids.flatMap((_, r) => [
      ...logits.data.subarray(((r + 1) * length - 1) * VOCABULARY, (r + 1) * length * VOCABULARY),
    ]),
  );
}

/** Feeds columns in pieces of these lengths and gives the logits after the last. */
async function inPieces(decoder: Decoder, ids: readonly (readonly number[])[], pieces: readonly number[]) {
  let at = 0;
  let logits = new Float32Array();
  for (const length of pieces) {
    logits = Float32Array.from(
      await decoder.append(Int32Array.from(ids.flatMap((row) => row.slice(at, at + length)))),
    );
    at += length;
  }
  return logits;
}

describe("gpt2 with a cache", () => {
  for (const [title, batch, pieces] of [
    ["at once", 1, [150]],
    ["in pieces, past the first capacity", 1, [7, 1, 1, 30, 2, 100, 9]],
    ["a token at a time", 1, new Array(20).fill(1)],
    ["several rows, in pieces, past the first capacity", 3, [5, 1, 60, 3, 1]],
  ] as const) {
    it(`equals the whole text: ${title}`, async () => {
      const ids = randomIds(
        VOCABULARY,
        batch,
        pieces.reduce((a, b) => a + b, 0),
      );
      const decoder = createDecoder(lm, { batch });
      const logits = await inPieces(decoder, ids, pieces);
      expect(worst(logits, await whole(ids))).toBeLessThan(1e-4);
      decoder.reset();
      expect(worst(await inPieces(decoder, ids, pieces), logits)).toBeLessThan(1e-5);
      await decoder.release();
    });
  }

  it("refuses to outgrow the context, and goes on after; or drops the older half", async () => {
    const ids = randomIds(VOCABULARY, 1, CONTEXT + 1);
    const strict = createDecoder(lm);
    await inPieces(strict, ids, [CONTEXT - 1]);
    await expect(strict.append(Int32Array.of(1, 2))).rejects.toThrow(/160 tokens/);
    const last = await strict.append(Int32Array.of(ids[0]![CONTEXT - 1]!));
    expect(worst(last, await whole([ids[0]!.slice(0, CONTEXT)]))).toBeLessThan(1e-4);
    await strict.release();

    const sliding = createDecoder(lm, { overflow: "slide" });
    const logits = await inPieces(sliding, ids, [CONTEXT, 1]);
    expect(worst(logits, await whole([ids[0]!.slice(-CONTEXT / 2)]))).toBeLessThan(1e-4);
    await sliding.release();
  });

  it("rows of different lengths, filled up at the right, equal each alone", async () => {
    const { model, weights } = await loadFolder(folder);
    const step = compile(
      (parameters: Parameters, input: ModelInput) => {
        const { logits, state } = model.forward(parameters, input, evaluation, { logits: "last" });
        return { logits, state };
      },
      { backend },
    );
    const lengths = [3, 8, 5];
    const ids = randomIds(VOCABULARY, 3, 9);
    const prompt = ids.map((row, r) => Array.from({ length: 8 }, (_, t) => (t < lengths[r]! ? row[t]! : 0)));
    const mask = lengths.map((n) => Array.from({ length: 8 }, (_, t) => Number(t < n)));
    const specs = model.state(3);
    const state = zeroState(specs, 16);
    const first = await step(weights, { ids: rows(prompt), attentionMask: rows(mask), state } as never);
    const next = ids.map((row, r) => row[lengths[r]!]!);
    const kept = appendTo(state, specs, first.state as never, [0, 0, 0]);
    const second = await step(weights, { ids: int32([3, 1], next), state: kept } as never);
    for (let r = 0; r < 3; r++) {
      const row = (logits: HostArray) =>
        (logits.data as Float32Array).subarray(r * VOCABULARY, (r + 1) * VOCABULARY);
      expect(worst(row(first.logits), await whole([ids[r]!.slice(0, lengths[r])]))).toBeLessThan(1e-4);
      expect(worst(row(second.logits), await whole([ids[r]!.slice(0, lengths[r]! + 1)]))).toBeLessThan(1e-4);
    }
    await step.release();
  });
});
