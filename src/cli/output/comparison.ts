/** Prints a comparison. */
import type { ComparedModel, Comparison, SweepPoint } from "../../compare/results.ts";
import { visible, visibleToken } from "../../core/printable.ts";
import type { Context } from "../context.ts";
import { formatCount } from "./format.ts";
import { printProse, printTable, printTitle } from "./print.ts";
import { right } from "./table.ts";

export function printComparison(ctx: Context, comparison: Comparison): void {
  const { models, answers, protocol, by_length, by_batch, gemm_gflops } = comparison;
  printPredictions(ctx, models);
  printFunction(ctx, models);
  printAttention(ctx, models);
  printWriting(ctx, models);
  printFacts(ctx, models);
  printSpeed(ctx, models);
  printSweep(ctx, "Tokens read per second, by the text's length", "tokens", by_length);
  printSweep(ctx, "Tokens read per second, by the number of texts at once", "texts", by_batch);
  if (gemm_gflops !== null && by_length.length > 0) printArithmetic(ctx, by_length, gemm_gflops);
  ctx.print();
  for (const { sense, sentence } of answers) printProse(ctx, `${sense}. ${sentence}`);
  for (const note of [...comparison.notes, ...models.flatMap(({ notes }) => notes)]) printProse(ctx, note);
  ctx.print();
  printProse(ctx, `Measured: ${protocol}.`);
}

function printPredictions(ctx: Context, models: readonly ComparedModel[]): void {
  ctx.print(ctx.style.bold("What they predict"));
  for (const { model, text } of models) printProse(ctx, `${model} reads: ${text}`);
  const predicting = models.filter(({ predictions }) => predictions.length > 0);
  if (predicting.length === 0) return;
  ctx.print();
  const length = Math.max(...predicting.map(({ predictions }) => predictions.length));
  printTable(
    ctx,
    predicting.flatMap(({ model }) => [{ header: model }, right("%")]),
    Array.from({ length }, (_, k) =>
      predicting.flatMap(({ predictions }) => {
        const found = predictions[k];
        return found ? [visibleToken(found.token), share(found.probability)] : ["", ""];
      }),
    ),
  );
}

/** Percent with three significant digits: an untrained model's are small. */
const share = (probability: number): string => String(Number((100 * probability).toPrecision(3)));

function printFunction(ctx: Context, models: readonly ComparedModel[]): void {
  printTitle(ctx, "When the words to the right of the blank change");
  for (const { model, right_context_effect: effect } of models) {
    printProse(
      ctx,
      effect === undefined
        ? `${model} cannot be asked: it is never given them.`
        : effect === 0
          ? `${model} predicts exactly the same: it does not see them.`
          : `${model} predicts something else: total variation distance ${effect < 0.0005 ? "below 0.001" : effect.toFixed(3)} of at most 1.`,
    );
  }
}

const SHADES = [" ", "░", "▒", "▓", "█"] as const;

function printAttention(ctx: Context, models: readonly ComparedModel[]): void {
  for (const { model, attention } of models) {
    if (!attention || 2 * attention.tokens.length > ctx.columns - LABEL) continue;
    const { layer, head, tokens, weights } = attention;
    printTitle(ctx, `Who looks at whom: ${model}, layer ${layer}, head ${head}`);
    weights.forEach((row, i) => {
      const label = visible(tokens[i]!)
        .slice(-LABEL + 1)
        .padStart(LABEL - 1);
      // The square root makes small weights visible.
      const cells = row.map((w) => SHADES[Math.min(4, Math.ceil(4 * Math.sqrt(w) - 0.2))]!.repeat(2));
      ctx.print(`${label} ${cells.join("")}`.trimEnd());
    });
  }
}

/** Columns of a row's token. */
const LABEL = 12;

function printWriting(ctx: Context, models: readonly ComparedModel[]): void {
  const writers = models.filter(({ writing }) => writing !== undefined);
  if (writers.length === 0) return;
  printTitle(ctx, "Asked to go on with the text");
  for (const { model, writing } of writers) printProse(ctx, `${model} ${writing!.task}: ${writing!.text}`);
}

function printFacts(ctx: Context, models: readonly ComparedModel[]): void {
  printTitle(ctx, "What they are");
  const count = (n: number | null | undefined) => (n == null ? "-" : formatCount(n));
  const rows: readonly (readonly [string, (m: ComparedModel) => string])[] = [
    ["kind", (m) => m.kind],
    ["run by", (m) => m.engine],
    ["precision", (m) => m.precision ?? "-"],
    ["layers", ({ facts }) => String(facts?.layers ?? "-")],
    ["heads", ({ facts }) => String(facts?.heads ?? "-")],
    ["parameters", (m) => count(m.parameters)],
    ["  without embeddings", ({ facts }) => count(facts?.parameters_without_embeddings)],
    ["vocabulary", ({ facts }) => count(facts?.vocabulary)],
    ["context", ({ facts }) => (facts && facts.context === undefined ? "unbounded" : count(facts?.context))],
    [
      "million operations per token",
      ({ facts }) => (facts ? (facts.flops_per_token / 1e6).toPrecision(3) : "-"),
    ],
    ["load and first answer, ms", (m) => m.load_ms?.toFixed(0) ?? "-"],
    ["memory for that, MB", (m) => m.memory_mb?.toFixed(0) ?? "-"],
  ];
  for (let i = 0; i < models.length; i += MODELS_PER_TABLE) {
    const some = models.slice(i, i + MODELS_PER_TABLE);
    if (i > 0) ctx.print();
    printTable(
      ctx,
      ["", ...some.map(({ model }) => right(model))],
      rows.map(([name, value]) => [name, ...some.map(value)]),
    );
  }
}

/** Models in one table of facts. */
const MODELS_PER_TABLE = 3;

function printSpeed(ctx: Context, models: readonly ComparedModel[]): void {
  const cases = [...new Set(models.flatMap(({ speed }) => speed.map((s) => s.case)))];
  if (cases.length === 0) return;
  printTitle(ctx, "Which is faster?");
  printTable(
    ctx,
    ["case", "model", right("p50 ms"), right("p95 ms"), right("p99 ms"), right("tokens/s")],
    cases.flatMap((name) =>
      models.flatMap(({ model, speed }) =>
        speed
          .filter((s) => s.case === name)
          .map((s) => [
            name,
            model,
            ...[s.p50_ms, s.p95_ms, s.p99_ms].map((ms) => String(Number(ms.toPrecision(3)))),
            formatCount(Math.round(s.tokens_per_s)),
          ]),
      ),
    ),
  );
}

function printSweep(ctx: Context, heading: string, unit: string, points: readonly SweepPoint[]): void {
  if (points.length === 0) return;
  printTitle(ctx, heading);
  printPoints(ctx, unit, points, ({ tokens_per_s }) => formatCount(Math.round(tokens_per_s)));
}

function printArithmetic(ctx: Context, points: readonly SweepPoint[], gemm: number): void {
  printTitle(ctx, `Of the ${gemm.toFixed(0)} GFLOPS that a plain product of matrices reaches here, %`);
  printPoints(ctx, "tokens", points, ({ of_gemm }) => (of_gemm === null ? "-" : (100 * of_gemm).toFixed(0)));
  if (points.some(({ of_gemm }) => of_gemm === null))
    printProse(
      ctx,
      "A dash: in fewer bits than the product's 32, or while other work slowed the product down until it reached less than the model.",
    );
}

function printPoints(
  ctx: Context,
  unit: string,
  points: readonly SweepPoint[],
  shown: (point: SweepPoint) => string,
): void {
  const models = [...new Set(points.map(({ model }) => model))];
  const sizes = [...new Set(points.map(({ size }) => size))].sort((a, b) => a - b);
  printTable(
    ctx,
    [right(unit), ...models.map(right)],
    sizes.map((size) => [
      String(size),
      ...models.map((model) => {
        const found = points.find((p) => p.model === model && p.size === size);
        return found ? shown(found) : "-";
      }),
    ]),
  );
}
