/** Injected times, as from a quiet machine, a busy one, and one whose times have heavy tails. */
import { describe, expect, it } from "vitest";
import { quantile } from "../core/quantile.ts";
import { Random } from "../core/random.ts";
import { type Ratio, ratioOf, ratioSentence, ratiosOf, type Times } from "./faster.ts";

const RUNS = 20;

/** What a machine takes for work of `ms`: `factor` says how much longer than alone it takes in each run. */
function times(name: string, ms: number, factor: (run: number) => number, runs = RUNS): Times {
  return { name, runs: Array.from({ length: runs }, (_, run) => [ms * factor(run)]) };
}

const noise = (seed: number, stream: string) => {
  const random = new Random(seed, stream);
  return (run: number) => random.normal(run);
};
/** A few per cent, to each its own. */
const quiet = (seed: number, who: string) => {
  const normal = noise(seed, who);
  return (run: number) => Math.exp(0.03 * normal(run));
};
/** Other work comes and goes at its own pace and takes a random part of the machine from each run. */
const busy = (seed: number, who: string) => {
  const normal = noise(seed, who);
  return (run: number) => Math.exp(1.2 * Math.abs(normal(run)));
};
/** One run in five takes many times as long (Pareto with shape 1/2). */
const heavy = (seed: number, who: string) => {
  const random = new Random(seed, who);
  return (run: number) => (random.uniform(2 * run) < 0.2 ? (1 - random.uniform(2 * run + 1)) ** -2 : 1);
};
const seeds = Array.from({ length: 40 }, (_, seed) => seed);
const ratio = (a: Times, b: Times): Ratio => ratioOf("read", a, b)!;

describe("on a quiet machine", () => {
  it("says which is faster and by how much, the truth within the interval", () => {
    let held = 0;
    for (const seed of seeds) {
      const found = ratio(times("a", 30, quiet(seed, "a")), times("b", 20, quiet(seed, "b")));
      expect(found).toMatchObject({ case: "read", faster: "b", slower: "a", conclusive: true });
      expect(found.doubt).toBeUndefined();
      if (found.interval[0] <= 1.5 && 1.5 <= found.interval[1]) held++;
      expect(found.interval[0]).toBeLessThanOrEqual(found.ratio);
      expect(found.interval[1]).toBeGreaterThanOrEqual(found.ratio);
    }
    // 95 % of 40 are 38; a bootstrap of 20 medians is a little narrow.
    expect(held).toBeGreaterThanOrEqual(33);
  });

  it("does not tell two apart that are the same", () => {
    const said = seeds.map((seed) =>
      ratio(times("a", 20, quiet(seed, "a")), times("b", 20, quiet(seed, "b"))),
    );
    expect(said.filter(({ conclusive }) => conclusive).length).toBeLessThanOrEqual(6);
    const sentence = ratioSentence(said.find(({ conclusive }) => !conclusive)!);
    expect(sentence).toMatch(/^[ab] and [ab] are equally fast, to within [1-5] %$/);
  });
});

describe("on a busy machine", () => {
  it("never says the wrong one, and rarely anything of two that are near each other", () => {
    const said = seeds.map((seed) => ratio(times("a", 22, busy(seed, "a")), times("b", 20, busy(seed, "b"))));
    expect(said.filter(({ conclusive }) => conclusive).length).toBeLessThanOrEqual(3);
    const { interval, ...doubted } = said.find(({ doubt }) => doubt === "spans-1")!;
    expect(interval[0]).toBeLessThanOrEqual(1);
    expect(ratioSentence({ ...doubted, interval })).toMatch(
      /^whether [ab] or [ab] is faster cannot be said here: by these runs [ab] may be anything from 0\.\d+ to \d.* times as fast$/,
    );
  });

  it("does not contradict itself from one comparison to the next", () => {
    // The machine is loaded otherwise in each of the three: what is said for certain must fit together.
    const said = [1, 2, 3].flatMap((seed) => {
      const found = ratio(times("a", 60, busy(seed, "a")), times("b", 20, busy(seed, "b")));
      return found.conclusive ? [found] : [];
    });
    for (const one of said)
      for (const other of said) {
        expect(one.faster).toBe(other.faster);
        expect(one.interval[0]).toBeLessThanOrEqual(other.interval[1]);
      }
  });

  it("still tells what is plain: every run of one faster than every run of the other", () => {
    const found = ratio(times("a", 2000, quiet(1, "a")), times("b", 20, quiet(1, "b")));
    expect(found).toMatchObject({ faster: "b", conclusive: true });
  });
});

it("where the quantiles explode it says that it cannot be told, and why", () => {
  for (const seed of seeds) {
    const [a, b] = [times("a", 22, heavy(seed, "a")), times("b", 20, heavy(seed, "b"))];
    const tail = Math.max(
      ...[a, b].map(({ runs }) => {
        const sorted = runs.flat().sort((x, y) => x - y);
        return quantile(sorted, 0.95) / quantile(sorted, 0.5);
      }),
    );
    const found = ratio(a, b);
    expect(found.scatter).toBeCloseTo(tail, 10);
    if (tail <= 3) continue;
    expect(found.conclusive, JSON.stringify(found)).toBe(false);
    expect(ratioSentence(found)).toMatch(/cannot be said here/);
    if (found.doubt === "scatter")
      expect(ratioSentence(found)).toMatch(/scatter too much: one run in twenty takes \d.* times as long/);
  }
});

it("says which is faster where only the factor is not known", () => {
  const found = seeds
    .map((seed) => ratio(times("a", 2000, busy(seed, "a")), times("b", 20, busy(seed, "b"))))
    .filter(({ doubt }) => doubt === "scatter");
  expect(found.length).toBeGreaterThan(5);
  for (const one of found) {
    expect(one).toMatchObject({ faster: "b", conclusive: false });
    expect(one.interval[0]).toBeGreaterThan(one.scatter);
    expect(ratioSentence(one)).toMatch(
      /^b is faster, but by how much cannot be said here, .* may be \d+ or \d+ times/,
    );
    expect(ratioSentence(one, 3)).toMatch(/^b is faster than a, but by how much/);
  }
});

it("other work that slows both alike in the same runs cancels out", () => {
  const load = busy(5, "both");
  const found = ratio(times("a", 30, load), times("b", 20, load));
  expect(found.ratio).toBeCloseTo(1.5, 10);
  expect(found.interval[0]).toBeCloseTo(1.5, 10);
  expect(found.interval[1]).toBeCloseTo(1.5, 10);
});

it("few runs tell nothing, no runs give no ratio", () => {
  const [a, b] = [times("a", 30, () => 1, 4), times("b", 3, () => 1, 4)];
  expect(ratio(a, b)).toMatchObject({ ratio: 10, conclusive: false, doubt: "few-runs" });
  expect(ratioSentence(ratio(a, b))).toMatch(/too few runs$/);
  expect(ratioOf("read", a, { name: "b", runs: [] })).toBeUndefined();
  expect(ratiosOf("read", [a])).toEqual([]);
});

it("prints an interval whose ends differ, the ratio between them", () => {
  const near = { case: "read", faster: "a", slower: "b", conclusive: true, scatter: 1.01 } as const;
  const sentence = (ratio: number, low: number, high: number) =>
    ratioSentence({ ...near, ratio, interval: [low, high] });
  expect(sentence(1.963, 1.961, 1.966)).toBe("a is 1.963 times as fast (95 % interval 1.961 to 1.966)");
  expect(sentence(12.2, 12.1, 12.4)).toBe("a is 12.2 times as fast (95 % interval 12.1 to 12.4)");
  expect(sentence(1.94, 1.88, 2.02)).toBe("a is 1.94 times as fast (95 % interval 1.88 to 2.02)");
});

it("of several, the fastest is set against each of the others, and the ratio is that of the medians", () => {
  const runs = (name: string, list: readonly number[]): Times => ({
    name,
    runs: list.map((ms) => [ms, ms + 1]),
  });
  const found = ratiosOf("read", [
    runs("slow", [60, 61, 62, 63, 64, 65]),
    runs("fast", [10, 11, 12, 13, 14, 15]),
    runs("middle", [30, 31, 32, 33, 34, 35]),
  ]);
  expect(found.map(({ faster, slower }) => [faster, slower])).toEqual([
    ["fast", "middle"],
    ["fast", "slow"],
  ]);
  // Medians of both pieces of all runs: 13 and 33.
  expect(found[0]!.ratio).toBeCloseTo(33 / 13, 12);
  expect(ratioSentence(found[0]!, 3)).toMatch(
    /^fast is 2\.5 times as fast as middle \(95 % interval 2\.\d to /,
  );
  expect(ratiosOf("read", found.length === 2 ? [runs("a", [1, 2]), runs("b", [1, 2])] : [])).toHaveLength(1);
});
