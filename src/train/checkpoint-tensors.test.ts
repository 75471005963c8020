/** A checkpoint's state is read back as it was written, and refused where it cannot be one. */
import { expect, it } from "vitest";
import type { TensorSource } from "../hub/tensor-source.ts";
import type { Arena } from "../runtime/arena.ts";
import { checkpointFile, checkpointFrom } from "./checkpoint-tensors.ts";
import { firstLossScale, type LossScale } from "./loss-scale.ts";
import { freshState } from "./state.ts";

const arena = { trained: {}, moment1: {}, moment2: {} } as unknown as Arena;

const reread = async (lossScale: unknown) => {
  const state = { ...freshState, lossScale: lossScale as LossScale };
  const { metadata } = checkpointFile(arena, { state, carried: {} });
  const source = { metadata, tensors: new Map() } as unknown as TensorSource;
  return (await checkpointFrom(source, arena, "run/optimizer.safetensors")).state.lossScale;
};

it("keeps the loss scale, and its absence", async () => {
  expect(await reread(firstLossScale)).toEqual(firstLossScale);
  expect(await reread(undefined)).toBeUndefined();
});

it.each([
  [{ factor: -16, steps: 0 }],
  [{ factor: Number.NaN, steps: 0 }],
  [{ factor: "16", steps: 0 }],
  [{ factor: 1e300, steps: 0 }],
  ["16"],
  [null],
])("refuses the loss scale %j", async (lossScale) => {
  await expect(reread(lossScale)).rejects.toMatchObject({ name: "InputError", code: "checkpoint" });
  await expect(reread(lossScale)).rejects.toThrow(
    /run\/optimizer\.safetensors is damaged: its loss scale is /,
  );
});
