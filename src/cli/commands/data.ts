/** `punchline data`: what a corpus contains, what is dropped and why, and how it is split. */
import { resolve } from "node:path";
import { UsageError } from "../../core/errors.ts";
import { visible } from "../../core/printable.ts";
import type { PreparedData } from "../../data/prepare.ts";
import { isTokenFile } from "../../data/sources/token-files.ts";
import type { DataSummary } from "../../data/summary.ts";
import { textFileWriter } from "../../data/write-texts.ts";
import { auditLeaks, type LeakAudit } from "../../evaluate/novelty/leaks.ts";
import { buildIndex } from "../../evaluate/novelty/training-index.ts";
import { tokenUnit } from "../../train/streams.ts";
import { firstWindows } from "../../train/windows.ts";
import { defineCommand, severalArguments } from "../command.ts";
import type { Context } from "../context.ts";
import { dataForBase } from "../input/training-data.ts";
import { dataChoices, dataOptions, readData, readIntoTokens } from "../options/data.ts";
import { choice, flag, text, usual } from "../options/option.ts";
import { shownWindows, vocabularyKinds, windowOptions } from "../options/windows.ts";
import { formatCount } from "../output/format.ts";
import { definitions, truncate, wrap } from "../output/layout.ts";
import { printTable, printTitle, readable } from "../output/print.ts";
import { right } from "../output/table.ts";
import { printWindows } from "../output/windows.ts";

export default defineCommand({
  description:
    "Several sources are read as one, in their order. A hash of its words decides whether a text is for training, " +
    "validation or test, so the same text is always on the same side.",
  arguments: {
    source: severalArguments(
      "one-liners or cities (built in), a .csv, .tsv, .json, .jsonl, .parquet or .txt file (also packed), or hf:owner/dataset",
    ),
  },
  options: {
    ...dataOptions,
    ...usual({
      vocabulary: choice("Vocabulary to prepare for, and to count", vocabularyKinds, {
        defaultIs: "printable; character with --keep-unicode, --end or --raw",
      }),
      audit: flag("Look for held-out copies of training texts"),
      out: text("Write what is kept: .jsonl, .csv, .txt, or .tokens to train from the disk", {
        placeholder: "FILE",
        defaultIs: "none",
      }),
    }),
    ...windowOptions,
  },
  examples: {
    "punchline data one-liners": "The built-in jokes",
    "punchline data shortjokes.csv --column Joke --out jokes.jsonl":
      "A downloaded file, cleaned into another",
    "punchline data one-liners --show-windows 3": "What a model reads, and what it learns at each place",
    "punchline data corpus.txt --near off --vocabulary bpe --out corpus.tokens":
      "A file to train from that need not fit into memory",
    "punchline data jokes.csv --audit": "Does a text for the test copy one for training?",
    "punchline data book.txt --raw --json": "A book, unchanged",
  },
  async run(ctx, { source }, options) {
    const { out, audit } = options;
    if (audit && options.raw)
      throw new UsageError("--audit compares single texts, and --raw has only one; leave one of them out.");
    const toTokens = out !== undefined && isTokenFile(out);
    if (out !== undefined && options.raw && !toTokens) {
      throw new UsageError(
        "--out has nothing to write with --raw, which changes nothing, but for a token file: --out book.tokens.",
      );
    }
    const file = source.find(isTokenFile);
    if (file !== undefined && (options.vocabulary ?? options.model) !== undefined)
      throw new UsageError(
        `${file} has its vocabulary already; leave ${options.vocabulary ? "--vocabulary" : "--model"} out.`,
      );
    const same = source.find((name) => out !== undefined && resolve(name) === resolve(out));
    if (same) throw new UsageError(`--out would overwrite the source ${same}; choose another file.`);
    const shown = await shownWindows(options, options.vocabulary, toTokens);
    const vocabulary = shown ? shown.vocabulary : options.vocabulary;
    const write = out === undefined || toTokens ? undefined : textFileWriter(out);
    const read = toTokens ? readIntoTokens(out) : readData;
    const data = shown?.base
      ? (await dataForBase(ctx, shown.base, source, options, read)).data
      : await read(ctx, source, dataChoices(options, vocabulary, source), { vocabulary });
    const windows = shown?.most ? await firstWindows(data, shown.request, shown.most) : undefined;
    await write?.(data);
    const leaks = audit ? await findLeaks(ctx, data) : undefined;
    show(ctx, data.summary, out);
    if (leaks) showLeaks(ctx, leaks);
    if (windows && shown) printWindows(ctx, windows, { model: shown.name, unit: tokenUnit(data.tokenizer) });
    ctx.json({ ...data.summary, leaks: leaks && documentOf(leaks), windows });
  },
});

/** The copies that the filter between the splits has missed: its rule is faster and less strict. */
async function findLeaks(ctx: Context, { splits }: PreparedData): Promise<LeakAudit> {
  const heldOut = [...splits.validation, ...splits.test];
  const task = ctx.progress.start("auditing the splits", { unit: "texts" });
  const leaks = await auditLeaks(heldOut, buildIndex(splits.train), {
    onProgress: (done) => task.update({ done, total: heldOut.length }),
    signal: ctx.interrupt,
  });
  task.end(`audited ${formatCount(heldOut.length)} held-out texts`);
  return leaks;
}

function documentOf({ leaks, ...rate }: LeakAudit) {
  const found = leaks.map(({ text, kind, trainingText, similarity }) => ({
    text,
    kind,
    training_text: trainingText,
    similarity,
  }));
  return { ...rate, found };
}

function showLeaks(ctx: Context, { copies, n, kinds, leaks }: LeakAudit): void {
  const width = readable(ctx);
  printTitle(ctx, "Leaks");
  const found = `${formatCount(copies)} of ${formatCount(n)} held-out texts are copies of training texts`;
  const { exact, near, span } = kinds;
  ctx.print(`  ${found}: ${exact} whole, ${near} near, ${span} sewn together.`);
  const quoted = (text: string) => truncate(text.replaceAll("\n", " "), width - 14);
  for (const { kind, text, trainingText } of leaks.slice(0, 5))
    ctx.print(`  ${kind.padEnd(6)} ${quoted(text)}\n  ${ctx.style.dim(`train  ${quoted(trainingText)}`)}`);
}

function show(ctx: Context, summary: DataSummary, out: string | undefined): void {
  const { style } = ctx;
  const width = readable(ctx);
  ctx.print(style.bold("Sources"));
  const file = summary.sources.some(({ encoding }) => encoding !== undefined);
  const sources = summary.sources.map((summary) => [
    summary.source,
    summary.format,
    summary.prompt_column === undefined
      ? (summary.column ?? "")
      : [summary.prompt_column, summary.column ?? "text"].join(" → "),
    formatCount(summary.rows),
    ...(file ? [formatText(summary)] : []),
  ]);
  const columns = ["source", "format", "column", right("rows"), ...(file ? ["read as"] : [])];
  printTable(ctx, columns, sources, width);

  printTitle(ctx, "Rows");
  const kept = summary.rows_out;
  const share = (n: number) => `${((100 * n) / Math.max(1, summary.rows_in)).toFixed(1)} %`;
  const dropped = Object.entries(summary.dropped).map(([reason, n]) => [
    `dropped: ${reason.replaceAll("_", " ")}`,
    formatCount(n),
    share(n),
  ]);
  const rows = [
    ["read", formatCount(summary.rows_in), ""],
    ...dropped,
    ["kept", formatCount(kept), share(kept)],
  ];
  printTable(ctx, ["what", right("rows"), right("share")], rows, width);

  printTitle(ctx, "What is kept");
  const { lengths, splits, unit } = summary;
  const { min, max, median, mean, p95 } = lengths;
  const range = `from ${formatCount(min)} to ${formatCount(max)}`;
  const middle = `median ${formatCount(median)}, mean ${formatCount(mean)}, 95 % at most ${formatCount(p95)}`;
  const changed = Object.entries(summary.cleaning).map(([step, n]) => `${step} ${formatCount(n)}`);
  const sizes = Object.entries(splits).map(([name, n]) => `${name} ${formatCount(n)}`);
  const facts = [
    ["split", `${sizes.join(", ")} ${unit}`],
    ["characters", `${range}, ${middle}`],
    ["vocabulary", `${summary.vocabulary_kind}, ${formatCount(summary.vocabulary)} ids`],
    ["cleaning", changed.length > 0 ? `texts changed by each step: ${changed.join(", ")}` : "none"],
    ["letters", lettersText(summary)],
    ...(summary.conversations ? [["conversations", conversationsText(summary.conversations)] as const] : []),
    ["duplicates", duplicatesText(summary, ctx.verbose)],
  ] as const;
  ctx.print(definitions(facts, width).join("\n"));

  showNear(ctx, summary, width);
  printTitle(ctx, "Examples");
  for (const example of summary.examples) {
    const [first = "", ...rest] = wrap(truncate(example.replaceAll("\n", " "), 300), width - 4);
    ctx.print([`  ${style.dim("·")} ${first}`, ...rest.map((line) => `    ${line}`)].join("\n"));
  }
  if (out !== undefined) ctx.print(`\nWritten to ${out}.`);
}

/** How a file was read, in a few words. */
function formatText({ encoding, delimiter, header }: DataSummary["sources"][number]): string {
  const cells =
    delimiter === "none" ? "one column" : delimiter === "\t" ? "tab" : delimiter && JSON.stringify(delimiter);
  const names = header === undefined ? undefined : header ? "names in row 1" : "no names";
  return [encoding?.toUpperCase(), cells, names].filter(Boolean).join(", ");
}

function conversationsText({
  turns,
  characters,
  learned_characters: learned,
}: NonNullable<DataSummary["conversations"]>): string {
  return `${formatCount(turns)} turns of the assistant are learned, ${((100 * learned) / characters).toFixed(1)} % of all characters`;
}

function lettersText({ cleaning_loss: { letters, changed, share } }: DataSummary): string {
  if (changed === 0) return `${formatCount(letters)}, all kept`;
  return `${formatCount(changed)} of ${formatCount(letters)} removed or altered (${(100 * share).toFixed(2)} %)`;
}

function showNear(ctx: Context, { near_examples: pairs }: DataSummary, width: number): void {
  if (pairs.length === 0) return;
  printTitle(ctx, "Near copies");
  const line = (name: string, text: string) =>
    `  ${name.padEnd(8)} ${truncate(visible(text.replaceAll("\n", " ")), width - 11)}`;
  for (const { dropped, kept } of pairs)
    ctx.print(`${line("dropped", dropped)}\n${ctx.style.dim(line("kept", kept))}`);
}

function duplicatesText({ duplicates }: DataSummary, verbose: boolean): string {
  if (duplicates === null) return "kept";
  if (!verbose) return duplicates.thresholds ? "dropped, near copies too" : "dropped, near copies kept";
  const thresholds = Object.entries(duplicates.thresholds ?? {}).map(([name, value]) => `${name} ${value}`);
  return `dropped where found by: ${duplicates.method}${thresholds.length > 0 ? ` (thresholds: ${thresholds.join(", ")})` : ""}`;
}
