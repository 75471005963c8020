/**
 * A model that has learned nothing, as a folder: what a training from scratch begins with, or, at full size, a
 * stand-in whose speed is that of the published model.
 */
import { sizeOf } from "../../core/array.ts";
import { Random } from "../../core/random.ts";
import { writeHuggingFace } from "../../export/huggingface.ts";
import type { OptionValues } from "../../models/model.ts";
import { architectureOf } from "../../models/registry.ts";
import type { Tokenizer } from "../../text/tokenizer.ts";

export interface Untrained {
  /** The architecture's name. */
  readonly model: string;
  readonly options: OptionValues;
  readonly tokenizer: Tokenizer;
  /** Ids of the vocabulary; rows beyond those of the tokenizer stand for nothing. Default: its size. */
  readonly vocabulary?: number;
  readonly seed: number;
}

/** Numbers drawn of each tensor; a longer one repeats them, as 500 MB of random numbers would take a minute. */
const DRAWN = 1 << 20;

export async function writeUntrained(folder: string, spec: Untrained): Promise<void> {
  const { tokenizer, options, vocabulary = tokenizer.size, seed } = spec;
  const architecture = architectureOf(spec.model);
  const model = architecture.build(architecture.configure(options, vocabulary));
  const byName = new Map(model.parameters.map((parameter) => [parameter.name, parameter]));
  await writeHuggingFace(
    {
      path: folder,
      architecture,
      model,
      tokenizer,
      generationConfig: undefined,
      adapted: false,
      async read(name) {
        const { shape, initialise } = byName.get(name)!;
        const data = new Float32Array(sizeOf(shape));
        initialise(data.subarray(0, DRAWN), new Random(seed, `initialise/${name}`));
        for (let at = DRAWN; at < data.length; at += DRAWN) data.copyWithin(at, 0, DRAWN);
        return data;
      },
      close: async () => {},
    },
    folder,
  );
}
