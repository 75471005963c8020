import { describe, expect, it } from "vitest";
import { deviceLike } from "../../../test/device-like.ts";
import { randomModel } from "../../../test/random-model.ts";
import type { Backend } from "../../runtime/backend.ts";
import { createDecoder } from "./create.ts";
import type { DecoderOptions } from "./decoder.ts";

const VOCABULARY = 100;
const CONTEXT = 12;

/** One model of each kind of memory: a fixed state of one and of three axes, a cache, a window. */
const sizes = {
  "char-lstm": { layers: 2, width: 12, embedding: 6 },
  "char-cnn": { width: 8, layers: 2 },
  "char-transformer": { width: 16, layers: 2, heads: 2, context: CONTEXT },
  "char-bilstm": { width: 8, embedding: 6, window: CONTEXT },
  qwen2: { width: 16, layers: 2, heads: 2, kvHeads: 1, context: CONTEXT },
};

/** Layers from the first of these on see four tokens. */
const sliding = (from: number) => ({
  use_sliding_window: true,
  sliding_window: 4,
  max_window_layers: from,
});

interface Case {
  readonly type: keyof typeof sizes;
  readonly backend?: Backend | undefined;
  readonly config?: ReturnType<typeof sliding>;
}

const ids = (length: number, seed: number) =>
  Int32Array.from({ length }, (_, i) => (i * 37 + seed * 11) % VOCABULARY);

const types = Object.keys(sizes) as (keyof typeof sizes)[];

describe.each([
  ...types.map((type) => ({ name: type, type, backend: undefined })),
  { name: "char-transformer on a device", type: "char-transformer" as const, backend: deviceLike().backend },
  { name: "a window in one layer", type: "qwen2" as const, config: sliding(1) },
  { name: "windows alone", type: "qwen2" as const, config: sliding(0) },
  {
    name: "a window on a device",
    type: "qwen2" as const,
    config: sliding(1),
    backend: deviceLike().backend,
  },
])("$name", ({ type, backend, config }: Case) => {
  const random = randomModel(type, { sizes: sizes[type], seed: 3, ...(config ? { config } : {}) });
  const lm = backend ? { ...random, backend } : random;

  /** What a decoder that has read `text` and nothing else says. */
  async function fresh(text: Int32Array, options: DecoderOptions = {}): Promise<Float32Array> {
    const decoder = createDecoder(lm, options);
    const logits = (await decoder.append(text)).slice();
    await decoder.release();
    return logits;
  }

  function expectEqual(found: Float32Array, wanted: Float32Array): void {
    expect(found.length).toBe(wanted.length);
    for (const [i, value] of found.entries()) expect(value).toBeCloseTo(wanted[i]!, 4);
  }

  it("branches into other rows and sizes, and stays as it was", async () => {
    const [a, b] = [ids(4, 1), ids(4, 2)];
    const decoder = createDecoder(lm, { batch: 2 });
    await decoder.append(Int32Array.of(...a, ...b));
    const branch = decoder.branch([1, 0, 1]);
    const logits = (await branch.append(Int32Array.of(7, 8, 9))).slice();
    const wanted = await Promise.all([
      fresh(Int32Array.of(...b, 7)),
      fresh(Int32Array.of(...a, 8)),
      fresh(Int32Array.of(...b, 9)),
    ]);
    for (const [row, one] of wanted.entries())
      expectEqual(logits.subarray(row * VOCABULARY, (row + 1) * VOCABULARY), one);
    const second = await branch.branch([2]).append(Int32Array.of(5));
    expectEqual(second, await fresh(Int32Array.of(...b, 9, 5)));
    const after = (await decoder.append(Int32Array.of(3, 3))).slice();
    expectEqual(after.subarray(0, VOCABULARY), await fresh(Int32Array.of(...a, 3)));
    expectEqual(after.subarray(VOCABULARY), await fresh(Int32Array.of(...b, 3)));
    await decoder.release();
  });

  it("starts every row with the same text, and again", async () => {
    const decoder = createDecoder(lm, { batch: 3 });
    for (const text of [ids(7, 1), ids(5, 2)]) {
      const logits = await decoder.start(text);
      const wanted = await fresh(text);
      for (const row of [0, 1, 2])
        expectEqual(logits.subarray(row * VOCABULARY, (row + 1) * VOCABULARY), wanted);
      const next = (await decoder.append(Int32Array.of(3, 9, 3))).slice();
      expectEqual(next.subarray(VOCABULARY, 2 * VOCABULARY), await fresh(Int32Array.of(...text, 9)));
      expectEqual(next.subarray(0, VOCABULARY), next.subarray(2 * VOCABULARY));
    }
    await decoder.release();
  });

  it("starts every row with a long text, and takes tokens of it back", async () => {
    const decoder = createDecoder(lm, { batch: 3, history: 2, overflow: "slide" });
    const text = ids(20, 3);
    const logits = (await decoder.start(text)).slice();
    const wanted = await fresh(text, { overflow: "slide" });
    for (const row of [0, 1, 2])
      expectEqual(logits.subarray(row * VOCABULARY, (row + 1) * VOCABULARY), wanted);
    // A cache that has slid holds another part of the text than one that reads it afresh.
    if (type !== "char-transformer" && type !== "qwen2") {
      expect(decoder.rewind(2)).toBe(true);
      const other = await decoder.append(Int32Array.of(1, 2, 3));
      expectEqual(
        other.subarray(VOCABULARY, 2 * VOCABULARY),
        await fresh(Int32Array.of(...text.slice(0, 18), 2), { overflow: "slide" }),
      );
    }
    await decoder.release();
  });

  it("takes tokens back", async () => {
    const decoder = createDecoder(lm, { history: 6 });
    const text = ids(8, 4);
    await decoder.append(text);
    expect(decoder.rewind(0)).toBe(true);
    expect(decoder.rewind(3)).toBe(true);
    expectEqual(await decoder.append(Int32Array.of(42)), await fresh(Int32Array.of(...text.slice(0, 5), 42)));
    expect(decoder.rewind(100)).toBe(false);
    expectEqual(
      await decoder.append(Int32Array.of(43)),
      await fresh(Int32Array.of(...text.slice(0, 5), 42, 43)),
    );
    await decoder.release();
  });

  it("takes back no more than it remembers where the text is longer than its context", async () => {
    const decoder = createDecoder(lm, { history: 2, overflow: "slide" });
    const text = ids(40, 5);
    for (const id of text) await decoder.append(Int32Array.of(id));
    expect(decoder.rewind(40)).toBe(false);
    expect(decoder.rewind(2)).toBe(true);
    expectEqual(await decoder.append(text.slice(38, 39)), (await slid(text.slice(0, 39))).slice());
    await decoder.release();
  });

  async function slid(text: Int32Array): Promise<Float32Array> {
    const decoder = createDecoder(lm, { overflow: "slide" });
    let logits = new Float32Array();
    for (const id of text) logits = (await decoder.append(Int32Array.of(id))).slice();
    await decoder.release();
    return logits;
  }
});

it("leaves keys and values on the device: logits alone come back, and nothing stays after its release", async () => {
  const device = deviceLike();
  const lm = {
    ...randomModel("char-transformer", { sizes: sizes["char-transformer"], seed: 3 }),
    backend: device.backend,
  };
  const decoder = createDecoder(lm);
  await decoder.append(ids(4, 1));
  for (let id = 0; id < 4; id++) await decoder.append(Int32Array.of(id));
  for (let k = 0; k < 5; k++) await decoder.branch([0, 0]).append(Int32Array.of(1, 2));
  const elsewhere = device.returned.filter((elements) => elements > 0);
  expect(new Set(elsewhere)).toEqual(new Set([VOCABULARY, 2 * VOCABULARY]));
  // Weights, and the keys and values of two layers of the last two decoders.
  expect(device.held()).toBe(Object.keys(lm.weights).length + 2 * 2 * 2);
  await decoder.release();
  expect(device.held()).toBe(0);
});
