import { expect, test } from "vitest";
import { didYouMean, namesLike } from "./did-you-mean.ts";

const commands =
  "demo data models pull train finetune sample fill suggest eval novelty report compare compare-models export serve runs".split(
    " ",
  );
const options =
  "model data out resume steps epochs max-minutes batch-size seq-len learning-rate weight-decay temperature top-k top-p prompt seed no-duplicates max-length max-chars".split(
    " ",
  );
const architectures = "char-rnn char-gru char-lstm char-cnn word-lstm gpt2 bert distilbert".split(" ");

test.each([
  // Letters left out, added, changed, and swapped.
  ["tran", commands, ["train"]],
  ["sampel", commands, ["sample"]],
  ["tarin", commands, ["train"]],
  ["fintune", commands, ["finetune"]],
  ["noveltty", commands, ["novelty"]],
  ["tempratur", options, ["temperature"]],
  ["sede", options, ["seed"]],
  ["lerning-rate", options, ["learning-rate"]],
  ["char-lstn", architectures, ["char-lstm"]],
  ["char-lsmt", architectures, ["char-lstm"]],
  ["distillbert", architectures, ["distilbert"]],
  ["no-duplicate", options, ["no-duplicates"]],
  // Written another way.
  ["fine-tune", commands, ["finetune"]],
  ["topK", options, ["top-k"]],
  ["learning_rate", options, ["learning-rate"]],
  ["GPT-2", architectures, ["gpt2"]],
  // The beginning, or more than the name.
  ["temp", options, ["temperature"]],
  ["gpt", architectures, ["gpt2"]],
  ["evaluate", commands, ["eval"]],
  ["training", commands, ["train"]],
  ["output", options, ["out"]],
  ["ouput", options, ["out"]],
  ["nvlty", commands, ["novelty"]],
  ["max", options, ["max-minutes", "max-length", "max-chars"]],
  // One of its words, and their initials.
  ["rate", options, ["learning-rate"]],
  ["lstm", architectures, ["char-lstm", "word-lstm"]],
  ["lr", options, ["learning-rate"]],
])("%s is like %j", (name, known, alike) => {
  expect(namesLike(name, known)).toEqual(alike);
});

test.each([
  ["generate", commands],
  ["list", commands],
  ["chat", commands],
  ["help-me", commands],
  ["zzzz", commands],
  ["x", commands],
  ["foo", options],
  ["lines", options],
  ["bits", options],
  ["llama", architectures],
  ["mlp", architectures],
  ["vit", architectures],
  ["", options],
  ["--", options],
])("%j is like none", (name, known) => {
  expect(namesLike(name, known)).toEqual([]);
});

test("the end of a sentence offers what is alike, or lists what is known", () => {
  expect(didYouMean("gtp2", architectures)).toBe('did you mean "gpt2"?');
  expect(didYouMean("lstm", architectures)).toBe('did you mean "char-lstm" or "word-lstm"?');
  expect(didYouMean("max", options)).toBe('did you mean "max-minutes", "max-length" or "max-chars"?');
  expect(didYouMean("llama", ["gpt2", "bert"])).toBe("known are: gpt2, bert.");
  const many = Array.from({ length: 50 }, (_, i) => `c${i}`);
  expect(didYouMean("text", many)).toMatch(/^known are: c0, .*, c19 and 30 more\.$/);
  expect(didYouMean("text", [])).toBe("there are none.");
});
