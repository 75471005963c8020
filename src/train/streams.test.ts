import { expect, test } from "vitest";
import { prepareTexts } from "../data/prepare.ts";
import { architectureOf } from "../models/registry.ts";
import { trainDefaults } from "./options.ts";
import { trainingBatches } from "./streams.ts";

const texts = Array.from({ length: 400 }, (_, i) => (i < 200 ? `a${i}` : `b${i}`));

/** First letters of the texts of one epoch, lane after lane, with or without the shuffle. */
async function openings(shuffleTexts: boolean | undefined, seed = 1): Promise<string> {
  const data = await prepareTexts([{ texts }], {
    nearDuplicates: false,
    fractions: { validation: 0.1, test: 0 },
  });
  const architecture = architectureOf("char-gru");
  const model = architecture.build(architecture.configure({}, data.tokenizer.size));
  const options = { ...trainDefaults, batchSize: 1, seqLen: 8, seed, shuffleTexts };
  const batches = trainingBatches(model, data, options as typeof trainDefaults);
  const ids: number[] = [];
  for (let i = 0; i < batches.targetsPerEpoch / batches.targetsPerBatch; i++) ids.push(...batches.next().y);
  return data.tokenizer.decode(ids).replaceAll(/[^ab]/g, "");
}

test("a stream of many texts is not read in the order of a sorted file, and always in the same one", async () => {
  const drawn = await openings(true);
  expect(drawn.slice(0, 150)).toContain("b");
  expect([...drawn].toSorted().join("")).toMatch(/^a{170,}b{170,}$/);
  expect(await openings(true)).toBe(drawn);
  expect(await openings(true, 2)).not.toBe(drawn);
});

test("a run of 0.1.0, which has no such option, keeps the order of its file", async () => {
  expect(await openings(undefined)).toMatch(/^a{170,}b{170,}$/);
});
