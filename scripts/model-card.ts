/**
 * Writes models/SHA256SUMS, and fills in the figures of models/README.md, each between two marks, from the models as
 * they are:
 *
 *     PUNCHLINE_ASSETS=... npm run card -- [--runs FOLDER] [--only PART,PART]
 *
 * `--runs` names the folder of the run folders, of which the settings and a thin log are kept beside the weights first:
 * gpt2, bert, and bert-2, which went on from bert. Without `--only` all parts are measured, which takes about ten minutes on two cores.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { BenchRow } from "../bench/bench.ts";
import lesson from "../bench/lesson.ts";
import masked from "../bench/masked.ts";
import { flagOf } from "../src/cli/output/flags.ts";
import { prepareData, readTexts } from "../src/data/prepare-sources.ts";
import { evenly } from "../src/evaluate/evenly.ts";
import { evaluateTexts } from "../src/evaluate/likelihood.ts";
import { auditModel } from "../src/evaluate/novelty/audit-model.ts";
import { loadModel } from "../src/generate/load.ts";
import { sample } from "../src/generate/sample.ts";
import { builtInFolder, builtInModels, builtInRoot, SUMS_FILE } from "../src/hub/built-in.ts";
import { loadTokenizer } from "../src/hub/tokenizer-files.ts";
import { countParameters } from "../src/models/model.ts";
import { percentInterval } from "../src/report/format.ts";
import type { LogRow } from "../src/train/events.ts";
import { readLog } from "../src/train/results.ts";
import { trainingCurve } from "./training-curve.ts";

const assets = process.env.PUNCHLINE_ASSETS;
if (!assets) throw new Error("Set PUNCHLINE_ASSETS to a folder that has public-domain.");
const { values } = parseArgs({ options: { runs: { type: "string" }, only: { type: "string" } } });
const books = join(assets, "public-domain");
const card = join(builtInFolder("punchline-gpt2"), "../README.md");

/** The runs that made each model, the first from nothing, the others from the run before. */
const runsOf = { "punchline-gpt2": ["gpt2"], "punchline-bert": ["bert", "bert-2"] } as const;
type Name = keyof typeof runsOf;
/** Where settings and log of a run are kept. */
const keptOf = (name: Name, run: string) => join(builtInFolder(name), "training", run);
/** Lines of the log that are kept, besides those of validations. */
const KEPT = 200;

const parts: Readonly<Record<string, () => Promise<string>>> = {
  models,
  works,
  recipe,
  curve,
  likelihood,
  languages,
  audit,
  masked: async () => table(await masked()),
  lesson: async () => table(await lesson()),
};

/** Puts a part between its marks. */
async function fill(name: string, text: string): Promise<void> {
  const [begin, end] = [`<!-- ${name}: written by npm run card -->`, `<!-- end of ${name} -->`];
  const page = await readFile(card, "utf8");
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${card} has no marks for ${name}: ${begin} and ${end}.`);
  await writeFile(card, `${page.slice(0, from + begin.length)}\n\n${text.trim()}\n\n${page.slice(to)}`);
}

/** The checksums without which the models are refused: of all files that a model is read from. */
async function writeSums(): Promise<void> {
  const lines: string[] = [];
  for (const { name } of builtInModels)
    for (const file of (await readdir(builtInFolder(name))).sort()) {
      // Weights in fewer bits are kept beside the model by whoever uses them.
      if (!/\.(json|safetensors)$/.test(file) || file.startsWith("punchline-q")) continue;
      const bytes = await readFile(join(builtInFolder(name), file));
      lines.push(`${createHash("sha256").update(bytes).digest("hex")}  ${name}/${file}\n`);
    }
  await writeFile(join(builtInRoot(), SUMS_FILE), lines.join(""));
}

/** The settings of the runs and a thin log, without the names of folders of the machine. */
async function keepRuns(runs: string): Promise<void> {
  const baseName = (_: string, value: unknown) =>
    typeof value === "string" && value.startsWith("/") ? value.slice(value.lastIndexOf("/") + 1) : value;
  for (const { name } of builtInModels) {
    await rm(join(builtInFolder(name), "training"), { recursive: true, force: true });
    for (const run of runsOf[name]) {
      const [from, out] = [join(runs, run), keptOf(name, run)];
      await mkdir(out, { recursive: true });
      const record = JSON.parse(await readFile(join(from, "run.json"), "utf8"), baseName);
      await writeFile(join(out, "run.json"), `${JSON.stringify(record, null, 2)}\n`);
      const log = await readLog(from);
      const kept = new Set([...evenly(log, KEPT), log.at(-1)]);
      const lines = log.filter((row) => kept.has(row) || row.val_loss !== undefined).map(rounded);
      await writeFile(join(out, "log.jsonl"), lines.map((row) => `${JSON.stringify(row)}\n`).join(""));
    }
  }
}

/** The log of all runs of a model as one, each after what the runs before it took. */
async function fullLog(name: Name): Promise<LogRow[]> {
  const rows: LogRow[] = [];
  for (const run of runsOf[name]) {
    const before = rows.at(-1);
    for (const row of await readLog(keptOf(name, run)))
      rows.push(
        before
          ? {
              ...row,
              step: before.step + row.step,
              epoch: before.epoch + row.epoch,
              seconds: before.seconds + row.seconds,
              tokens: before.tokens + row.tokens,
            }
          : row,
      );
  }
  return rows;
}

/** Six digits are enough to draw and to read. */
const rounded = (row: LogRow): object =>
  Object.fromEntries(Object.entries(row).map(([key, value]) => [key, Number(Number(value).toPrecision(6))]));

/** What the two are, from their folders. */
async function models(): Promise<string> {
  const rows: string[][] = [];
  for (const { name, about } of builtInModels) {
    const folder = builtInFolder(name);
    const { model, tokenizer } = await loadModel(folder);
    const { n_layer, n_embd, n_head, num_hidden_layers, hidden_size, num_attention_heads } = model.config;
    const sizes = `${n_layer ?? num_hidden_layers} layers, ${n_embd ?? hidden_size} wide, ${n_head ?? num_attention_heads} heads`;
    const pieces = `${tokenizer.size.toLocaleString("en-US")} ${tokenizer.kind === "bpe" ? "byte-level pieces" : "WordPieces in lower case"}`;
    const { size } = await stat(join(folder, "model.safetensors"));
    rows.push([
      `\`${name}\``,
      about,
      `${sizes}, a context of ${model.contextLength} tokens; ${pieces}`,
      `${(countParameters(model) / 1e6).toFixed(2)}M`,
      `${(size / 1e6).toFixed(1)} MB`,
    ]);
  }
  return markdown(["name", "what it is", "sizes", "parameters", "weights"], rows);
}

/** The works of the training and those held out, from the list that comes with them. */
async function works(): Promise<string> {
  const [head, ...lines] = (await readFile(join(books, "sources.tsv"), "utf8")).trimEnd().split("\n");
  const names = head!.split("\t");
  const all = lines.map((line) => Object.fromEntries(line.split("\t").map((cell, i) => [names[i]!, cell])));
  const of = (file: string) =>
    all
      .filter((work) => work.file === file)
      .sort((a, b) => (a.title! < b.title! ? -1 : 1))
      .map(({ title, author, year, kind, licence }) => [title!, author!, year!, kind!, licenceOf(licence!)]);
  const columns = ["title", "author", "year", "kind", "licence"];
  return [
    "Read:",
    "",
    markdown(columns, of("train-worldwide")),
    "",
    "Held out, and never read:",
    "",
    markdown(columns, of("valid")),
  ].join("\n");
}

/** A licence in few words. */
const licenceOf = (licence: string): string =>
  /US government/.test(licence)
    ? "US government work"
    : /CC0/.test(licence)
      ? "public domain; edition CC0"
      : "public domain";

/** The commands that train the two models again, from their records. */
async function recipe(): Promise<string> {
  const lines: string[] = [
    "zcat train-worldwide.txt.gz | grep -v '^<|endoftext|>$' | gzip > paragraphs.txt.gz",
    "zcat valid.txt.gz | grep -v '^<|endoftext|>$' | gzip > valid-paragraphs.txt.gz",
    // Paragraphs of one document joined to passages of about 1,000 characters, and then the paragraphs by themselves.
    '(zcat train-worldwide.txt.gz | awk \'/^<\\|endoftext\\|>$/ { if (b) print b; b = ""; next }',
    '  NF { b = b ? b " " $0 : $0; if (length(b) >= 1000) { print b; b = "" } } END { if (b) print b }\'',
    "  zcat paragraphs.txt.gz | grep '[^[:space:]]') | gzip > mixed.txt.gz",
  ];
  for (const { name } of builtInModels) {
    for (const [i, run] of runsOf[name].entries()) {
      const record = JSON.parse(await readFile(join(keptOf(name, run), "run.json"), "utf8"));
      const { keepUnicode: _, ...data } = record.data;
      const words = Object.entries({ ...data, ...record.modelOptions, ...chosen(record.train) }).map(
        ([key, value]) => (value === true ? flagOf(key) : `${flagOf(key)} ${String(value)}`),
      );
      const command = i === 0 ? `train --model ${record.model}` : `finetune runs/${runsOf[name][i - 1]}`;
      const sources = `--data ${record.sources.join(" --data ")}`;
      lines.push(
        wrapped([
          `punchline ${command} ${sources}`,
          ...words,
          `--threads ${record.threads ?? 2}`,
          `--out runs/${run}`,
        ]),
      );
    }
    lines.push(`punchline export runs/${runsOf[name].at(-1)} --format hf --type f16 --out models/${name}`);
  }
  const log = async (name: Name) => {
    const last = (await fullLog(name)).at(-1)!;
    return `${name}: ${last.step.toLocaleString("en-US")} steps, ${(last.tokens / 1e6).toFixed(1)}M tokens predicted, ${last.epoch.toFixed(2)} times through the text, ${(last.seconds / 3600).toFixed(1)} hours`;
  };
  const code = ["<!-- not in CI: hours, and the texts are elsewhere -->", "```sh", ...lines, "```"].join(
    "\n",
  );
  return `${code}\n\n${await log("punchline-gpt2")}. ${await log("punchline-bert")}.`;
}

/** The options of a training that were chosen, which is those that differ from what is always so. */
function chosen(train: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const names = [
    "seqLen",
    "packing",
    "wholeWords",
    "maskShare",
    "batchSize",
    "optimizer",
    "learningRate",
    "beta2",
    "weightDecay",
    "schedule",
    "cooldown",
    "warmup",
    "maxMinutes",
    "keep",
    "seed",
  ];
  return Object.fromEntries(
    names.flatMap((name) =>
      train[name] === undefined || train[name] === false ? [] : [[name, train[name]]],
    ),
  );
}

/** Words of a command on lines of at most 100 characters. */
function wrapped(words: readonly string[]): string {
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < 98) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(lines.length === 0 ? word : `  ${word}`);
  }
  return lines.join(" \\\n");
}

/** The picture of both curves, beside the card. */
async function curve(): Promise<string> {
  const logs = await Promise.all(builtInModels.map(async ({ name }) => ({ name, log: await fullLog(name) })));
  await writeFile(join(card, "../curve.svg"), trainingCurve(logs));
  const last = logs.map(({ name, log }) => {
    const validated = log.filter((row) => row.val_loss !== undefined);
    return `${name} ends at ${validated.at(-1)?.val_loss?.toFixed(3)}`;
  });
  return `![Validation loss in nats per token against tokens: ${last.join(", ")}](curve.svg)`;
}

async function likelihood(): Promise<string> {
  const lm = await loadModel(builtInFolder("punchline-gpt2"));
  const found = await evaluateTexts(lm, await readTexts([join(books, "valid.txt.gz")]), { alone: true });
  return markdown(
    ["`punchline-gpt2` on the held-out works", ""],
    [
      ["bits per byte", found.bits_per_byte.toFixed(3)],
      ["nats per token", found.loss.toFixed(3)],
      ["perplexity", found.perplexity.toFixed(1)],
      ["tokens", found.tokens.toLocaleString("en-US")],
    ],
  );
}

/** One sentence in languages that it has read and has not. */
const sentences: Readonly<Record<string, string>> = {
  English: "The old man sat down at the table and asked for a cup of tea, for the night had been cold.",
  "English of today": "She texted her flatmate that the download had failed and the laptop needed an update.",
  German:
    "Der alte Mann setzte sich an den Tisch und bat um eine Tasse Tee, denn die Nacht war kalt gewesen.",
  French: "Le vieil homme s'assit à la table et demanda une tasse de thé, car la nuit avait été froide.",
  Russian: "Старик сел за стол и попросил чашку чая, потому что ночь была холодной.",
  Japanese: "老人は机に向かって座り、お茶を一杯頼んだ。夜は寒かったからだ。",
};

async function languages(): Promise<string> {
  const gpt2 = await loadModel(builtInFolder("punchline-gpt2"));
  const bert = await loadTokenizer(builtInFolder("punchline-bert"));
  const unknown = bert.id("[UNK]");
  const rows: string[][] = [];
  for (const [language, text] of Object.entries(sentences)) {
    const { bits_per_byte, tokens } = await evaluateTexts(gpt2, [text], { alone: true });
    const ids = bert.encode(text);
    const lost = ids.filter((id) => id === unknown).length / ids.length;
    rows.push([language, bits_per_byte.toFixed(2), String(tokens), `${(100 * lost).toFixed(0)} %`]);
  }
  return markdown(["one sentence in", "bits per byte", "tokens of GPT-2", "unknown to BERT"], rows);
}

/** What GPT-2 repeats of the books, beside what it "repeats" of works that it has not read. */
async function audit(): Promise<string> {
  const lm = await loadModel(builtInFolder("punchline-gpt2"));
  const data = await prepareData(join(books, "train-worldwide.txt.gz"), {
    vocabulary: lm.tokenizer,
    validationSource: join(books, "valid.txt.gz"),
    fractions: { test: 0 },
  });
  const samples = await sample(lm, { n: 200, maxLength: 128, temperature: 0.8, seed: 1 });
  const found = await auditModel(
    samples.map(({ text }) => text).filter((text) => /\p{L}/u.test(text)),
    { data, lm, asked: 200, prefix: 32 },
  );
  const { extraction, membership = [], baseline } = found;
  const percent = (rate: number | null) => (rate === null ? "-" : `${(100 * rate).toFixed(1)} %`);
  const signal = (name: string) => membership.find((one) => one.signal === name);
  const auc = (name: string) => {
    const one = signal(name);
    return one ? `${one.auc.toFixed(3)} ± ${(1.96 * one.standardError).toFixed(3)}` : "-";
  };
  return markdown(
    ["", "of the books that it read", "of works that it did not read"],
    [
      [
        `copies among ${found.samples.length} texts that it wrote`,
        found.rate === null ? "-" : percentInterval(found.rate, found.interval),
        `${percent(baseline.rate)} of their own paragraphs`,
      ],
      ...(extraction
        ? [
            [
              `pieces completed word for word from their first ${extraction.prefix} tokens`,
              `${extraction.training.copies} of ${extraction.training.n}`,
              `${extraction.heldout.copies} of ${extraction.heldout.n}`,
            ],
            ...(extraction.training.sampled ?? []).map(({ tries, rate }, i) => [
              `the same, drawn in ${tries.toLocaleString("en-US")} ${tries === 1 ? "try" : "tries"}, expected`,
              percent(rate),
              percent(extraction.heldout.sampled?.[i]?.rate ?? null),
            ]),
          ]
        : []),
      ["told apart by likelihood: AUC, 0.5 is chance", auc("perplexity"), ""],
      ["the same, against the compressed size", auc("zlib"), ""],
    ],
  );
}

/** Rows of a benchmark. */
function table(rows: readonly BenchRow[]): string {
  const number = (value: number) => value.toLocaleString("en-US", { maximumSignificantDigits: 3 });
  return markdown(
    ["", "unit", "ours", "beside it", "which is", "note"],
    rows.map((row) => [
      row.case,
      row.unit,
      number(row.ours),
      row.peer === null ? "" : number(row.peer),
      row.peer_name === "none" ? "" : row.peer_name,
      row.note ?? "",
    ]),
  );
}

function markdown(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows].map((cells) => cells.map((cell) => cell.replaceAll("|", "\\|")));
  const widths = head.map((_, i) => Math.max(3, ...all.map((cells) => (cells[i] ?? "").length)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, i) => cell.padEnd(widths[i]!)).join(" | ")} |`;
  return [line(all[0]!), line(widths.map((width) => "-".repeat(width))), ...all.slice(1).map(line)].join(
    "\n",
  );
}

await writeSums();
if (values.runs !== undefined) await keepRuns(values.runs);
const wanted = values.only?.split(",") ?? Object.keys(parts);
for (const name of wanted) {
  const part = parts[name];
  if (!part)
    throw new Error(`There is no part "${name}" of the card; known are ${Object.keys(parts).join(", ")}.`);
  process.stderr.write(`${name} ...\n`);
  await fill(name, await part());
}
// Tables are aligned by the formatter, as everywhere.
execFileSync("npx", ["biome", "check", "--write", card], { stdio: ["ignore", "ignore", "inherit"] });
