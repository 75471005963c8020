/**
 * The lesson's two texts: is "air" among the first five words of both models, and which of them looks to the right? In
 * many paragraphs of held-out works one word is hidden, and the words to its right are exchanged for those of another
 * paragraph, as many: how far the prediction moves is the total variation between the two.
 *
 *     PUNCHLINE_ASSETS=... npm run bench -- lesson
 */
import { join } from "node:path";
import { readCloze } from "../src/compare/cloze.ts";
import { predictCloze, probabilities, totalVariation } from "../src/compare/predictions.ts";
import { maskQuestion, nextTokenQuestion, punchlineEngine } from "../src/compare/punchline-engine.ts";
import { Random } from "../src/core/random.ts";
import { readRawText } from "../src/data/prepare-sources.ts";
import { intervalDigits } from "../src/evaluate/intervals.ts";
import { loadModel } from "../src/generate/load.ts";
import { promptIds } from "../src/generate/sample.ts";
import { resolveModel } from "../src/hub/pull.ts";
import { isHuggingFaceTokenizer } from "../src/text/huggingface.ts";
import { type BenchRow, row } from "./bench.ts";
import { type Hidden, hideWords } from "./masked/hidden.ts";
import { quick } from "./quick.ts";

const MODELS = ["punchline-gpt2", "punchline-bert"] as const;
const WORD = "air";
/** Words listed, of which the aim is the first five. */
const LISTED = 4000;
/** Paragraphs that are changed, the fewest tokens to the right of the blank, and the most on either side of it. */
const PARAGRAPHS = quick ? 10 : 300;
const FEWEST = 4;
const MOST = 100;

export default async function lesson(): Promise<BenchRow[]> {
  const assets = process.env.PUNCHLINE_ASSETS;
  if (!assets) throw new Error("Set PUNCHLINE_ASSETS to a folder that has public-domain.");
  const works = await readRawText(join(assets, "public-domain/valid.txt.gz"));
  const paragraphs = hideWords(works, PARAGRAPHS, new Random(1, "lesson"), { lower: false });
  const rows: BenchRow[] = [];
  for (const name of MODELS) {
    const lm = await loadModel(await resolveModel(name));
    const engine = punchlineEngine(lm, readCloze([]));
    try {
      const words = (await predictCloze(engine, LISTED)).map(({ token }) => token.trim().toLowerCase());
      process.stderr.write(`${name}: ${words.slice(0, 10).join(", ")}\n`);
      const rank = words.indexOf(WORD);
      rows.push(
        row({
          case: `${name}: place of "${WORD}" where the fox jumps`,
          unit: "place",
          better: "less",
          ours: rank < 0 ? LISTED : rank + 1,
          peer: 5,
          peerName: "the aim",
          note: `the first five are ${words.slice(0, 5).join(", ")}`,
        }),
      );
      const moved: number[] = [];
      for (const [i, paragraph] of paragraphs.entries()) {
        const other = paragraphs[(i + 1) % paragraphs.length]!;
        const [own, foreign] = [paragraph.right, other.right].map((text) => engine.encode(text));
        const length = Math.min(own!.length, foreign!.length, MOST);
        if (length < FEWEST) continue;
        const ask = async (right: Int32Array) =>
          probabilities(await look(right.subarray(0, length), paragraph));
        moved.push(totalVariation(await ask(own!), await ask(foreign!)));
      }
      const { mean, error } = meanOf(moved);
      const [low, high] = [mean - 1.96 * error, mean + 1.96 * error];
      const digits = intervalDigits([low, high], 3);
      const causal = lm.model.predicts === "each";
      rows.push(
        row({
          case: `${name}: its prediction moves with the words to the right, ${moved.length} paragraphs`,
          unit: "total variation",
          better: causal ? "less" : "more",
          ours: mean,
          peer: causal ? { absent: "the aim is 0 exactly" } : 0.1,
          peerName: causal ? "none" : "the aim",
          note: `95 % interval ${low.toFixed(digits)} to ${high.toFixed(digits)}; largest ${Math.max(...moved).toFixed(3)}`,
        }),
      );
      async function look(right: Int32Array, { left }: Hidden): Promise<Float32Array> {
        const { tokenizer } = lm;
        const before = engine.encode(left).slice(-MOST);
        if (engine.mask === undefined || !isHuggingFaceTokenizer(tokenizer))
          return engine.forward(nextTokenQuestion(lm, promptIds(lm, tokenizer.decode(before)), right));
        const words = Int32Array.from([...before, engine.mask, ...right]);
        return engine.forward(maskQuestion(lm, words, engine.mask, (part) => tokenizer.wrap(part)));
      }
    } finally {
      await engine.release();
    }
  }
  return rows;
}

/** The mean and its standard error. */
function meanOf(values: readonly number[]): { readonly mean: number; readonly error: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
  return { mean, error: Math.sqrt(variance / values.length) };
}
