/**
 * A text that need not fit into memory: the memory that making a token file, training and evaluating take, the speed of
 * reading tokens with checksums and without, and that of a training from it beside one whose small file is in memory.
 *
 *     npm run build && npm run bench -- corpora
 *
 * The text has 4 GB, or PUNCHLINE_CORPUS_GB, and is made of the built-in jokes, repeated and altered. It takes three times
 * its size on the disk of TMPDIR, and an hour. Memory is what Linux calls VmHWM. PUNCHLINE_CORPUS=FOLDER keeps the token file
 * there; where it is there already, only speeds are measured, in less than a minute.
 */
import { spawn } from "node:child_process";
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Random } from "../src/core/random.ts";
import { openTokenFile } from "../src/data/corpus/open.ts";
import { inPieces, type StoredIds } from "../src/data/ids.ts";
import type { PreparedData } from "../src/data/prepare.ts";
import { prepareData, readTexts } from "../src/data/prepare-sources.ts";
import { nodeBackend } from "../src/runtime/node.ts";
import { resolveTrainOptions } from "../src/train/options.ts";
import { trainingBatches } from "../src/train/streams.ts";
import { type BenchRow, median, plain, row, time } from "./bench.ts";
import { amount, quick } from "./quick.ts";
import { setUp } from "./training/side.ts";

const cli = join(resolve(import.meta.dirname, ".."), "dist", "cli.js");
const gigabytes = amount("PUNCHLINE_CORPUS_GB", 4, 0.02);
const prepare = ["--near", "off", "--validation", "0.0005", "--test", "0.0005"];
const bpe = ["--vocabulary-size", "8192"];
const model =
  "--model gpt2 --layers 4 --width 128 --heads 4 --context 128 --seq-len 128 --batch-size 8".split(" ");
const short =
  "--steps 60 --log-every 5 --sample-every 0 --validate-every 1000 --validation-tokens 2000".split(" ");
/** Steps from each file, in turn. */
const STEPS = quick ? 6 : 60;
/** Steps before the first that counts. */
const WARMUP = 5;

export default async function corpora(): Promise<readonly BenchRow[]> {
  if (!existsSync(cli)) throw new Error('There is no build: run "npm run build" first.');
  const kept = process.env.PUNCHLINE_CORPUS;
  const folder = kept ?? mkdtempSync(join(tmpdir(), "punchline-bench-"));
  mkdirSync(folder, { recursive: true });
  const at = (name: string) => join(folder, name);
  try {
    const memory = existsSync(at("large.tokens")) ? [] : await memoryRows(at);
    return [...memory, ...(await readingRows(at)), ...(await speedRows(at))];
  } finally {
    if (kept === undefined) rmSync(folder, { recursive: true, force: true });
  }
}

/** Makes the token file, trains from it and evaluates on it. */
async function memoryRows(at: (name: string) => string): Promise<BenchRow[]> {
  const title = `${gigabytes} GB of text to a token file, 8,192 pieces of words learned`;
  await writeText(at("large.txt"), gigabytes * 1e9);
  const words = [...prepare, "--vocabulary", "bpe", ...bpe, "--out", at("large.tokens")];
  const made = await run(["data", at("large.txt"), ...words]);
  rmSync(at("large.txt"));
  const data = ["--data", at("large.tokens"), "--out"];
  const large = await run(["train", ...model, ...short, ...data, at("large")]);
  const lstm = await run([
    ...["train", "--model", "char-lstm", "--width", "64", "--steps", "20", "--validation-tokens", "2000"],
    ...data,
    at("lstm"),
  ]);
  const evaluated = await run(["eval", at("large")]);
  return [
    plain(`${title}: memory`, "MB", made.megabytes),
    plain(`${title}: time`, "MB/s", (gigabytes * 1000) / made.seconds),
    plain("GPT-2, 4 x 128, batch 8 x 128, from the token file: memory", "MB", large.megabytes),
    plain("LSTM, 64 wide, which reads the texts in a drawn order: memory", "MB", lstm.megabytes),
    plain("eval on the test split of the token file: memory", "MB", evaluated.megabytes),
  ];
}

/** Reading tokens for the first time, when they are held to their checksums, and again. */
async function readingRows(at: (name: string) => string): Promise<BenchRow[]> {
  /** Of the training split; each opened file checks its blocks anew. */
  const opened = async () =>
    (await openTokenFile(at("large.tokens"), { checkUpTo: 0 })).encoded!.splits.train.tokens;
  const [whole, windows] = [await opened(), await opened()];
  // The pages of the file are in memory from then on.
  await rateInOrder(await opened());
  const [first, again] = [await rateInOrder(whole), await rateInOrder(whole)];
  return [
    plain("tokens read in order: the first time", "million/s", first, "with checksums"),
    plain("tokens read in order: again", "million/s", again),
    plain("129 tokens read anywhere: the first time", "µs", await timeAnywhere(windows), "with checksums"),
    plain("129 tokens read anywhere: again", "µs", await timeAnywhere(windows)),
  ];
}

/** Tokens that are read in order. */
const READ = 2e8;
const WINDOW = 129;
const WINDOWS = 2000;

async function rateInOrder(ids: StoredIds): Promise<number> {
  let read = 0;
  const milliseconds = await time(() => {
    for (const piece of inPieces(ids)) {
      read += piece.length;
      if (read >= READ) break;
    }
  });
  return read / 1000 / milliseconds;
}

async function timeAnywhere(ids: StoredIds): Promise<number> {
  const window = new Int32Array(WINDOW);
  const draws = new Float32Array(WINDOWS);
  new Random(1, "windows").fillUniform(draws, 0);
  const milliseconds = await time(() => {
    for (const draw of draws) {
      const from = Math.floor(draw * (ids.length - WINDOW));
      ids.copy(from, from + WINDOW, window, 0);
    }
  });
  return (1000 * milliseconds) / WINDOWS;
}

/** Steps of one training from the token file and of one from 20 MB in memory, in turn. */
async function speedRows(at: (name: string) => string): Promise<BenchRow[]> {
  if (!existsSync(at("small.txt"))) await writeText(at("small.txt"), Math.min(2e7, gigabytes * 1e9));
  const large = await openTokenFile(at("large.tokens"));
  const fractions = { validation: 0.0005, test: 0.0005 };
  const small = await prepareData(at("small.txt"), {
    nearDuplicates: false,
    fractions,
    vocabulary: large.tokenizer,
  });
  const contestants = await Promise.all([large, small].map(trainer));
  const milliseconds: number[][] = [[], []];
  for (let k = -WARMUP; k < STEPS; k++)
    // Each is first as often as the other.
    for (const i of k % 2 === 0 ? [0, 1] : [1, 0]) {
      const taken = await time(contestants[i]!.train);
      if (k >= 0) milliseconds[i]!.push(taken);
    }
  const [ours, peer] = milliseconds.map((all) => (1000 * contestants[0]!.size) / median(all));
  return [
    row({
      case: "GPT-2, 4 x 128, batch 8 x 128, one thread: from the token file, beside 20 MB in memory",
      unit: "token/s",
      better: "more",
      ours: ours!,
      peer: peer!,
      peerName: "in memory",
      note: `medians of ${STEPS} steps each, in turn`,
    }),
  ];
}

function trainer(data: PreparedData) {
  const [batch, length] = [8, 128];
  const options = { layers: 4, width: 128, heads: 4, context: length, dropout: 0 };
  const training = { model: "gpt2", options, vocabulary: data.tokenizer.size, batch, length };
  return setUp(nodeBackend({ threads: 1 }), training, (model) =>
    trainingBatches(model, data, resolveTrainOptions({ batchSize: batch, seqLen: length, steps: STEPS }, {})),
  );
}

/** Runs the command line, and asks Linux for the most memory that it has had. */
async function run(words: readonly string[]) {
  const begun = performance.now();
  const child = spawn(process.execPath, [cli, ...words], { stdio: ["ignore", "pipe", "pipe"] });
  const [out, err]: [string[], string[]] = [[], []];
  child.stdout.setEncoding("utf8").on("data", (text: string) => void out.push(text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => void err.push(text));
  let megabytes = 0;
  const look = () => {
    const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
    megabytes = Math.max(megabytes, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
  };
  const timer = setInterval(() => {
    try {
      look();
    } catch {
      // It has just ended.
    }
  }, 100);
  const status = await new Promise((done) => child.on("close", done));
  clearInterval(timer);
  if (status !== 0) throw new Error(`punchline ${words.join(" ")}: ${err.join("")}`);
  return { stdout: out.join(""), megabytes, seconds: (performance.now() - begun) / 1000 };
}

/** Lines of jokes, again and again, each time with three of their words replaced by others. */
export async function writeText(path: string, bytes: number): Promise<void> {
  const jokes = (await readTexts(["one-liners"], { allJokes: true })).map((joke) => joke.split(/\s+/));
  const words = [...new Set(jokes.flat())];
  const random = new Random(1, "altered");
  /** A place and a word, three times. */
  const draws = new Float32Array(6);
  const file = openSync(path, "w");
  let block = "";
  try {
    for (let k = 0, written = 0; written < bytes; k++) {
      const parts = [...jokes[k % jokes.length]!];
      if (k >= jokes.length) {
        random.fillUniform(draws, 8 * k);
        for (let i = 0; i < draws.length; i += 2)
          parts[Math.floor(draws[i]! * parts.length)] = words[Math.floor(draws[i + 1]! * words.length)]!;
      }
      block += `${parts.join(" ")}\n`;
      if (block.length < 1 << 20) continue;
      written += writeSync(file, block);
      block = "";
    }
    writeSync(file, block);
  } finally {
    closeSync(file);
  }
}
