/** `punchline data`: what a corpus holds, what is dropped and why, and how it is split. */
import { resolve } from "node:path";
import { type DataSummary, textFileWriter, UsageError } from "../../index.ts";
import { defineCommand, severalArguments } from "../command.ts";
import type { Context } from "../context.ts";
import { dataChoices, dataOptions, readData } from "../data-options.ts";
import { formatCount } from "../format.ts";
import { definitions, truncate, wrap } from "../layout.ts";
import { choice, text } from "../option.ts";
import { table } from "../table.ts";

export default defineCommand({
  description:
    "Several sources are taken as one, in their order. Each text goes to training, validation or test by a " +
    "hash of its words, so the same text always lands on the same side.",
  arguments: {
    source: severalArguments({
      describe:
        "one-liners (built in), a .csv, .tsv, .json, .jsonl, .parquet or .txt file (gzip too), or hf:owner/dataset",
    }),
  },
  options: {
    ...dataOptions,
    vocabulary: choice(["printable", "character", "word"], {
      describe: "Vocabulary to count; printable by default, character with --keep-unicode or --raw",
    }),
    out: text({
      describe: "Write what is kept: .jsonl or .csv with text and split, .txt with one text per line",
      placeholder: "FILE",
    }),
  },
  examples: [
    { command: "punchline data one-liners", explain: "The built-in jokes" },
    {
      command: "punchline data shortjokes.csv --column Joke --out jokes.jsonl",
      explain: "A file as it was downloaded, cleaned into another",
    },
    { command: "punchline data book.txt --raw --json", explain: "A book, as it stands" },
  ],
  async run(ctx, { source }, options) {
    const { out, vocabulary } = options;
    if (out !== undefined && options.raw) {
      throw new UsageError("--out has nothing to write beside --raw, which changes nothing.");
    }
    const same = source.find((name) => out !== undefined && resolve(name) === resolve(out));
    if (same) throw new UsageError(`--out would overwrite the source ${same}; choose another file.`);
    const write = out === undefined ? undefined : textFileWriter(out);
    const data = await readData(ctx, source, dataChoices(options, vocabulary), vocabulary);
    await write?.(data);
    show(ctx, data.summary, out);
    ctx.json(data.summary);
  },
});

function show(ctx: Context, summary: DataSummary, out: string | undefined): void {
  const { style, columns } = ctx;
  const width = Math.min(columns, 100);
  const title = (name: string) => ctx.print(`\n${style.bold(name)}`);
  const facts = (items: readonly (readonly [string, string])[]) =>
    ctx.print(definitions(items, width).join("\n"));

  ctx.print(style.bold("Sources"));
  const sources = summary.sources.map(({ source, format, column, prompt_column: prompt, rows }) => [
    source,
    format,
    prompt === undefined ? (column ?? "") : [prompt, column ?? "text"].join(" → "),
    formatCount(rows),
  ]);
  const number = (header: string) => ({ header, align: "right" as const });
  ctx.print(
    table([{ header: "source" }, { header: "format" }, { header: "column" }, number("rows")], sources, {
      width,
    }),
  );

  title("Rows");
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
  ctx.print(table([{ header: "what" }, number("rows"), number("share")], rows, { width }));

  title("What is kept");
  const { lengths, splits, unit } = summary;
  const characters = `from ${formatCount(lengths.min)} to ${formatCount(lengths.max)}, median ${formatCount(
    lengths.median,
  )}, mean ${formatCount(lengths.mean)}, 95 % at most ${formatCount(lengths.p95)}`;
  const changed = Object.entries(summary.cleaning).map(([step, n]) => `${step} ${formatCount(n)}`);
  facts([
    [
      "split",
      `${Object.entries(splits)
        .map(([name, n]) => `${name} ${formatCount(n)}`)
        .join(", ")} ${unit}`,
    ],
    ["characters", characters],
    ["vocabulary", `${summary.vocabulary_kind}, ${formatCount(summary.vocabulary)} ids`],
    ["cleaning", changed.length > 0 ? `texts changed by each step: ${changed.join(", ")}` : "none"],
    ["duplicates", duplicatesText(summary)],
  ]);

  title("Examples");
  for (const example of summary.examples) {
    const [first = "", ...rest] = wrap(truncate(example.replaceAll("\n", " "), 300), width - 4);
    ctx.print([`  ${style.dim("·")} ${first}`, ...rest.map((line) => `    ${line}`)].join("\n"));
  }
  if (out !== undefined) ctx.print(`\nWritten to ${out}.`);
}

function duplicatesText({ duplicates }: DataSummary): string {
  if (duplicates === null) return "kept";
  const thresholds = Object.entries(duplicates.thresholds ?? {}).map(([name, value]) => `${name} ${value}`);
  return `dropped where found by: ${duplicates.method}${thresholds.length > 0 ? ` (thresholds: ${thresholds.join(", ")})` : ""}`;
}
