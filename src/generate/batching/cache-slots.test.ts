/** Slots with a cache hold what texts of their own hold, also where layers forget what is out of their window. */
import { describe, expect, it } from "vitest";
import { randomModel } from "../../../test/random-model.ts";
import { createDecoder } from "../decoders/create.ts";
import { createSlots } from "./create-slots.ts";

const sizes = { width: 16, layers: 2, heads: 2, kvHeads: 1, context: 96 };
const sliding = (from: number) => ({
  use_sliding_window: true,
  sliding_window: 4,
  max_window_layers: from,
});

it("goes on after there was no memory for more", async () => {
  const lm = randomModel("qwen2", { sizes, seed: 3 });
  let full = false;
  const state: typeof lm.model.state = (batch) => {
    if (full) throw new RangeError("Array buffer allocation failed");
    return lm.model.state(batch);
  };
  const slots = createSlots({ ...lm, model: { ...lm.model, state } }, 2);
  const ids = Int32Array.from({ length: 60 }, (_, k) => k);
  await slots.read(0, ids, false);
  await slots.read(1, ids, false);
  full = true;
  await expect(slots.read(0, ids.subarray(0, 10), false)).rejects.toThrow(/allocation failed/);
  full = false;
  expect(slots.copy(0, 0, 0)).toBe(true);
  const [found] = await slots.read(1, ids.subarray(0, 20), false);
  const decoder = createDecoder(lm);
  const wanted = await decoder.append(Int32Array.from([...ids, ...ids.subarray(0, 20)]));
  for (const [i, value] of found!.entries()) expect(value).toBeCloseTo(wanted[i]!, 4);
  await decoder.release();
  await slots.release();
});

describe.each([
  { title: "no window", config: {}, copies: true },
  { title: "a window in one layer", config: sliding(1), copies: false },
  { title: "windows alone", config: sliding(0), copies: false },
])("$title", ({ config, copies }) => {
  it("goes on with texts that join, leave and are copied", async () => {
    const lm = randomModel("qwen2", { sizes, config, seed: 3 });
    const slots = createSlots(lm, 3);
    const alone = async (ids: readonly number[]) => {
      const decoder = createDecoder(lm);
      const logits = (await decoder.append(Int32Array.from(ids))).slice();
      await decoder.release();
      return logits;
    };
    const expectAfter = async (found: Float32Array, ids: readonly number[]) => {
      const wanted = await alone(ids);
      for (const [i, value] of found.entries()) expect(value).toBeCloseTo(wanted[i]!, 4);
    };
    const texts = [
      [5, 9, 12, 40, 7, 8],
      [3, 3],
      [60, 2, 31, 4],
    ];
    for (const [slot, ids] of texts.entries())
      await expectAfter((await slots.read(slot, Int32Array.from(ids), false))[0]!, ids);
    // More than the first room, of two slots that are not the first.
    for (let step = 0; step < 65; step++) {
      const ids = Int32Array.of((step * 7) % 100, (step * 11) % 100);
      const logits = await slots.step([2, 1], ids);
      texts[2]!.push(ids[0]!);
      texts[1]!.push(ids[1]!);
      if (step % 16 === 0)
        for (const [k, slot] of [2, 1].entries()) await expectAfter(logits[k]!, texts[slot]!);
    }
    await expectAfter((await slots.step([0], Int32Array.of(1)))[0]!, [...texts[0]!, 1]);
    expect(slots.copy(2, 0, texts[2]!.length)).toBe(true);
    await expectAfter((await slots.step([0], Int32Array.of(6)))[0]!, [...texts[2]!, 6]);
    expect(slots.copy(2, 1, 3)).toBe(copies);
    expect(slots.copy(2, 1, 0)).toBe(true);
    await expectAfter((await slots.read(1, Int32Array.of(8, 9), false))[0]!, [8, 9]);
    await slots.release();
  });
});
