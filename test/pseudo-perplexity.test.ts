/** `punchline eval` of masked models against PyTorch: every token hidden in turn, and scored given all the others. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadModel } from "../src/generate/load.ts";
import { logSumExp } from "../src/generate/sampler.ts";
import { isHuggingFaceTokenizer } from "../src/text/huggingface.ts";
import { temporaryFolder } from "./cli.ts";
import { punchline } from "./cli-here.ts";
import { modelFolder } from "./export-fixture.ts";
import { forwardInTorch } from "./torch/forward.ts";
import { pythonWithTorch } from "./torch/python.ts";

/** Words that every vocabulary here has, and some that are several tokens. */
const text = "a hen road hens a road";

describe.skipIf(!pythonWithTorch)("pseudo-perplexity (needs a Python with torch)", () => {
  it.each(["bert", "distilbert", "roberta", "modernbert"])("of %s is PyTorch's", async (type) => {
    const folder = await modelFolder(type);
    const { tokenizer, model } = await loadModel(folder);
    if (!isHuggingFaceTokenizer(tokenizer)) throw new Error("of another kind");
    const { ids: whole } = tokenizer.wrap(tokenizer.encode(text));
    expect(tokenizer.wrap([]).ids).toHaveLength(2);
    const places = Array.from({ length: whole.length - 2 }, (_, i) => i + 1);
    const ids = places.map((place) => Array.from(whole, (id, i) => (i === place ? tokenizer.mask! : id)));
    const sizes = { width: 64, layers: 2 };
    const { logits } = await forwardInTorch(folder, { ids }, sizes);
    const vocabulary = model.config.vocab_size as number;
    let nats = 0;
    places.forEach((place, row) => {
      const at = (row * whole.length + place) * vocabulary;
      const scores = logits.subarray(at, at + vocabulary);
      nats += logSumExp(scores) - scores[whole[place]!]!;
    });
    const file = join(temporaryFolder(), "text.txt");
    writeFileSync(file, text);
    const ran = await punchline(["eval", folder, "--data", file, "--raw", "--json"]);
    expect(ran.status, ran.stderr).toBe(0);
    const { loss, perplexity, tokens } = JSON.parse(ran.stdout);
    expect(tokens).toBe(places.length);
    expect(loss).toBeCloseTo(nats / places.length, 4);
    expect(perplexity / Math.exp(nats / places.length)).toBeCloseTo(1, 4);
  });
});
