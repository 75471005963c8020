import { beforeAll, describe, expect, test } from "vitest";
import { Random } from "../core/random.ts";
import { acceptability } from "../evaluate/quality/acceptability.ts";
import type { LanguageModel } from "../generate/language-model.ts";
import { loadModel } from "../generate/load.ts";
import { builtInFolder } from "../hub/built-in.ts";
import { type Candidate, createRatings } from "./best.ts";

const real = [
  "Why did the old man go to the window? He wanted to see what the weather was like.",
  "I told my wife that the house was cold. She told me to stand in the corner.",
  "My brother asked me for a little money, and I gave him very good advice.",
  "Where does a king keep his armies? He keeps them up his sleeves.",
  "A good friend is one who comes in when the others have gone out.",
  "I used to be a baker, but I could not make enough bread.",
  "What did the sea say to the land? Nothing at all, it only waved.",
  "Two men walked into a bar, and the third one looked down at the floor.",
];
const shuffled = real.map((text, i) => {
  const words = text.split(" ");
  const random = new Random(i, "order");
  const keys = new Map(words.map((_, k) => [k, random.uniform(k)]));
  return [...keys]
    .sort((a, b) => a[1] - b[1])
    .map(([k]) => words[k])
    .join(" ");
});

let judge: LanguageModel;
beforeAll(async () => {
  judge = await loadModel(builtInFolder("punchline-gpt2"));
});

test("words in an order that people write read better than the same words in another", async () => {
  const reads = acceptability(judge, { like: real });
  const [whole, mixed] = [await reads(real), await reads(shuffled)];
  for (const [i, value] of whole.entries()) expect(value).toBeGreaterThan(mixed[i]!);
  expect(await reads([])).toEqual([]);
  // Each text is read alone: what stands beside it changes nothing.
  expect((await reads([real[3]!]))[0]).toBeCloseTo(whole[3]!, 4);
});

describe("the best text", () => {
  const candidate = (
    text: string,
    more: Partial<Candidate> & { readonly copy?: boolean } = {},
  ): Candidate => {
    const { copy = false, ended = true, temperature = 0.8 } = more;
    const audited = { text, copy, nearest: [], words: text.split(" ").length };
    return { ended, temperature, audited: audited as unknown as Candidate["audited"] };
  };
  const good = "The old man told my brother that he could not go to the house.";
  const bad = [
    candidate("Sobet work but the way do you pleass is racking of the live do I conses."),
    candidate("Window the at man the asked wife my be would weather the what."),
    candidate("I told my wife that the man was good, and I told my wife that."),
    candidate("Yes, he did."),
    candidate("The man went to the house and looked at the window for", { ended: false }),
    candidate('"I see, said the man, and he went out to look at the sea.'),
    candidate(real[1]!, { copy: true }),
    candidate("soaeor tMnnangn mebseu Rii gomie"),
  ];
  const rated = async (candidates: readonly Candidate[]) => {
    const ratings = await createRatings(judge, { train: real, heldOut: real });
    const found = await ratings.rate(candidates);
    return { found, best: ratings.best(found) };
  };

  test("is whole, new, in real words and in order; noise is never on top", async () => {
    const { found, best } = await rated([...bad, candidate(good, { temperature: 0.5 })]);
    expect(best).toMatchObject({ text: good, temperature: 0.5, of: bad.length + 1, passed: 1 });
    expect(best!.reads).toBeGreaterThanOrEqual(best!.floor);
    expect(found[0]!.audited.text).toBe(good);
    expect((await rated(bad)).best).toBeUndefined();
    expect((await rated([])).best).toBeUndefined();
  });

  test("a text that may not be shown is neither on top nor among those that are shown", async () => {
    const allowed = (text: string) => !text.includes("brother");
    const ratings = await createRatings(judge, { train: real, heldOut: real, allowed });
    const found = await ratings.rate([candidate(good), ...bad]);
    expect(ratings.best(found)).toBeUndefined();
    expect(found.filter((one) => !one.allowed).map(({ audited }) => audited.text)).toEqual([good]);
  });

  test("without real jokes to compare with there is none", async () => {
    const ratings = await createRatings(judge, { train: real, heldOut: [] });
    expect(ratings.best(await ratings.rate([candidate(good)]))).toBeUndefined();
  });
});
