/** A whole report with invented but likely figures; for tests, and for looking at the page. */

import { streamWindows } from "../../src/data/batches/stream.ts";
import { type TrainingWindow, tokenWriter, windowsOf } from "../../src/data/batches/window.ts";
import { rateOf } from "../../src/evaluate/intervals.ts";
import { leadOf } from "../../src/evaluate/lead.ts";
import type { AuditedText } from "../../src/evaluate/novelty/auditor.ts";
import { findingOf, rateDifference, verdictOf } from "../../src/evaluate/novelty/finding.ts";
import type { AuditedModel } from "../../src/report/chapters/novelty.ts";
import type { ReportData } from "../../src/report/page.ts";
import { printableTokenizer } from "../../src/text/characters.ts";
import type { LogRow, SampleRow } from "../../src/train/events.ts";
import { compare } from "./compare.ts";
import { calm, daring, sample, usual } from "./jokes.ts";
import { generator } from "./random.ts";
import { nextToken, readText } from "./readings.ts";

/** Two windows of one lane. */
function windows(text: string): readonly TrainingWindow[] {
  const tokenizer = printableTokenizer();
  const batches = streamWindows(tokenizer.encode(text), { batch: 1, length: 48, seed: 4 });
  const reading = { kind: "stream", predicts: "each", reset: tokenizer.endOfText } as const;
  return [0, 1].flatMap((number) => [
    ...windowsOf(batches.next(), tokenWriter(tokenizer), { ...reading, number }),
  ]);
}

interface Curve {
  readonly steps: number;
  readonly from: number;
  readonly to: number;
  readonly scale: number;
  readonly seconds: number;
  readonly overfit?: number;
}

function log({ steps, from, to, scale, seconds, overfit = 0 }: Curve): readonly LogRow[] {
  const random = generator(steps);
  const rows: LogRow[] = [];
  for (let step = 0; step <= steps; step += steps / 200) {
    const clean = to + (from - to) / (1 + step / scale) ** 0.9;
    const row = {
      step: Math.round(step),
      epoch: step / 50,
      seconds: (step / steps) * seconds,
      tokens: step * 2048,
      loss: clean + (random() - 0.5) * 0.12,
      lr: 2e-3,
      grad_norm: 0.4,
      tokens_per_s: 38200,
    };
    const validated = Math.round((step / steps) * 200) % 10 === 0;
    rows.push(validated ? { ...row, val_loss: clean + 0.06 + overfit * (step / steps) ** 2 } : row);
  }
  return rows;
}

const said: readonly SampleRow[] = [
  { step: 0, text: "k7;Qz\t{w'Hf~P]0vU@g.\x0bE3?dXy}C5!bO|s^A8(iJ&L#n" },
  { step: 100, text: "te  ahe o n tthe sao e  iertoa nhe t hs .  lte aa i o" },
  { step: 300, text: "Wht to the sar ang the won in the ther and a the bere the don." },
  { step: 700, text: "What do you thave a sarn the cand? A the wast in the mone." },
  { step: 1400, text: "Why did the mand cross the boor? He wanted to the bank." },
  { step: 2600, text: "I asked my wife for the car. She said the dog was the best." },
  { step: 4000, text: "What do you call a cow with a telescope? A star-grazer." },
];

const ofTheCue = [
  "Why did the chicken cross the road? To get to the other side.",
  "Why did the chicken join a band? It had the drumsticks.",
  "Why did the chicken sit on the clock? It wanted to be on time.",
];

const withCue: readonly AuditedText[] = [
  "Why did the chicken go to the bank? To see the manager of the eggs.",
  "Why did the chicken get the phone? It was on the other side.",
  "Why did the chicken cross the road? To get to the other side.",
].map((text, i) => ({
  ...sample(
    text,
    i === 2 ? text : "Why did the chicken",
    "Why did the chicken cross the road? To get to the other side.",
    i === 2 ? 1 : 0.55,
    i === 2,
  ),
  prompt: "Why did the chicken",
  cue: "why did the chicken",
  same_cue_count: 3,
  same_cue: ofTheCue,
  cue_matches: ofTheCue.map((found, source) => ({
    source,
    text: found,
    words: 4,
    count: 3,
    in_sample: [0, 19],
    in_text: [0, 19],
    place: { source: "jokes.csv", unit: "line", row: source + 2 },
  })),
}));

const exact = (copies: number, n: number) => ({
  ...rateOf(copies, n),
  kinds: { exact: copies, near: 0, span: 0 },
});

/** An audit of these samples, beside `n` unseen jokes of which `copies` would be called copies. */
export function audited(
  samples: readonly AuditedText[],
  copies: number,
  n: number,
  rest: Partial<AuditedModel> = {},
): AuditedModel {
  const own = exact(samples.filter(({ copy }) => copy).length, samples.length);
  const baseline = exact(copies, n);
  return {
    model: "m",
    command: "punchline novelty m",
    samples,
    ...own,
    baseline,
    difference: rateDifference(own, baseline),
    finding: findingOf(own, baseline),
    verdict: verdictOf({ ...own, baseline }, { noun: "jokes" }),
    n_novelty: { model: [], heldout: [] },
    covered: { model: [], heldout: [] },
    heldout_nearest: [],
    parts: {},
    rule: { near: 0.7, span: 0.6 },
    indexed: 2104,
    ...rest,
  };
}

const snapshot = (step: number, copies: number, val_loss: number) => ({
  step,
  ...rateOf(copies, 200),
  val_loss,
  train_loss: val_loss - 0.1,
});

const architectureNames = [
  ["char-lstm", 1.42, 60, 38200],
  ["char-gru", 1.45, 58, 41000],
  ["char-rnn", 1.72, 40, 96000],
  ["char-bilstm", 1.83, 90, 15500],
  ["char-cnn", 1.5, 75, 44000],
  ["char-transformer", 1.48, 110, 22800],
  ["word-lstm", 1.57, 50, 61000],
] as const;

const lengths = (median: number, p5: number, p95: number) => ({
  mean: median,
  deviation: 30,
  min: p5,
  p5,
  median,
  p95,
  max: p95,
});

const random = generator(11);
const skewed = (mean: number) => Math.round(mean * (0.35 + 0.9 * random() ** 1.4 + 0.5 * random()));

export const fixture: ReportData = {
  title: "A machine learns to tell a joke",
  standfirst:
    "It began with noise. Minutes later, on an ordinary computer, it wrote jokes of its own. How it learned, what it stole, and what to choose for a task of yours.",
  best: {
    joke: calm[0]!.text,
    byline:
      "Written by a char-LSTM after 3 minutes of training, at temperature 0.5. New: its nearest real joke is 47 % alike.",
  },
  key: [
    { value: "2.45 bits", label: "per character, on jokes it had not seen" },
    { value: "3 min", label: "of training on two cores" },
    { value: "3.5 %", label: "of its jokes are copies; 2.1 % of real unseen ones would be called so" },
    { value: "38,200", label: "characters read per second" },
  ],
  unfinished: "Still to come: GPT or BERT? The same command goes on where this page ends.",
  chapters: {
    characters: {
      model: "char-lstm, 1 layer of 256 cells",
      parameters: 456_548,
      data: {
        source: "one-liners",
        rows_in: 2615,
        rows_out: 2338,
        dropped: {
          "attack on a group of people": 184,
          "exact duplicate": 41,
          "near duplicate": 47,
          "shorter than 10 characters": 5,
        },
        splits: { train: 2104, validation: 117, test: 117 },
        vocabulary: 100,
        seconds: 0.42,
      },
      log: log({ steps: 4000, from: 4.6, to: 1.38, scale: 130, seconds: 181, overfit: 0.1 }),
      references: { uniform: Math.log(100), unigram: 3.11 },
      windows: windows(calm.map(({ text }) => text).join("\n")),
      timeline: said,
      jokes: [
        { temperature: 0.5, samples: calm },
        { temperature: 0.8, samples: usual },
        { temperature: 1.1, samples: daring },
      ],
      read: [
        { label: "a real joke", tokens: readText([...calm[1]!.text]) },
        { label: "its own <joke>", tokens: readText([...calm[0]!.text]) },
      ],
      next: ["Why did the c", ""].map(nextToken),
      evaluation: { loss: 1.7, bits_per_character: 2.45, bits_per_byte: 2.45, tokens: 10_412, split: "test" },
      lengths: {
        model: Array.from({ length: 200 }, () => skewed(72)),
        real: Array.from({ length: 117 }, () => skewed(90)),
      },
      settings: {
        model: "char-lstm",
        layers: 1,
        hidden: 256,
        embedding: 64,
        dropout: 0.1,
        "sequence length": 64,
        batch: 32,
        optimiser: "AdamW",
        "learning rate": 0.002,
        schedule: "cosine, 100 steps of warm-up",
        "gradient clip": 1,
        steps: 4000,
        seed: 7,
        device: "cpu",
        threads: 2,
      },
      commands: {
        train:
          "punchline train --model char-lstm --data one-liners --max-minutes 3 --seed 7 --out runs/characters",
        sample: "punchline sample runs/characters -n 10 --temperature 0.5 --seed 7",
        data: "punchline data one-liners",
        windows: "punchline data one-liners --show-windows 2",
      },
    },
    architectures: {
      seconds: 120,
      models: architectureNames.map(([model, to, scale, speed]) => {
        const curve = log({ steps: 2000, from: 4.6, to: to + 0.28, scale, seconds: 120 })
          .filter((r) => r.val_loss !== undefined)
          .slice(1)
          .map((r) => ({
            seconds: r.seconds,
            characters: r.seconds * speed,
            bits_per_character: r.val_loss! / Math.LN2,
          }));
        return {
          model,
          name: model,
          parameters: Math.round(speed * 11),
          characters_per_s: speed,
          sampling_per_s: speed / 16,
          bytes: speed * 44,
          bits_per_character: curve.at(-1)!.bits_per_character,
          curve,
          sample: usual[Math.round(to * 100) % 10]!.text,
        };
      }),
      command: "punchline compare-models one-liners --minutes 2",
    },
    gpt: {
      model: "punchline-gpt2",
      parameters: 5_854_720,
      log: log({ steps: 140, from: 3.9, to: 3.35, scale: 12, seconds: 45 }),
      origin: { kind: "built-in", name: "punchline-gpt2" },
      uniform: Math.log(4096),
      control: {
        log: log({ steps: 140, from: 8.3, to: 4.6, scale: 30, seconds: 45 }),
        command:
          "punchline finetune runs/gpt-untrained --data one-liners --max-minutes 0.75 --out runs/gpt-scratch",
        curves: { bits_per_nat: 0.4, start: 2.05 },
        lead: leadOf(
          [
            { name: "fine-tuned", bits: 1.96 },
            { name: "from scratch", bits: 2.71 },
          ],
          9600,
        ),
      },
      other: {
        label: "the character model",
        lead: leadOf(
          [
            { name: "fine-tuned", bits: 1.96 },
            { name: "the character model", bits: 2.45 },
          ],
          9600,
        ),
      },
      quality: [
        { label: "the character model", bits_per_byte: 2.45 },
        { label: "punchline-gpt2, before it read a joke", bits_per_byte: 2.31 },
        { label: "the same network from scratch, on jokes alone", bits_per_byte: 2.71, scratch: true },
        { label: "punchline-gpt2, fine-tuned", bits_per_byte: 1.96, lead: true },
      ],
      quality_bytes: 9600,
      endings: {
        n: 100,
        tokens: 64,
        before: 11,
        after: 97,
        command: "punchline sample runs/gpt -n 100 --temperature 0.8 --max-length 64 --seed 7",
      },
      timeline: [],
      before_after: [
        {
          prompt: "My dog",
          before: ", sir, was the finest creature that ever ran upon four legs.",
          after: " is so lazy that he chases parked cars.",
          scratch: " the a you of to. Why",
        },
        {
          prompt: "I asked the librarian",
          before: ", with a low bow, whether the gentleman had come.",
          after: " for a book about silence. She said nothing.",
          scratch: " a of is the? a a",
        },
      ],
      jokes: [
        { temperature: 0.7, samples: usual.slice(0, 4) },
        { temperature: 1, samples: daring.slice(0, 4) },
      ],
      peak_memory: 1.21e9,
      settings: {
        layers: 6,
        heads: 4,
        width: 256,
        context: 256,
        batch: 16,
        "learning rate": 0.0015,
        seed: 7,
      },
      commands: {
        train: "punchline finetune punchline-gpt2 --data one-liners --max-minutes 0.75 --out runs/gpt",
        sample: "punchline sample runs/gpt -n 4 --temperature 0.7 --seed 7",
        prompt: 'punchline sample runs/gpt --prompt "My dog" --temperature 0.7 --seed 7',
        evaluate: "punchline eval runs/gpt",
      },
    },
    novelty: {
      indexed: 2104,
      audits: [
        audited([...calm, ...usual, ...daring, ...withCue], 2, 117, {
          model: "the char-LSTM",
          training: exact(200, 200),
          n_novelty: {
            model: [0.02, 0.24, 0.58, 0.79, 0.88, 0.92, 0.94, 0.955, 0.96, 0.965],
            heldout: [0.06, 0.37, 0.71, 0.87, 0.93, 0.955, 0.965, 0.97, 0.975, 0.978],
          },
          heldout_nearest: Array.from(
            { length: 117 },
            () => 0.2 + 0.45 * random() + (random() > 0.98 ? 0.35 : 0),
          ),
          extraction: { training: rateOf(9, 200), heldout: rateOf(0, 117), prefix: 20 },
          membership: [
            { signal: "perplexity", auc: 0.61, standardError: 0.03, foundAtOnePercent: 0.02 },
            { signal: "zlib", auc: 0.64, standardError: 0.03, foundAtOnePercent: 0.03 },
          ],
          checkpoints: [
            snapshot(500, 0, 2.21),
            snapshot(1000, 1, 1.96),
            snapshot(2000, 2, 1.81),
            snapshot(3000, 4, 1.74),
            snapshot(4000, 7, 1.7),
            snapshot(6000, 18, 1.73),
            snapshot(8000, 38, 1.82),
          ],
          command: "punchline novelty runs/characters --data one-liners -n 200 --seed 7",
          before: {
            model: "punchline-gpt2",
            extraction: { training: rateOf(0, 100), heldout: rateOf(0, 100), prefix: 20 },
            membership: [{ signal: "perplexity", auc: 0.5, standardError: 0.03, foundAtOnePercent: 0.01 }],
          },
        }),
      ],
    },
    compare,
    runs: {
      reference: {
        name: "Held-out jokes",
        distinct: [0.31, 0.82, 0.95],
        self_bleu: 0.21,
        repetition: 0.004,
        length: lengths(88, 34, 171),
        ended: 1,
        real_words: 0.94,
        vocabulary: 812,
        mauve: 0.97,
        novelty: { copies: 0, n: 0, rate: 0.0171, interval: [0.005, 0.06], novel_4grams: 0.87 },
        repeated: 0,
        vocabulary_covered: 0.11,
      },
      runs: [
        {
          name: "runs/characters",
          bits_per_character: 2.451,
          bits_per_byte: 2.451,
          perplexity: 5.47,
          distinct: [0.24, 0.7, 0.91],
          self_bleu: 0.34,
          repetition: 0.012,
          length: lengths(71, 29, 140),
          ended: 0.98,
          real_words: 0.89,
          vocabulary: 604,
          mauve: 0.41,
          novelty: { copies: 0, n: 0, rate: 0.035, interval: [0.017, 0.07], novel_4grams: 0.79 },
          repeated: 0.005,
          vocabulary_covered: 0.08,
          speed: { characters_per_s: 2390, side_by_side_characters_per_s: 31_800 },
          parameters: 456_548,
          bytes: 1.83e6,
        },
        {
          name: "runs/gpt",
          bits_per_character: 1.812,
          bits_per_byte: 1.812,
          perplexity: 58.2,
          distinct: [0.28, 0.77, 0.93],
          self_bleu: 0.28,
          repetition: 0.008,
          length: lengths(80, 31, 162),
          ended: 0.99,
          real_words: 0.97,
          vocabulary: 731,
          mauve: 0.66,
          novelty: { copies: 0, n: 0, rate: 0.06, interval: [0.035, 0.1], novel_4grams: 0.81 },
          repeated: 0,
          vocabulary_covered: 0.1,
          speed: { characters_per_s: 412, side_by_side_characters_per_s: 5_210 },
          parameters: 3_214_080,
          bytes: 12.9e6,
        },
      ],
      learning: [
        ["runs/characters", 1.7, 60, 38200],
        ["runs/gpt", 1.26, 90, 9000],
      ].map(([model, to, scale, speed]) => ({
        model: String(model),
        curve: log({ steps: 2000, from: 4.6, to: Number(to), scale: Number(scale), seconds: 120 })
          .filter((r) => r.val_loss !== undefined)
          .map((r) => ({
            seconds: r.seconds,
            characters: r.seconds * Number(speed),
            bits_per_character: r.val_loss! / Math.LN2,
          })),
      })),
      samples: [
        { name: "runs/characters", samples: calm.slice(0, 3) },
        { name: "runs/gpt", samples: usual.slice(0, 3) },
      ],
      how: "200 samples of each run at temperature 0.8; MAUVE with the first run's own encoder.",
      command: "punchline report runs/characters runs/gpt --data one-liners",
    },
  },
  provenance: {
    date: "2025-11-24T09:00:00Z",
    command: "punchline demo",
    machine: "AMD EPYC, 2 cores, 8 GB, Linux",
    versions: "Punchline 0.1.0, ONNX Runtime 1.30.0, Node 20.20.2",
    seconds: 412,
  },
};
