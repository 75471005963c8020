/**
 * Known copies in the built-in jokes: what the audit finds of each kind, and how much of what it calls a
 * copy is one. The table is printed by `npm run bench -- novelty` at full size.
 */

import jokes from "one-liner-joke/jokes.json" with { type: "json" };
import { describe, expect, it } from "vitest";
import { copiesMade, truthTable } from "../bench/novelty/known-copies.ts";
import { Auditor } from "../src/evaluate/novelty/auditor.ts";
import { buildIndex } from "../src/evaluate/novelty/training-index.ts";
import { normaliseText } from "./normalise-text.ts";

const bodies = [...new Map(jokes.map(({ body }) => [normaliseText(body), body])).values()];
const heldOut = bodies.filter((_, i) => i % 10 === 0);
const train = bodies.filter((_, i) => i % 10 !== 0);
const auditor = new Auditor(buildIndex(train));

describe("known copies among the built-in jokes", () => {
  const table = truthTable((text) => auditor.copyKind(text) !== undefined, train, heldOut, 60);
  const row = (kind: string) => table.find((r) => r.made === kind)!;

  it("has a row for each kind", () => {
    expect(table.map((r) => r.made)).toEqual(copiesMade);
    for (const r of table) expect(r.n).toBe(60);
  });

  it.each(["verbatim", "case and punctuation", "two jokes joined"])("finds every one: %s", (kind) => {
    expect(row(kind).found).toBe(row(kind).n);
  });

  it.each([
    ["one word changed", 0.95],
    ["names swapped", 0.85],
  ])("finds nearly all: %s", (kind, least) => {
    expect(row(kind).found / row(kind).n).toBeGreaterThanOrEqual(least);
  });

  it("calls no random words copies", () => {
    expect(row("words at random").found).toBe(0);
  });

  it("calls few of the unseen jokes copies", () => {
    expect(row("unseen").found / row("unseen").n).toBeLessThanOrEqual(0.1);
  });
});
