/** Spelling a long text in steps. */
import { expect, it } from "vitest";
import { trainBpe } from "./bpe-train.ts";
import { huggingfaceTokenizer } from "./huggingface.ts";

const TEXT = "why did the hen cross the road? it's 1,234 steps\n\n  to the   (other) side 🐔é";

it("gives the same ids as all at once, and others their turn in between", () => {
  const { files } = trainBpe([TEXT, TEXT], { vocabularySize: 300 });
  const tokenizer = huggingfaceTokenizer(files["tokenizer.json"], files["tokenizer_config.json"]);
  for (const text of ["", "a", TEXT, TEXT.repeat(300), `${TEXT.repeat(300)}<|endoftext|>${TEXT}`]) {
    const steps = tokenizer.encodeInSteps!(text);
    let turns = 0;
    let step = steps.next();
    for (; !step.done; step = steps.next()) turns++;
    expect(step.value).toEqual(tokenizer.encode(text));
    if (text.length > 1e4 && !text.includes("<|endoftext|>")) expect(turns).toBeGreaterThan(3);
  }
});
