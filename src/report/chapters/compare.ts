/** Chapter: GPT or BERT? What each predicts, how each looks at a text, and which is faster in which sense. */
import type { ComparedModel, Comparison } from "../../compare/results.ts";
import type { Timing } from "../../compare/speed.ts";
import { listed } from "../../core/sentence.ts";
import { attentionChart } from "../charts/attention.ts";
import { speedChart } from "../charts/speed.ts";
import { throughputChart } from "../charts/throughput.ts";
import { type Chapter, figure, type Measured } from "../figure.ts";
import { bytes, compact, count, milliseconds, percent, rate, significant } from "../format.ts";
import { type Content, type Html, html, stacked } from "../html.ts";
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
  finding: ({ answers, models }) =>
    [
      ...choices(models),
      ...answers
        .filter(({ sense }) => sense === "Reading" || sense === "Writing")
        .map(({ sentence }) => sentence),
    ].join(" ") ||
    (answers[0]?.sentence ?? "No model could be asked."),
  render: (d) => {
    const { models, command, protocol } = d;
    const asked = models.filter((m) => m.predictions.length > 0);
    const pictures = models.filter((m) => m.attention !== undefined);
    const moved = models.filter((m) => m.right_context_effect !== undefined);
    const points = timingsOf(models);
    return [
      html`<p>Both are transformers, and differ in what they may look at. A GPT reads from left to right and says what comes next: it writes. A BERT reads the whole text, both ways, and says what belongs in a gap: it understands, but does not write.</p>`,
      d.caveat && html`<p class="caveat">${d.caveat}</p>`,
      asked.length > 0 &&
        figure({
          id: "compare-predictions",
          title: agreement(asked),
          subtitle: "The likeliest words for the same gap",
          width: "wide",
          content: html`<div class="columns">${asked.map(predictions)}</div>`,
          how: "The ten likeliest tokens of one forward pass, with their probabilities; each model's bars are scaled to its own first.",
          command: d.predicted ?? command,
        }),
      pictures.length > 0 &&
        figure({
          id: "compare-attention",
          title: "The square and the triangle",
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
      moved.length > 0 &&
        html`<p>Change the words to the right of the gap, and ${listed(
          moved.map(({ model, right_context_effect: effect }) =>
            effect === 0
              ? `the prediction of ${model} stays exactly the same`
              : `the prediction of ${model} moves by ${significant(effect!, 2)}`,
          ),
        )}. (The number is the total variation distance: 0 is no change, 1 an entirely different answer.)</p>`,
      models.some((m) => m.writing !== undefined) &&
        html`<h3 class="loose">Each at the other’s work</h3>
<dl class="answers">${models.map(
          ({ model, writing }) =>
            writing &&
            html`<div><dt>${model} <span class="quiet">${writing.task}</span></dt><dd class="joke">${writing.text.trim()}</dd></div>`,
        )}</dl>`,
      points.length > 0 && speedFigures(d, points, { how: protocol, command }),
      d.full_size && atFullSize(d.full_size),
      facts([...models, ...(d.full_size && "models" in d.full_size ? d.full_size.models : [])]),
      models.flatMap(({ notes }) => notes).map((note) => html`<p class="note">${note}</p>`),
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
  return stacked([
    html`<h3 class="loose">And at full size?</h3>
<p>Small models spend much of their time between the products of matrices, large ones in them. The published GPT-2 and BERT-base are some twenty times larger than the two above.</p>`,
    random.length > 0 &&
      html`<p class="caveat">Only time is measured here. The weights of ${listed(random)} are random numbers, since nothing was downloaded; they know nothing, and are exactly as fast as weights that have learned.</p>`,
    answerList(answers),
    points.length > 0 &&
      figure({
        id: "compare-full-size",
        title: "The same cases at full size",
        subtitle: "Time per case: the dot is the median, the line reaches to the 95th percentile",
        content: speedChart({ id: "compare-full-size-chart", points }),
        how: protocol,
        command,
      }),
  ]);
}

/** The share of the machine's arithmetic that reading uses, by the length of the text. */
function arithmetic({ by_length: points, gemm_gflops: gemm }: CompareData): Content {
  if (gemm === null || points.length === 0) return false;
  const models = [...new Set(points.map((p) => p.model))];
  const sizes = [...new Set(points.map((p) => p.size))].sort((a, b) => a - b);
  return html`${dataTable<number>({
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
  }</p>`;
}

function speedFigures(d: CompareData, points: readonly Timing[], measured: Measured): Html {
  const order = (name: string) => points.findIndex((p) => p.case === name);
  return stacked([
    html`<h3 class="loose">Which is faster?</h3>
<p>That depends on the task. To read a text, each needs one pass over all of it. To write, a GPT keeps what it has computed of the text so far, its cache, and reads only the token that is new; a BERT looks both ways, so each new word changes all the rest, and it reads everything again.</p>`,
    answerList(d.answers),
    figure({
      id: "compare-speed",
      title: "It depends on what is asked",
      subtitle: "Time per case: the dot is the median, the line reaches to the 95th percentile",
      content: speedChart({ id: "compare-speed-chart", points }),
      ...measured,
    }),
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
          ...measured,
        }),
    ),
    arithmetic(d),
  ]);
}

function predictions(m: ComparedModel, i: number): Html {
  const most = Math.max(...m.predictions.map((p) => p.probability), 1e-9);
  return html`<section class="column" aria-label="${m.model}"><h4>${m.model} <span class="quiet">${m.kind}</span></h4>
${m.text && html`<p class="given joke">${m.text}</p>`}
<ol class="bars ${i === 0 ? "lead" : "ink"}">${m.predictions.slice(0, 10).map(
    (p) =>
      html`<li><span class="word">${word(p.token)}</span><span class="track"><i style="width:${Math.round((p.probability / most) * 1000) / 10}%"></i></span><span class="value">${percent(p.probability)}</span></li>
`,
  )}</ol></section>
`;
}

/** What each puts into the gap, in a sentence. */
function choices(models: readonly ComparedModel[]): string[] {
  const asked = models.flatMap(({ model, predictions: [first] }) =>
    first === undefined ? [] : [{ model, said: word(first.token) }],
  );
  if (asked.length === 0) return [];
  const different = new Set(asked.map(({ said }) => said.toLowerCase()));
  return different.size === 1 && asked.length > 1
    ? [`${listed(asked.map(({ model }) => model))} put “${asked[0]!.said}” into the gap.`]
    : [`Into the gap, ${listed(asked.map(({ model, said }) => `${model} puts “${said}”`))}.`];
}

function agreement(models: readonly ComparedModel[]): string {
  const firsts = models.flatMap((m) =>
    m.predictions[0] === undefined ? [] : [word(m.predictions[0].token).toLowerCase()],
  );
  const [first, ...others] = new Set(firsts);
  if (firsts.length < 2) return `It says “${first}”`;
  return others.length === 0
    ? `They agree on “${first}”`
    : `They do not agree: ${listed([first!, ...others].map((t) => `“${t}”`))}`;
}

/** A token as a word of the page, also where it is only white space. */
function word(token: string): string {
  if (token.trim() !== "") return token.trim();
  return token.includes("\n") ? "(new line)" : "(space)";
}

/** One row per fact, one column per model. */
function facts(models: readonly ComparedModel[]): Content {
  const known = new Map(models.map((m) => [m, factsOf(m)]));
  const names = [...new Set([...known.values()].flatMap(Object.keys))];
  const table = dataTable<string>({
    caption: "Facts read from the models",
    columns: [
      { header: "", cell: (name) => name },
      ...models.map((m) =>
        numbers(m.model, (name: string) => {
          const fact = known.get(m)?.[name] ?? "–";
          return /^[\d∞–]/.test(fact) ? fact : html`<span class="words">${fact}</span>`;
        }),
      ),
    ],
    rows: names,
  });
  return html`<h3 class="loose">What they are</h3>
${models.length > FEW ? html`<div class="wide">${table}</div>` : table}`;
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
