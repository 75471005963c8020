/** Texts as an invented model reads them, what it expects next, and the attention of its heads. */
import type { AttentionHeads } from "../../src/compare/attention.ts";
import type { NextToken, TokenChoice } from "../../src/evaluate/choices.ts";
import { generator } from "./random.ts";

const random = generator(21);
const rounded = (value: number) => Number(value.toFixed(4));

export function readText(tokens: readonly string[]): readonly TokenChoice[] {
  return tokens.map((token, i) => {
    const probability = rounded(0.02 + 0.9 * random() ** 2);
    const others = ["e", " ", "t", "", "x<b>"].map((other, k) => ({
      token: `${other}`,
      probability: rounded(((1 - probability) * 0.5) / (k + 1) ** 1.5),
    }));
    const own = i % 3 === 0 ? [] : [{ token, probability }];
    return { token, probability, instead: [...own, ...others].slice(0, 5) };
  });
}

export function nextToken(beginning: string): NextToken {
  const tokens = [..."ehioatcurlswndm'.,? "];
  const weights = tokens.map((_, i) => Math.exp(-0.4 * i));
  const sum = weights.reduce((a, b) => a + b, 0);
  return { beginning, tokens, logProbabilities: weights.map((w) => Number(Math.log(w / sum).toFixed(3))) };
}

/** Every head as the one that is drawn, but that head h of layer l looks at one token only: number l + h. */
export function headsOf(tokens: readonly string[], layers: number, heads: number): AttentionHeads {
  const n = tokens.length;
  const bytes = new Uint8Array(layers * heads * n * n);
  for (let layer = 0; layer < layers; layer++) {
    for (let head = 0; head < heads; head++) {
      for (let row = 0; row < n; row++) {
        bytes[((layer * heads + head) * n + row) * n + ((layer + head) % n)] = 255;
      }
    }
  }
  return {
    layers,
    heads,
    tokens,
    cut: { before: false, after: false },
    weights: Buffer.from(bytes).toString("base64"),
  };
}
