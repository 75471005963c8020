/** The benchmark runner: figures, ratios, turns, peers, and what it prints. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { interleave, median, row } from "../bench/bench.ts";
import { findPython, startPeer } from "../bench/python.ts";
import { runBenchmarks } from "../bench/runner.ts";
import { root, runSource } from "./cli.ts";

const folder = join(root, "test/fixtures/bench");

function hasPython(): boolean {
  try {
    execFileSync("python3", ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

test("the median is the middle, or the mean of the two in the middle", () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([10, 4, 1, 2])).toBe(3);
  expect(() => median([])).toThrow(RangeError);
});

test("a ratio above 1 means that Punchline is ahead", () => {
  const figures = { case: "c", unit: "u", ours: 30, peer: 10, peerName: "p" };
  expect(row({ ...figures, better: "more" }).ratio).toBe(3);
  expect(row({ ...figures, better: "less" }).ratio).toBeCloseTo(1 / 3);
  expect(row({ ...figures, better: "more", peer: { absent: "why" } })).toMatchObject({
    peer: null,
    ratio: null,
    note: "why",
  });
});

test("contestants take turns, and warm-up runs do not count", async () => {
  const turns: string[] = [];
  const contestant = (name: string, figures: number[]) => async () => {
    turns.push(name);
    return figures.shift()!;
  };
  const result = await interleave(
    { ours: contestant("ours", [99, 1, 2, 3]), peer: contestant("peer", [99, 7, 5, 6]) },
    { runs: 3, warmup: 1 },
  );
  expect(result).toEqual({ ours: 2, peer: 6 });
  expect(turns.join(" ")).toBe("ours peer ours peer ours peer ours peer");
});

describe("the runner", () => {
  test("prints a table of at most 80 columns, with the reason for a missing peer", async () => {
    const text = await runBenchmarks(["sample"], folder, 80);
    expect(text.split("\n")).toEqual([
      "case         unit      ours    peer    ratio  peer's name",
      "─────────────────────────────────────────────────────────",
      "with a peer  ms         1.5       6    4.00x  Other 1.0",
      "alone        char/s  38,123    none           Other",
      "tiny         nats    5.0e-7  1.0e-4  200.00x  allowed",
      "alone: not installed",
    ]);
  });

  test("prints one JSON document", async () => {
    expect(JSON.parse(await runBenchmarks(["sample", "--json"], folder, 80))).toEqual({
      rows: [
        { case: "with a peer", unit: "ms", ours: 1.5, peer: 6, peer_name: "Other 1.0", ratio: 4 },
        {
          case: "alone",
          unit: "char/s",
          ours: 38_123.4,
          peer: null,
          peer_name: "Other",
          ratio: null,
          note: "not installed",
        },
        {
          case: "tiny",
          unit: "nats",
          ours: 5e-7,
          peer: 1e-4,
          peer_name: "allowed",
          ratio: expect.closeTo(200),
        },
      ],
    });
  });

  test("refuses unknown names and options", async () => {
    await expect(runBenchmarks(["sampel"], folder, 80)).rejects.toThrow('did you mean "sample"?');
    await expect(runBenchmarks([], folder, 80)).rejects.toThrow("known are: sample; or all.");
    await expect(runBenchmarks(["sample", "--jsn"], folder, 80)).rejects.toThrow("--jsn");
  });

  test("runs from the sources, with status 2 for wrong usage", async () => {
    expect(await runSource("bench/main.ts", ["no-such-benchmark"])).toMatchObject({ status: 2, stdout: "" });
  });
});

describe.skipIf(!hasPython())("a peer in Python (skipped where there is no python3)", () => {
  const script = new URL("fixtures/peer.py", import.meta.url);

  test("answers line by line, and says why it ended", async () => {
    const peer = await startPeer(script, { module: "json", name: "JSON" });
    if ("absent" in peer) throw new Error(peer.absent);
    expect(peer.name).toMatch(/^JSON \d/);
    expect(await peer.ask({ n: 7 })).toEqual({ square: 49 });
    expect(await peer.ask({ n: 3 })).toEqual({ square: 9 });
    await expect(peer.ask(null)).rejects.toThrow("there is nothing to square");
    await peer.stop();
  });

  test("is absent, with the remedy, where its module is not installed", async () => {
    const found = await findPython("no_such_module_of_python");
    expect(found).toEqual({ absent: expect.stringContaining("PUNCHLINE_PYTHON") });
  });
});
