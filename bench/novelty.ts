/**
 * The novelty audit: building the index of 231,657 jokes (the size of the Kaggle short-jokes file), asking it,
 * how both grow, and which known copies are found.
 *
 *     PUNCHLINE_ASSETS=... npm run bench -- novelty
 *
 * Unset, the built-in jokes are varied to the same number. PUNCHLINE_JOKES is another number: 3706512 is 16 times as
 * many, and takes some 6 GB. The peers are what one writes without an index:
 * comparing with every text, and a set of the training texts.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "vite";
import { Auditor } from "../src/evaluate/novelty/auditor.ts";
import { editSimilarity } from "../src/evaluate/novelty/edit-distance.ts";
import { buildIndex } from "../src/evaluate/novelty/training-index.ts";
import { type BenchRow, median, row } from "./bench.ts";
import { type Corpus, grow, realJokes } from "./novelty/corpus.ts";
import { copiesMade, truthTable } from "./novelty/known-copies.ts";
import type { Measures } from "./novelty/measure.ts";
import { amount } from "./quick.ts";

const FULL = amount("PUNCHLINE_JOKES", 231_657, 16_000);
const jokes = `${FULL.toLocaleString("en-US")} jokes`;
const noPeer = { absent: "no peer" };

export default async function novelty(): Promise<BenchRow[]> {
  const corpus = await realJokes();
  const folder = mkdtempSync(join(tmpdir(), "punchline-bench-"));
  try {
    const measure = await measurer(folder, corpus);
    const [small, middle, full] = [FULL / 16, FULL / 4, FULL].map((n) => measure(Math.round(n)));
    return [...rowsOf(full!, corpus), ...growth(small!, middle!, full!), ...truth(corpus)];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Bundles measure.ts for plain Node, whose memory then has no compiler in it. */
async function measurer(folder: string, corpus: Corpus): Promise<(texts: number) => Measures> {
  await build({
    configFile: false,
    logLevel: "silent",
    build: {
      ssr: join(import.meta.dirname, "novelty/measure.ts"),
      outDir: folder,
      rolldownOptions: { output: { entryFileNames: "measure.mjs" } },
    },
  });
  const file = (name: string, texts: readonly string[]) => {
    writeFileSync(join(folder, name), texts.join("\n"), "latin1");
    return join(folder, name);
  };
  const heldOut = file("held-out", corpus.heldOut);
  return (texts) => {
    const train = file("train", grow(corpus.train, texts));
    const words = [join(folder, "measure.mjs"), train, heldOut, join(folder, "index")];
    return JSON.parse(execFileSync(process.execPath, words, { encoding: "utf8" })) as Measures;
  };
}

function rowsOf(full: Measures, { name, train, heldOut }: Corpus): BenchRow[] {
  const alone = (what: string, unit: string, ours: number, note: string) =>
    row({ case: `${jokes}: ${what}`, unit, better: "less", ours, peer: noPeer, peerName: "none", note });
  const size = `${(full.characters / 1e6).toFixed(0)} MB of ${name}`;
  return [
    alone("index", "s", full.index_s, `${size}; the aim is 15 at most`),
    alone(
      "memory",
      "MB",
      full.peak_mb,
      `peak of the process, ${full.before_mb.toFixed(0)} of it Node and the texts; the aim is 400 at most`,
    ),
    alone("file", "MB", full.file_mb, `read and checked in ${full.load_s.toFixed(1)} s`),
    row({
      case: `${jokes}: query`,
      unit: "ms",
      better: "less",
      ours: full.query_ms.p50,
      peer: compareWithAll(heldOut.slice(0, 5), grow(train, FULL)),
      peerName: "all compared",
      note: "longest span and 5 nearest, median of 1,000; the peer is the edit distance to every text by the same code, median of 5",
    }),
    alone("query p95", "ms", full.query_ms.p95, "the aim is 5 at most"),
    alone("audit of 1,000", "s", full.audit_s, "the aim is 10 at most"),
    alone("audit of one of 10 MB", "s", full.large_s, "unseen jokes, one behind the other"),
    alone("audit of 10 MB of ha", "s", full.periodic_s, "one short period, which some jokes repeat as well"),
  ];
}

/** Milliseconds to find the text of least edit distance without an index: the median of the samples. */
function compareWithAll(samples: readonly string[], texts: readonly string[]): number {
  const codes = (text: string) => Uint16Array.from({ length: text.length }, (_, i) => text.charCodeAt(i));
  const encoded = texts.map(codes);
  return median(
    samples.map(codes).map((sample) => {
      const begun = performance.now();
      let best = 0;
      for (const other of encoded) best = Math.max(best, editSimilarity(sample, other) ?? 0);
      return performance.now() - begun;
    }),
  );
}

/** How much more four and sixteen times the data cost: 4 and 16 are linear. */
function growth(small: Measures, middle: Measures, full: Measures): BenchRow[] {
  const times = (what: string, unit: string, of: (m: Measures) => number): BenchRow[] =>
    [[4, middle] as const, [16, full] as const].map(([factor, larger]) =>
      row({
        case: `${what}, ${factor} x the jokes`,
        unit: "times",
        better: "less",
        ours: of(larger) / of(small),
        peer: factor,
        peerName: "linear",
        note: `${of(small).toPrecision(3)} ${unit} for ${Math.round(FULL / 16).toLocaleString("en-US")} jokes`,
      }),
    );
  return [
    ...times("index", "s", (m) => m.index_s),
    ...times("memory", "MB beyond the texts", (m) => m.peak_mb - m.before_mb),
    ...times("query", "ms", (m) => m.query_ms.p50),
    ...times("query p95", "ms", (m) => m.query_ms.p95),
  ];
}

/** Known copies among the real jokes alone, and how many of them a set of the training texts would find. */
function truth({ train, heldOut }: Corpus): BenchRow[] {
  const auditor = new Auditor(buildIndex(train));
  const exact = new Set(train);
  const n = Math.min(1000, heldOut.length);
  const ours = truthTable((text) => auditor.copyKind(text) !== undefined, train, heldOut, n);
  const peer = truthTable((text) => exact.has(text), train, heldOut, n);
  const unseen = ours.find((r) => r.made === "unseen")!;
  return copiesMade.map((made, i) => {
    const { found, n: all } = ours[i]!;
    const copy = made !== "unseen" && made !== "words at random";
    const precision = found / all / (found / all + unseen.found / unseen.n);
    return row({
      case: made,
      unit: "%",
      better: copy ? "more" : "less",
      ours: (100 * found) / all,
      peer: copy && peer[i]!.found > 0 ? (100 * peer[i]!.found) / all : { absent: "the Set finds none" },
      peerName: "Set of texts",
      note: copy
        ? `found, of ${all}; precision ${(100 * precision).toFixed(1)} % beside as many unseen jokes`
        : `called copies, of ${all}${made === "unseen" ? "; real jokes are told again, so 0 is not the aim" : ""}`,
    });
  });
}
