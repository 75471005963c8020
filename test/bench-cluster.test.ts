/** What a cluster does on paper is what the formula says. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { allReduceSeconds, paperTables, stepsPerSecond } from "../bench/cluster/estimate.ts";
import { root } from "./cli.ts";

it("docs/cluster.md has the tables that the script prints", () => {
  const page = readFileSync(join(root, "docs", "cluster.md"), "utf8");
  for (const table of paperTables()) expect(page).toContain(table);
});

it("a sum takes what the links take, and steps what they compute and sum", () => {
  // 2 x 7/8 of a gigabyte over 0.9 Gbit/s, and six rounds of 50 microseconds.
  const cluster = { nodes: 8, gigabits: 1 };
  expect(allReduceSeconds(1e9, cluster)).toBeCloseTo((2 * 7 * 8) / 8 / 0.9 + 6 * 50e-6, 9);
  const sum = allReduceSeconds(4 * 124_439_808, cluster);
  const { every, sharing, seldom } = stepsPerSecond({ ...cluster, compute: 2, syncEvery: 10 });
  expect([every, sharing, seldom]).toEqual([1 / (2 + sum), 2 / (2 + sum), 1 / (2 + (3 * sum) / 10)]);
});
