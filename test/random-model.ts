/** Models of random weights: nothing is learnt, so whatever holds for them holds for any weights. */
import { float32 } from "../src/core/array.ts";
import { Random } from "../src/core/random.ts";
import type { LanguageModel } from "../src/generate/language-model.ts";
import type { OptionValues } from "../src/models/model.ts";
import { architectureOf } from "../src/models/registry.ts";
import { nodeBackend } from "../src/runtime/node.ts";
import { printableTokenizer } from "../src/text/characters.ts";
import type { Tokenizer } from "../src/text/tokenizer.ts";

export interface RandomModelOptions {
  readonly sizes?: OptionValues;
  /** Default: the 100 printable characters. */
  readonly tokenizer?: Tokenizer;
  readonly seed?: number;
  /** Times the architecture's own first weights; more than 1 makes the predictions differ more. Default 2. */
  readonly gain?: number;
  /** What config.json has besides. */
  readonly config?: Readonly<Record<string, unknown>>;
}

/** A model of an architecture, with weights drawn as its training draws them, times `gain`. */
export function randomModel(type: string, options: RandomModelOptions = {}): LanguageModel {
  const { sizes = {}, tokenizer = printableTokenizer(), seed = 5, gain = 2, config } = options;
  const architecture = architectureOf(type);
  const model = architecture.build({ ...architecture.configure(sizes, tokenizer.size), ...config });
  const weights = Object.fromEntries(
    model.parameters.map(({ name, shape, initialise }) => {
      const array = float32(shape);
      initialise(array.data, new Random(seed, name));
      for (let i = 0; i < array.data.length; i++) array.data[i]! *= gain;
      return [name, array];
    }),
  );
  return { model, weights, tokenizer, backend: nodeBackend({ threads: 1 }), stopAtEos: true, name: type };
}
