import { expect, it } from "vitest";
import { ranksInProcess } from "../../test/ranks-in-process.ts";
import { alone, type Ranks, send, sendJson, sendLines, sendList } from "./ranks.ts";

/** What each rank gets. */
const everywhere = <T>(size: number, work: (ranks: Ranks) => Promise<T>) =>
  Promise.all(ranksInProcess(size).map(work));

const values = [
  "",
  "hen",
  'a "road"\nand \\ another',
  "курка \u{1f602}\u{1f414} \ud83d half",
  [1, null, { a: ["\u2028", true] }],
  "x".repeat(40),
];

it("bytes of any length are the same on all ranks, whatever a message holds", async () => {
  for (const length of [0, 1, 3, 4, 5, 8, 9])
    for (const from of [0, 1]) {
      const bytes = Uint8Array.from({ length }, (_, i) => i + 1);
      const found = await everywhere(3, (ranks) =>
        send(ranks, ranks.rank === from ? bytes : undefined, from, 4),
      );
      for (const one of found) expect([...one]).toEqual([...bytes]);
    }
});

it("values and lists are the same on all ranks, wherever they are cut into messages", async () => {
  for (const characters of [2, 3, 4, 5, 7, 16, 1000])
    for (const from of [0, 1]) {
      const lists = await everywhere(3, (ranks) =>
        sendList(ranks, ranks.rank === from ? values : undefined, from, characters),
      );
      for (const list of lists) expect(list).toEqual(values);
      const lines = ["чому?\n", "\n", "\u{1f414}".repeat(9), "\n"];
      const texts = await everywhere(2, async (ranks) => [
        ...(await sendLines(ranks, ranks.rank === from ? lines : undefined, from, characters)),
      ]);
      expect(texts[1 - from]).toEqual(["чому?", "", "\u{1f414}".repeat(9)]);
    }
  expect(await everywhere(2, (ranks) => sendList(ranks, ranks.rank === 0 ? [] : undefined))).toEqual([
    [],
    [],
  ]);
  for (const value of values)
    expect(await everywhere(2, (ranks) => sendJson(ranks, ranks.rank === 1 ? value : undefined, 1))).toEqual([
      value,
      value,
    ]);
  expect(await sendJson(alone, values)).toBe(values);
});

it("a value that is longer than a text can be is refused on all ranks, which then go on", async () => {
  // What JSON.stringify does with half a gigabyte, without it.
  const long = {
    toJSON() {
      throw new RangeError("Invalid string length");
    },
  };
  const found = await everywhere(3, async (ranks) => {
    const own = ranks.rank === 1;
    const error = await sendList<unknown>(ranks, own ? ["a", long] : undefined, 1).catch((e: Error) => e);
    return [error, await sendJson(ranks, own ? "next" : undefined, 1)];
  });
  for (const [error, next] of found) {
    expect(error).toMatchObject({
      code: "too-long",
      message: expect.stringMatching(
        /What ranks exchange has a part that is longer than a text can be \(512 million characters\); give shorter texts, or run it in one process\.$/,
      ),
    });
    expect(next).toBe("next");
  }
});
