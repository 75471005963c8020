import { parseHTML } from "linkedom";
import { describe, expect, test } from "vitest";
import { attentionChart } from "./attention.ts";
import { separate } from "./labels.ts";
import { learningCurvesChart } from "./learning-curves.ts";
import { shares } from "./lengths.ts";
import { lossChart } from "./loss.ts";
import { shareAtLeast } from "./novelty.ts";
import { decades } from "./speed.ts";

describe("labels", () => {
  test("are moved apart by as little as needed and stay inside", () => {
    const at = (y: number, x = 0) => ({ x, width: 50, y });
    expect(separate([at(100), at(50)], 13, 0, 200)).toEqual([100, 50]);
    expect(separate([at(50), at(50)], 14, 0, 200)).toEqual([43, 57]);
    expect(separate([at(50), at(50, 60)], 14, 0, 200)).toEqual([50, 50]);
    const [upper, lower] = separate([at(200), at(200)], 14, 0, 200);
    expect(upper).toBeCloseTo(186, 1);
    expect(lower).toBe(200);
  });

  test("do not overlap in a crowd", () => {
    const crowd = Array.from({ length: 8 }, (_, i) => ({ x: 0, width: 80, y: 150 + (i % 3) }));
    const sorted = [...separate(crowd, 13, 0, 300)].sort((a, b) => a - b);
    for (let i = 1; i < sorted.length; i++) expect(sorted[i]! - sorted[i - 1]!).toBeGreaterThan(12.5);
    expect(sorted[0]).toBeGreaterThanOrEqual(0);
    expect(sorted.at(-1)).toBeLessThanOrEqual(300);
  });
});

test("a logarithmic scale is ticked at 1, 2 and 5 and covers the data", () => {
  expect(decades(17.1, 655)).toEqual([10, 20, 50, 100, 200, 500, 1000]);
  expect(decades(0.02, 4000)).toEqual([0.01, 0.1, 1, 10, 100, 1000, 10000]);
  for (const [low, high] of [
    [1, 1],
    [10, 10],
    [0.3, 0.31],
  ] as const) {
    const ticks = decades(low, high);
    expect(ticks[0]).toBeLessThanOrEqual(low);
    expect(ticks.at(-1)).toBeGreaterThanOrEqual(high);
    expect(ticks.length).toBeGreaterThan(1);
  }
});

test("shares and tails agree with counting by hand", () => {
  expect(
    shares([1, 1, 29.9, 31], 30)
      .map((s, i) => [i, s])
      .filter(([, s]) => s! > 0),
  ).toEqual([
    [1, 0.5],
    [29, 0.25],
  ]);
  expect(shareAtLeast([0.1, 0.5, 0.5, 1], 0.5)).toBe(0.75);
});

/** The y of every vertex of the chart's `n`-th line, read back from its path. */
function vertices(markup: string, n: number): readonly number[] {
  const { document } = parseHTML(`<body>${markup}</body>`);
  const path = document.querySelectorAll("svg.wide g.line path")[n]!.getAttribute("d")!;
  return [...path.matchAll(/[ML]([\d.]+),([\d.]+)/g)].map((m) => Number(m[2]));
}

test("the loss curve draws each value at its height", () => {
  const log = [4, 2, 1].map((loss, i) => ({
    step: i,
    epoch: 0,
    seconds: i,
    tokens: i,
    loss,
    lr: 0.1,
    grad_norm: 1,
    tokens_per_s: 1,
  }));
  const ys = vertices(lossChart({ id: "x", log, unit: "character" }).markup, 0);
  expect(ys).toHaveLength(3);
  // 4 is the top of the frame (28), 0 its bottom (340 - 38).
  expect(ys[0]).toBeCloseTo(28, 1);
  expect(ys[1]).toBeCloseTo(28 + (302 - 28) / 2, 1);
  expect(ys[2]).toBeCloseTo(28 + ((302 - 28) * 3) / 4, 1);
});

test("attention: one cell for each weight that can be seen, and hostile tokens are text", () => {
  const markup = attentionChart({
    id: "a",
    model: "m<b>",
    layer: 0,
    head: 1,
    tokens: ["<i>", "Ġ&x"],
    weights: [
      [1, 0],
      [0.25, 0.75],
    ],
  }).markup;
  const { document } = parseHTML(`<body>${markup}</body>`);
  const squares = [...document.querySelectorAll("path.cells")].map((path) => [
    Number(path.getAttribute("fill-opacity")),
    path.getAttribute("d")!.match(/M/g)?.length ?? 0,
  ]);
  // The square roots of 1, 0.25 and 0.75, in tenths; nothing is drawn for 0.
  expect(squares.filter(([, drawn]) => drawn !== 0)).toEqual([
    [0.5, 1],
    [0.9, 1],
    [1, 1],
  ]);
  expect(document.querySelector("i")).toBeNull();
  expect(document.querySelector("b")).toBeNull();
  expect(document.querySelector("svg")!.textContent).toContain("<i>");
  expect(document.querySelector("desc")!.textContent).toContain("0\u00a0%");
});

test("a race is won by the lowest point, also where its model overfits afterwards", () => {
  const curve = (...values: number[]) =>
    values.map((bits_per_character, i) => ({ seconds: i, characters: i, bits_per_character }));
  const models = [
    { model: "steady", curve: curve(3, 2, 1.9) },
    { model: "overfits", curve: curve(3, 1.8, 2.1) },
  ];
  const { document } = parseHTML(
    `<body>${learningCurvesChart({ id: "x", models, against: "seconds" }).markup}</body>`,
  );
  const bold = [...document.querySelectorAll('svg.wide g[font-weight="700"] text')];
  expect(bold.map((label) => label.textContent)).toEqual(["overfits"]);
});
