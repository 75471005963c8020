import { describe, expect, it, test } from "vitest";
import { randomModel } from "../../../test/random-model.ts";
import { createSlots } from "../batching/create-slots.ts";
import { makeRoom, roomFor } from "./cache-room.ts";
import { createDecoder } from "./create.ts";

test("there is as little room as steps of 64 tokens allow", () => {
  const rooms = [0, 1, 64, 65, 130, 990].map((needed) => roomFor(needed, 1000));
  expect(rooms).toEqual([64, 64, 64, 128, 192, 1000]);
});

test("with twice the room a text of 1,000 tokens is moved seldom", () => {
  let moved = 0;
  for (let room = 0, needed = 1; needed <= 1000; needed++) {
    if (needed <= room) continue;
    moved += needed - 1;
    makeRoom(needed, 1000, 2 * room, (made) => {
      room = made;
    });
    expect(room).toBeGreaterThanOrEqual(needed);
  }
  expect(moved).toBe(64 + 128 + 256 + 512);
});

test("where there is no memory for what is wished, there is for what is needed", () => {
  const tried: number[] = [];
  const move = (most: number) => (room: number) => {
    tried.push(room);
    if (room > most) throw new RangeError("Array buffer allocation failed");
  };
  makeRoom(130, 1000, 256, move(200));
  expect(tried).toEqual([256, 192]);
  expect(() => makeRoom(130, 1000, 256, move(100))).toThrow(/allocation/);
  expect(() => makeRoom(130, 1000, 0, move(100))).toThrow(/allocation/);
});

describe("a cache that is appended to in place", () => {
  const VOCABULARY = 100;
  const TOKENS = 300;
  // Heads of 8 numbers have the library's own attention, those of 4 plain nodes.
  const sizes = { layers: 1, width: 16, context: 320 };
  const ids = Int32Array.from({ length: TOKENS }, (_, i) => (i * 37 + 5) % VOCABULARY);

  it.each([
    { heads: 2, rooms: [64, 128, 256, 320] },
    { heads: 4, rooms: [64, 128, 192, 256, 320] },
  ])("of $heads heads grows, branches and goes back as a text read at once", async ({ heads, rooms }) => {
    const lm = randomModel("gpt2", { sizes: { ...sizes, heads }, seed: 3 });
    const made = new Set<number>();
    const at = async (length: number) => {
      const decoder = createDecoder(lm);
      const logits = (await decoder.append(ids.slice(0, length))).slice();
      await decoder.release();
      return logits;
    };
    const near = (found: Float32Array, wanted: Float32Array) => {
      for (const [i, value] of found.entries()) expect(value).toBeCloseTo(wanted[i]!, 4);
    };
    const slots = createSlots(lm, 1);
    const perToken = slots.bytes / rooms[0]!;
    for (let t = 0; t < TOKENS; t++) {
      await slots.step([0], ids.subarray(t, t + 1));
      made.add(Math.round(slots.bytes / perToken));
    }
    expect([...made]).toEqual(rooms);
    slots.clear(0);
    slots.shrink();
    expect(Math.round(slots.bytes / perToken)).toBe(64);
    await slots.release();

    const decoder = createDecoder(lm);
    let logits = new Float32Array();
    for (const id of ids) logits = (await decoder.append(Int32Array.of(id))).slice();
    near(logits, await at(TOKENS));
    const branch = decoder.branch([0, 0]);
    decoder.rewind(170);
    near(await decoder.append(ids.slice(130, 140)), await at(140));
    branch.rewind(100);
    const both = await branch.append(Int32Array.of(ids[200]!, ids[200]!));
    near(both.slice(0, VOCABULARY), await at(201));
    near(both.slice(VOCABULARY), await at(201));
    await decoder.release();
  });
});
