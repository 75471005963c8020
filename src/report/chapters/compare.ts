/** Chapter: GPT or BERT? What each predicts, how each looks at a text, and which is faster in which sense. */
import { caseNames } from "../../compare/answers.ts";
import type { ComparedModel, Comparison } from "../../compare/results.ts";
import type { Timing } from "../../compare/speed.ts";
import { listed } from "../../core/sentence.ts";
import { attentionChart } from "../charts/attention.ts";
import { speedChart } from "../charts/speed.ts";
import { throughputChart } from "../charts/throughput.ts";
import { type Chapter, figure, fold, type Measured } from "../figure.ts";
import { bytes, compact, count, milliseconds, percent, rate, significant, wordOfToken } from "../format.ts";
import { type Content, type Html, html } from "../html.ts";
import { dataTable, numbers } from "../table.ts";

/** The part of a comparison that is drawn, and how it was measured. */
export interface CompareData
  extends Pick<Comparison, "models" | "answers" | "ratios" | "by_length" | "by_batch" | "gemm_gflops"> {
  /** How the timing was done: runs, warm-up, threads. */
  readonly protocol: string;
  /** What to know before reading the figures, in sentences. */
  readonly caveat?: string | undefined;
  /** The command that repeats the timing. */
  readonly command: string;
  /** The command that repeats the predictions, where it is another. */
  readonly predicted?: string | undefined;
  /** The same cases on models as large as the published ones, where those above are small; or why there are none. */
  readonly full_size?: FullSize | { readonly left_out: string } | undefined;
}

interface FullSize extends Pick<Comparison, "models" | "answers" | "protocol"> {
  /** Those with random numbers for weights. */
  readonly random: readonly string[];
  readonly command: string;
}

export const compare: Chapter<CompareData> = {
  id: "compare",
  title: "GPT or BERT?",
  finding: (d) =>
    [...abilities(d.models), ...faster(d)].join(" ") ||
    (d.answers[0]?.sentence ?? "No model could be asked."),
  render: (d) => {
    const { models, command, protocol } = d;
    const asked = models.filter((m) => m.predictions.length > 0);
    const pictures = models.filter((m) => m.attention !== undefined);
    const moved = models.filter((m) => m.right_context_effect !== undefined);
    const points = timingsOf(models);
    return [
      html`<p>Both are transformers, and differ in what they may look at. A GPT reads from left to right and says what comes next: good for writing and for going on with a text. A BERT reads the whole text, both ways, and says what belongs in a gap: good for filling in, sorting, searching and comparing, but it does not go on with a text.</p>`,
      d.caveat && html`<p class="caveat">${d.caveat}</p>`,
      asked.length > 0 &&
        figure({
          id: "compare-predictions",
          title: agreement(asked),
          subtitle: "The likeliest words for the same gap",
          width: "wide",
          content: html`${gapText(asked)}<div class="columns">${asked.map((m, i) => predictions(m, i, { withText: !shareText(asked), most: likeliest(asked) }))}</div>`,
          how: `The five likeliest tokens of one forward pass, with their probabilities; the bars of all models have one scale.${rightContext(moved)}`,
          command: d.predicted ?? command,
        }),
      pictures.length > 0 &&
        figure({
          id: "compare-attention",
          title: "What each looks at: a square, and a triangle",
          subtitle:
            "Each row is a token, each column one that it looks at; the stronger the colour, the more",
          width: "wide",
          content: html`<div class="columns pictures">${pictures.map(
            (m, i) =>
              html`<div class="column"><h4>${m.model} <span class="quiet">layer ${m.attention!.layer}, head ${m.attention!.head}</span></h4>${attentionChart({ id: `compare-attention-${i}`, model: m.model, ...m.attention! })}</div>`,
          )}</div>`,
          how: "Read from the running model on the text above; of a long text, on the tokens around the gap. The colour grows with the square root of the weight, so that small weights can be seen.",
          command,
        }),
      models.some((m) => m.writing !== undefined) &&
        fold({
          id: "compare-writing",
          title: "Each at the other’s work",
          content: html`<dl class="answers">${models.map(
            ({ model, writing }) =>
              writing &&
              html`<div><dt>${model} <span class="quiet">${writing.task}</span></dt><dd class="joke">${writing.text.trim()}</dd></div>`,
          )}</dl>`,
        }),
      points.length > 0 && speedFigures(d, points, { how: protocol, command }),
      d.full_size && atFullSize(d.full_size),
      facts([...models, ...(d.full_size && "models" in d.full_size ? d.full_size.models : [])]),
      models.flatMap(({ notes }) => notes).map((said) => html`<p class="note">${said}</p>`),
    ];
  },
};

const timingsOf = (models: readonly ComparedModel[]) =>
  models.flatMap(({ model, speed }) => speed.map((timed) => ({ ...timed, model })));

const answerList = (answers: Comparison["answers"]): Content =>
  answers.length > 0 &&
  html`<dl class="answers">${answers.map((a) => html`<div><dt>${a.sense}</dt><dd>${a.sentence}</dd></div>`)}</dl>`;

function atFullSize(full: NonNullable<CompareData["full_size"]>): Content {
  if ("left_out" in full)
    return html`<p class="note">The speed of models as large as the published ones was left out: ${full.left_out}.</p>`;
  const { models, answers, protocol, command, random } = full;
  const points = timingsOf(models);
  return figure({
    id: "compare-full-size",
    title: "And at full size?",
    subtitle: "Time per case: the dot is the median, the line reaches to the 95th percentile",
    content: [
      html`<p>Small models spend much of their time between the products of matrices, large ones in them. The published GPT-2 and BERT-base are some twenty times larger than the two above.</p>`,
      random.length > 0 &&
        html`<p class="caveat">Only time is measured here. The weights of ${listed(random)} are random numbers, since nothing was downloaded; they know nothing, and are exactly as fast as weights that have learned.</p>`,
      answerList(answers),
      points.length > 0 && speedChart({ id: "compare-full-size-chart", points }),
    ],
    how: protocol,
    command,
    folded: true,
  });
}

/** The share of the machine's arithmetic that reading uses, by the length of the text. */
function arithmetic({ by_length: points, gemm_gflops: gemm }: CompareData): Content {
  if (gemm === null || points.length === 0) return false;
  const models = [...new Set(points.map((p) => p.model))];
  const sizes = [...new Set(points.map((p) => p.size))].sort((a, b) => a - b);
  return fold({
    id: "compare-arithmetic",
    title: "How much of the machine’s arithmetic reading uses",
    content: html`${dataTable<number>({
      caption: `Of the ${significant(gemm, 2)} GFLOPS that one plain product of matrices reaches on this machine`,
      columns: [
        { header: "Tokens", cell: (size) => String(size) },
        ...models.map((model) =>
          numbers(model, (size: number) =>
            percent(points.find((p) => p.model === model && p.size === size)?.of_gemm),
          ),
        ),
      ],
      rows: sizes,
    })}
<p class="note">The product was timed between the same runs, and counts at its best.${
      points.some((p) => p.of_gemm === null) &&
      " A dash: the model computes in fewer bits, or other work slowed the product down until it reached less than the model."
    }</p>`,
  });
}

function speedFigures(d: CompareData, points: readonly Timing[], measured: Measured): Content {
  const order = (name: string) => points.findIndex((p) => p.case === name);
  return [
    figure({
      id: "compare-speed",
      title: "Which is faster? It depends on what is asked",
      subtitle: "Time per case: the dot is the median, the line reaches to the 95th percentile",
      content: [
        html`<p>That depends on the task. To read a text, each needs one pass over all of it. To write, a GPT keeps what it has computed of the text so far, its cache, and reads only the token that is new; a BERT looks both ways, so each new word changes all the rest, and it reads everything again.</p>`,
        answerList(d.answers),
        speedChart({ id: "compare-speed-chart", points }),
        dataTable<Timing>({
          caption: "The same in numbers",
          columns: [
            { header: "Case", cell: (p) => p.case },
            { header: "Model", cell: (p) => p.model },
            numbers("Median", (p) => milliseconds(p.p50_ms)),
            numbers("95th percentile", (p) => milliseconds(p.p95_ms)),
            numbers("99th", (p) => milliseconds(p.p99_ms)),
            numbers("Tokens", (p) => rate(p.tokens_per_s)),
          ],
          rows: points.toSorted((a, b) => order(a.case) - order(b.case)),
        }),
      ],
      ...measured,
      folded: true,
    }),
    [
      { id: "length", points: d.by_length, label: "tokens in the text", title: "Longer texts" },
      { id: "batch", points: d.by_batch, label: "texts at once", title: "Several texts at once" },
    ].map(
      ({ id, points, label, title }) =>
        points.length > 0 &&
        figure({
          id: `compare-${id}`,
          title,
          subtitle: `Tokens read per second, by the number of ${label}`,
          content: throughputChart({ id: `compare-${id}-chart`, points, sizeLabel: label }),
          folded: true,
          ...measured,
        }),
    ),
    arithmetic(d),
  ];
}

/** Whether all read one text, some of them only up to the gap. */
const shareText = (models: readonly ComparedModel[]): boolean =>
  models.every(({ text }) => longest(models).startsWith(text));

const longest = (models: readonly ComparedModel[]): string =>
  models.reduce((a, { text }) => (text.length > a.length ? text : a), "");

const gapText = (models: readonly ComparedModel[]): Html | false =>
  shareText(models) && longest(models) !== "" && html`<p class="given joke">${longest(models)}</p>`;

/** The largest probability of all: one scale for models whose bars lie side by side. */
const likeliest = (models: readonly ComparedModel[]): number =>
  Math.max(...models.flatMap(({ predictions }) => predictions.map((p) => p.probability)), 1e-9);

function predictions(
  m: ComparedModel,
  i: number,
  { withText, most }: { readonly withText: boolean; readonly most: number },
): Html {
  return html`<div class="column" role="group" aria-label="${m.model}"><h4>${m.model} <span class="quiet">${m.kind}</span></h4>
${withText && m.text !== "" && html`<p class="given joke">${m.text}</p>`}
<ol class="bars ${i === 0 ? "lead" : "ink"}">${m.predictions.slice(0, 5).map(
    (p) =>
      html`<li><span class="word">${wordOfToken(p.token)}</span><span class="track"><i style="width:${Math.round((p.probability / most) * 1000) / 10}%"></i></span><span class="value">${percent(p.probability)}</span></li>
`,
  )}</ol></div>
`;
}

/** Which is faster at reading and at writing, where the times show it. */
function faster({ ratios }: CompareData): string[] {
  const senses = [
    { case: caseNames.read, does: "reads" },
    { case: caseNames.write, does: "writes" },
  ].flatMap((sense) =>
    ratios.filter((ratio) => ratio.case === sense.case).map((ratio) => ({ ...sense, ratio })),
  );
  const told = senses.filter(({ ratio }) => ratio.conclusive);
  const open = senses.filter(({ ratio }) => !ratio.conclusive).map(({ does }) => does);
  return [
    ...told.map(({ does, ratio: { faster, ratio, interval } }) => {
      const [low, high] = interval.map((end) => significant(end, 2));
      return `${faster} ${does} ${significant(ratio, 2)} times as fast (95 % interval ${low} to ${high}).`;
    }),
    ...(open.length > 0 ? [`Which one ${open.join(" or ")} faster is not clear from these runs.`] : []),
  ];
}

/** What the words to the right of the gap matter to each, in sentences that follow others. */
function rightContext(moved: readonly ComparedModel[]): string {
  if (moved.length === 0) return "";
  const effects = moved.map(({ model, right_context_effect: effect }) =>
    effect === 0
      ? `the prediction of ${model} stays exactly the same`
      : `the prediction of ${model} moves by ${significant(effect!, 2)}`,
  );
  return ` Change the words to the right of the gap, and ${listed(effects)} (total variation distance: 0 is no change, 1 an entirely different answer).`;
}

/** What the models that were asked can do, and cannot, by their kinds. */
function abilities(models: readonly ComparedModel[]): string[] {
  const asked = models.filter(({ predictions }) => predictions.length > 0);
  const [masked, others] = [true, false].map((is) =>
    asked.filter(({ kind }) => (kind === "masked") === is).map(({ model }) => model),
  ) as [string[], string[]];
  const verb = (names: readonly string[], one: string, several: string) =>
    `${listed(names)} ${names.length === 1 ? one : several}`;
  return [
    ...(others.length > 0
      ? [`${verb(others, "goes", "go")} on with a text, and can use only what is to the left of a gap.`]
      : []),
    ...(masked.length > 0
      ? [`${verb(masked, "fills", "fill")} gaps, reading both sides of them, and cannot go on with a text.`]
      : []),
  ];
}

function agreement(models: readonly ComparedModel[]): string {
  const firsts = models.flatMap((m) =>
    m.predictions[0] === undefined ? [] : [wordOfToken(m.predictions[0].token).toLowerCase()],
  );
  const [first, ...others] = new Set(firsts);
  if (firsts.length < 2) return `It says “${first}”`;
  return others.length === 0
    ? `They agree on “${first}”`
    : `They do not agree: ${listed([first!, ...others].map((t) => `“${t}”`))}`;
}

/** One row per fact, one column per model. */
function facts(models: readonly ComparedModel[]): Content {
  const known = new Map(models.map((m) => [m, factsOf(m)]));
  const names = [...new Set([...known.values()].flatMap(Object.keys))];
  const table = dataTable<string>({
    caption: "Facts read from the models",
    columns: [
      { header: "Fact", cell: (name) => name },
      ...models.map((m) =>
        numbers(m.model, (name: string) => {
          const fact = known.get(m)?.[name] ?? "–";
          return /^[\d∞–]/.test(fact) ? fact : html`<span class="words">${fact}</span>`;
        }),
      ),
    ],
    rows: names,
  });
  return fold({
    id: "compare-facts",
    title: "What they are",
    content: table,
    width: models.length > FEW ? "wide" : "text",
  });
}

/** By name, in the order of the table; unknown facts are left out. */
function factsOf({ facts: f, ...model }: ComparedModel): Readonly<Record<string, string>> {
  const { parameters, load_ms, memory_mb } = model;
  const all = {
    parameters: parameters === null ? undefined : compact(parameters),
    ...(f && {
      architecture: f.architecture,
      objective: f.objective,
      layers: f.layers && count(f.layers),
      heads: f.heads && count(f.heads),
      width: f.width && count(f.width),
      vocabulary: count(f.vocabulary),
      context: f.context && count(f.context),
      "parameters without embeddings": compact(f.parameters_without_embeddings),
      "operations per token": compact(f.flops_per_token),
    }),
    "load and first answer": load_ms && milliseconds(load_ms),
    "memory for that": memory_mb && bytes(1e6 * memory_mb),
  };
  return Object.fromEntries(Object.entries(all).flatMap(([k, v]) => (typeof v === "string" ? [[k, v]] : [])));
}

/** The number of models that a table as wide as the text has room for. */
const FEW = 3;
