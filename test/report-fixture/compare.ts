/** The comparison of two transformers with invented but likely figures. */

import { answersOf, caseNames } from "../../src/compare/answers.ts";
import type { TimedCase } from "../../src/compare/speed.ts";
import { quantile } from "../../src/core/quantile.ts";
import type { CompareData } from "../../src/report/chapters/compare.ts";
import { generator } from "./random.ts";
import { headsOf } from "./readings.ts";

const blank = "The hungry fox saw the grapes, and to reach them he had to jump high in the";

function attention(causal: boolean, n: number): readonly (readonly number[])[] {
  const random = generator(causal ? 5 : 6);
  return Array.from({ length: n }, (_, i) => {
    const raw = Array.from({ length: n }, (_, j) =>
      causal && j > i ? 0 : Math.exp(-Math.abs(i - j) * 0.45) + random() ** 6 + (j === 0 ? 0.5 : 0),
    );
    const sum = raw.reduce((a, b) => a + b, 0);
    return raw.map((v) => v / sum);
  });
}

const random = generator(9);

/** Thirty runs about a median, in milliseconds. */
function timed(model: string, name: string, p50: number, tokens = 1): TimedCase {
  const runs = Array.from({ length: 30 }, () => [p50 * (0.94 + 0.1 * random() + 0.2 * random() ** 8)]);
  const sorted = runs.flat().sort((a, b) => a - b);
  const p50_ms = quantile(sorted, 0.5);
  return {
    model,
    case: name,
    p50_ms,
    p95_ms: quantile(sorted, 0.95),
    p99_ms: quantile(sorted, 0.99),
    tokens_per_s: (1000 * tokens) / p50_ms,
    samples: 30,
    runs,
  };
}

const timings: readonly TimedCase[] = [
  timed("gpt2", caseNames.read, 61, 32),
  timed("bert-base-uncased", caseNames.read, 60.5, 32),
  timed("gpt2", caseNames.cached, 17.1),
  timed("gpt2", caseNames.uncached, 66),
  timed("bert-base-uncased", caseNames.uncached, 58),
  timed("gpt2", caseNames.fill, 64),
  timed("bert-base-uncased", caseNames.fill, 57),
];
const speedOf = (model: string) =>
  timings.filter((t) => t.model === model).map(({ model: _, runs: __, ...speed }) => speed);

const large = ["GPT-2 at full size", "BERT-base at full size"];
const atFullSize = large.flatMap((model, i) => [
  timed(model, caseNames.read, 610 - i, 32),
  timed(model, caseNames.fill, 640 - 70 * i),
]);

const predicted = (tokens: string, probabilities: readonly number[]) =>
  tokens.split("|").map((token, i) => ({ token, probability: probabilities[i]! }));

const words = blank.replace(",", " ,").split(" ");
const shared = { engine: "punchline", precision: "fp32", notes: [] } as const;
const sizes = { layers: 12, heads: 12, width: 768 } as const;

export const compare: CompareData = {
  models: [
    {
      ...shared,
      model: "gpt2",
      kind: "causal",
      parameters: 124_439_808,
      text: blank,
      tokens: 17,
      predictions: predicted(
        " air| sky| trees| middle| tree| water| dark| grass| sun| forest",
        [0.412, 0.081, 0.049, 0.034, 0.029, 0.018, 0.015, 0.011, 0.009, 0.008],
      ),
      speed: speedOf("gpt2"),
      attention: {
        layer: 5,
        head: 3,
        tokens: words,
        weights: attention(true, words.length),
        heads: headsOf(words, 12, 4),
      },
      right_context_effect: 0,
      writing: { task: "goes on, always with the likeliest token", text: `${blank} air, and the grapes` },
      facts: {
        ...sizes,
        architecture: "gpt2",
        objective: "next token, from the left",
        vocabulary: 50_257,
        context: 1024,
        parameters: 124_439_808,
        parameters_without_embeddings: 85_056_000,
        flops_per_token: 170.4e6,
      },
      load_ms: 1140,
      memory_mb: 640,
    },
    {
      ...shared,
      model: "bert-base-uncased",
      kind: "masked",
      parameters: 109_514_298,
      text: `${blank} [MASK].`,
      tokens: 21,
      predictions: predicted(
        "air|trees|sky|sun|grass|wind|water|tree|dark|snow",
        [0.634, 0.073, 0.058, 0.02, 0.016, 0.011, 0.009, 0.008, 0.006, 0.004],
      ),
      speed: speedOf("bert-base-uncased"),
      attention: {
        layer: 5,
        head: 3,
        tokens: ["[CLS]", ...words, "[MASK]", ".", "[SEP]"],
        weights: attention(false, words.length + 4),
      },
      right_context_effect: 0.318,
      writing: {
        task: "fills 8 masks, the surest first",
        text: "the fox was hungry . the fox was . the fox was very very hungry .",
      },
      facts: {
        ...sizes,
        architecture: "bert",
        objective: "hidden token, from both sides",
        vocabulary: 30_522,
        context: 512,
        parameters: 109_514_298,
        parameters_without_embeddings: 85_648_000,
        flops_per_token: 172.1e6,
      },
      load_ms: 980,
      memory_mb: 520,
    },
  ],
  ...answersOf(timings, [
    { model: "gpt2", ms: 1140 },
    { model: "bert-base-uncased", ms: 980 },
  ]),
  by_length: ["gpt2", "bert-base-uncased"].flatMap((model, m) =>
    [16, 32, 64, 128, 256, 512].map((size, i) => {
      const tokens_per_s = (430 + 40 * m) * [0.8, 1.1, 1.3, 1.35, 1.25, 1.1][i]!;
      const gflops = (170e6 * tokens_per_s) / 1e9;
      return {
        model,
        size,
        p50_ms: (1000 * size) / tokens_per_s,
        tokens_per_s,
        gflops,
        of_gemm: gflops / 160,
      };
    }),
  ),
  by_batch: [],
  gemm_gflops: 160,
  protocol: "30 interleaved runs after 2 of warm-up, 2 threads, fp32, batch of one.",
  full_size: {
    random: large,
    models: large.map((model) => ({
      ...shared,
      model,
      kind: model.startsWith("GPT") ? "causal" : "masked",
      parameters: 124_439_808,
      text: blank,
      tokens: 17,
      predictions: [],
      speed: atFullSize.filter((t) => t.model === model).map(({ model: _, runs: __, ...speed }) => speed),
    })),
    ...answersOf(atFullSize),
    protocol: "5 interleaved runs after 2 of warm-up, 2 threads, fp32, batch of one.",
    command: "punchline demo --chapter compare",
  },
  command: "punchline compare gpt2 bert-base-uncased",
};
