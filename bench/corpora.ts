/**
 * A text that need not fit into memory: the memory that making a token file, training and evaluating take, and the speed of
 * a training from it beside one whose small file is in memory.
 *
 *     npm run build && npm run bench -- corpora
 *
 * The text has 4 GB, or PUNCHLINE_CORPUS_GB, and is made of the built-in jokes, repeated and altered. It takes three times
 * its size on the disk of TMPDIR, and half an hour. Memory is what Linux calls VmHWM.
 */
import { spawn } from "node:child_process";
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Random } from "../src/core/random.ts";
import { readTexts } from "../src/data/prepare-sources.ts";
import { type BenchRow, median, plain, row } from "./bench.ts";

const cli = join(resolve(import.meta.dirname, ".."), "dist", "cli.js");
const gigabytes = Number(process.env.PUNCHLINE_CORPUS_GB ?? 4);
const prepare = ["--near", "off", "--validation", "0.0005", "--test", "0.0005"];
const bpe = ["--vocabulary-size", "8192"];
const model =
  "--model gpt2 --layers 4 --width 128 --heads 4 --context 128 --seq-len 128 --batch-size 8".split(" ");
const short =
  "--steps 60 --log-every 5 --sample-every 0 --validate-every 1000 --validation-tokens 2000".split(" ");
/** Runs of each kind, in turn. */
const RUNS = 5;

export default async function corpora(): Promise<readonly BenchRow[]> {
  if (!existsSync(cli)) throw new Error('There is no build: run "npm run build" first.');
  const folder = mkdtempSync(join(tmpdir(), "punchline-bench-"));
  const at = (name: string) => join(folder, name);
  const title = `${gigabytes} GB of text`;
  try {
    await writeText(at("small.txt"), 2e7);
    await writeText(at("large.txt"), gigabytes * 1e9);
    const made = await run([
      "data",
      at("large.txt"),
      ...prepare,
      "--vocabulary",
      "bpe",
      ...bpe,
      "--out",
      at("large.tokens"),
    ]);
    rmSync(at("large.txt"));
    const rows = [
      plain(`${title} to a token file, 8,192 pieces of words learned: memory`, "MB", made.megabytes),
      plain(
        `${title} to a token file, 8,192 pieces of words learned: time`,
        "MB/s",
        (gigabytes * 1000) / made.seconds,
      ),
    ];
    const memory: number[] = [];
    const speeds: Record<"large" | "small", number[]> = { large: [], small: [] };
    for (let k = 0; k < RUNS; k++) {
      const large = await trained(["--data", at("large.tokens"), "--out", at(`large-${k}`)]);
      memory.push(large.megabytes);
      speeds.large.push(large.summary.tokens_per_s);
      const small = await trained(["--data", at("small.txt"), ...prepare, ...bpe, "--out", at(`small-${k}`)]);
      speeds.small.push(small.summary.tokens_per_s);
    }
    const lstm = await run([
      ...["train", "--model", "char-lstm", "--width", "64", "--steps", "20", "--data", at("large.tokens")],
      ...["--out", at("lstm"), "--validation-tokens", "2000"],
    ]);
    const evaluated = await run(["eval", at("large-0")]);
    return [
      ...rows,
      row({
        case: "GPT-2, 4 x 128, batch 8 x 128: from the token file, beside 20 MB in memory",
        unit: "token/s",
        better: "more",
        ours: median(speeds.large),
        peer: median(speeds.small),
        peerName: "in memory",
        note: `${RUNS} runs each, in turn`,
      }),
      plain("the same training: memory", "MB", median(memory)),
      plain("LSTM, 64 wide, which reads the texts in a drawn order: memory", "MB", lstm.megabytes),
      plain("eval on the test split of the token file: memory", "MB", evaluated.megabytes),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function trained(words: readonly string[]) {
  const { stdout, ...rest } = await run(["train", ...model, ...short, ...words, "--json"]);
  return { ...rest, summary: JSON.parse(stdout) as { readonly tokens_per_s: number } };
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
  const jokes = await readTexts(["one-liners"], { allJokes: true });
  const words = [...new Set(jokes.flatMap((joke) => joke.split(/\s+/)))];
  const random = new Random(1, "altered");
  const file = openSync(path, "w");
  let block = "";
  try {
    for (let k = 0, written = 0; written < bytes; k++) {
      const parts = jokes[k % jokes.length]!.split(/\s+/);
      if (k >= jokes.length)
        for (let i = 0; i < 3; i++) {
          const at = random.below(parts.length, 8 * k + 2 * i);
          parts[at] = words[random.below(words.length, 8 * k + 2 * i + 1)]!;
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
