import { describe, expect, it } from "vitest";
import { Random } from "../../core/random.ts";
import { kMeans } from "./k-means.ts";
import { mauve, mauveOfHistograms } from "./mauve.ts";

/** Points around a centre: `centre` in the first place, noise in all. */
function cloud(seed: number, count: number, centre: readonly number[]): Float32Array[] {
  return Array.from({ length: count }, (_, i) =>
    new Random(seed, "cloud")
      .at(i)
      .fillNormal(new Float32Array(centre.length))
      .map((v, d) => centre[d]! + 0.1 * v),
  );
}

describe("kMeans", () => {
  it("finds clusters that lie apart", () => {
    const points = [...cloud(1, 20, [1, 0, 0]), ...cloud(2, 30, [0, 1, 0]), ...cloud(3, 10, [0, 0, 1])];
    const clusters = kMeans(points, 3);
    const groups = [clusters.slice(0, 20), clusters.slice(20, 50), clusters.slice(50)].map((g) => new Set(g));
    expect(groups.map((g) => g.size)).toEqual([1, 1, 1]);
    expect(new Set(groups.flatMap((g) => [...g])).size).toBe(3);
    expect(kMeans(points, 3)).toEqual(clusters);
  });

  it("takes equal points and as many clusters as points", () => {
    expect(kMeans(Array(4).fill(Float32Array.of(1)), 2)).toHaveLength(4);
    expect(
      new Set(
        kMeans(
          [0, 1, 2].map((v) => Float32Array.of(v)),
          3,
        ),
      ).size,
    ).toBe(3);
  });
});

describe("mauveOfHistograms", () => {
  // An independent computation of the paper's curve with NumPy
  it.each([
    [[0.5, 0.3, 0.2], [0.2, 0.3, 0.5], 0.8214099836116461],
    [[0.9, 0.1, 0], [0.1, 0.2, 0.7], 0.044048117795436714],
    [[0.25, 0.25, 0.25, 0.25], [0.3, 0.2, 0.3, 0.2], 0.9983544482169311],
  ])("of %j and %j", (p, q, expected) => {
    expect(mauveOfHistograms(p, q)).toBeCloseTo(expected, 9);
    expect(mauveOfHistograms(q, p)).toBeCloseTo(expected, 9);
  });

  it("is 1 for equal histograms and near 0 for disjoint ones", () => {
    expect(mauveOfHistograms([0.4, 0.6], [0.4, 0.6])).toBeCloseTo(1, 9);
    expect(mauveOfHistograms([1, 0], [0, 1])).toBeLessThan(0.02);
  });
});

describe("mauve", () => {
  it("is high for texts of one distribution and low for others", () => {
    const real = [...cloud(1, 100, [1, 0, 0.2]), ...cloud(2, 100, [0, 1, 0.2])];
    const alike = [...cloud(3, 100, [1, 0, 0.2]), ...cloud(4, 100, [0, 1, 0.2])];
    const oneSided = cloud(5, 200, [1, 0, 0.2]);
    expect(mauve(alike, real)).toBeGreaterThan(0.9);
    expect(mauve(oneSided, real)).toBeLessThan(0.7);
    expect(mauve(cloud(6, 200, [0, 0, -1]), real)).toBeLessThan(0.05);
  });

  it("refuses what it cannot compare", () => {
    expect(() => mauve([Float32Array.of(1)], [])).toThrow(/texts of both kinds/);
    expect(() => mauve([Float32Array.of(1)], [Float32Array.of(1, 2)])).toThrow(/one length/);
  });
});
