/**
 * A folder with an untrained model: the start of a training from scratch, or, at full size, a model as fast as the
 * published one.
 */
import { sizeOf } from "../../core/array.ts";
import { Random } from "../../core/random.ts";
import { writeHuggingFace } from "../../export/huggingface.ts";
import type { ModelConfig } from "../../models/model.ts";
import { buildModel } from "../../models/registry.ts";
import type { Tokenizer } from "../../text/tokenizer.ts";

export interface Untrained {
  /** Its architecture and sizes; its vocabulary may be larger than that of the tokenizer. */
  readonly config: ModelConfig;
  readonly tokenizer: Tokenizer;
  readonly seed: number;
}

/** Random numbers drawn for each tensor; a longer one repeats them, since 500 MB of them would take a minute. */
const DRAWN = 1 << 20;

export async function writeUntrained(folder: string, spec: Untrained): Promise<void> {
  const { config, tokenizer, seed } = spec;
  const model = buildModel(config, { folder });
  const byName = new Map(model.parameters.map((parameter) => [parameter.name, parameter]));
  await writeHuggingFace(
    {
      path: folder,
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
