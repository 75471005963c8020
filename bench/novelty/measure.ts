/**
 * One index of one corpus in a process of its own, so that its memory can be read: prints {@link Measures}.
 *
 *     node measure.mjs TRAINING_TEXTS HELD_OUT_TEXTS INDEX_FILE     (one text a line)
 */
import { readFileSync, statSync } from "node:fs";
import { auditSamples } from "../../src/evaluate/novelty/audit.ts";
import { indexToBytes } from "../../src/evaluate/novelty/index-bytes.ts";
import { loadIndex } from "../../src/evaluate/novelty/index-file.ts";
import { NearestTexts } from "../../src/evaluate/novelty/nearest.ts";
import { sharedSpans } from "../../src/evaluate/novelty/spans.ts";
import { buildIndex } from "../../src/evaluate/novelty/training-index.ts";
import { writeFileAtomic } from "../../src/files/atomic.ts";
import { peakBytes } from "../../src/files/peak-bytes.ts";

export interface Measures {
  readonly characters: number;
  /** Seconds to build the index, and all that a query needs. */
  readonly index_s: number;
  /** Peak memory of the process by then, texts and Node included, in MB (2^20 bytes). */
  readonly peak_mb: number;
  /** Memory before, with the texts. */
  readonly before_mb: number;
  readonly query_ms: { readonly p50: number; readonly p95: number };
  readonly load_s: number;
  readonly file_mb: number;
  /** Seconds to audit 1,000 samples with everything that the command shows. */
  readonly audit_s: number;
  /** Seconds to audit one sample of 10 MB: unseen jokes one behind the other, and one word without end. */
  readonly large_s: number;
  readonly periodic_s: number;
}

const [trainFile, heldOutFile, indexFile] = process.argv.slice(2) as [string, string, string];
const lines = (file: string) => readFileSync(file, "latin1").split("\n");
const train = lines(trainFile);
const heldOut = lines(heldOutFile);
const megabytes = (bytes: number) => bytes / 2 ** 20;
const seconds = (since: number) => (performance.now() - since) / 1000;

const before = megabytes(process.memoryUsage().rss);
let begun = performance.now();
const index = buildIndex(train);
const nearest = new NearestTexts(index);
const indexed = seconds(begun);
const peak = megabytes(peakBytes());

const query = (text: string) => {
  const start = performance.now();
  const sample = index.read(text);
  sharedSpans(index, sample);
  nearest.find(sample, 5);
  return performance.now() - start;
};
heldOut.slice(0, 50).forEach(query);
const times = heldOut
  .slice(0, 1000)
  .map(query)
  .sort((a, b) => a - b);

await writeFileAtomic(indexFile, indexToBytes(index));
begun = performance.now();
await loadIndex(indexFile, train);
const loaded = seconds(begun);

const samples = Array.from({ length: 1000 }, (_, i) => heldOut[i % heldOut.length]!);
begun = performance.now();
await auditSamples(samples, index);
const audited = seconds(begun);

const alone = async (sample: string) => {
  const start = performance.now();
  await auditSamples([sample], index);
  return seconds(start);
};
const endless = (text: string) => text.repeat(Math.ceil(1e7 / text.length)).slice(0, 1e7);
const measures: Measures = {
  characters: index.length,
  index_s: indexed,
  before_mb: before,
  peak_mb: peak,
  query_ms: {
    p50: times[Math.floor(0.5 * times.length)]!,
    p95: times[Math.floor(0.95 * times.length)]!,
  },
  load_s: loaded,
  file_mb: megabytes(statSync(indexFile).size),
  audit_s: audited,
  large_s: await alone(endless(heldOut.join(" "))),
  periodic_s: await alone(endless("ha")),
};
console.log(JSON.stringify(measures));
