/** A training that is watched: the built-in models' sizes, data that is quick to validate on, and the curve. */
import type { PreparedData } from "../../src/data/prepare.ts";
import { encodeSplit } from "../../src/data/tokens.ts";
import { evenly } from "../../src/evaluate/evenly.ts";
import { readModelConfig } from "../../src/hub/folder.ts";
import type { OptionValues } from "../../src/models/model.ts";
import type { TrainResult } from "../../src/train/train.ts";
import { type TrainRequest, train } from "../../src/train/train.ts";

/** Texts of the validation split that are scored along the way: a validation is to take a second or two. */
const VALIDATED = 500;

/** The data with a validation split that is quick to score. */
export const watchable = (data: PreparedData): PreparedData => ({
  ...data,
  splits: { ...data.splits, validation: evenly(data.splits.validation, VALIDATED) },
});

/** The options of a network of the sizes of the GPT-2 or BERT in `folder`. */
export async function sizesOf(folder: string): Promise<OptionValues> {
  const config = await readModelConfig(folder);
  const size = (...keys: readonly string[]) => Number(keys.map((key) => config[key]).find((value) => value));
  return {
    layers: size("n_layer", "num_hidden_layers"),
    width: size("n_embd", "hidden_size"),
    heads: size("n_head", "num_attention_heads"),
    context: size("n_positions", "max_position_embeddings"),
    dropout: 0,
  };
}

/** What a loss in nats per token is printed in. */
export interface LossUnit {
  readonly name: string;
  readonly perNat: number;
}

/** Bits per byte of a model that predicts each token of the data. */
export const bitsPerByte = (data: PreparedData): LossUnit => ({
  name: "bits/byte",
  perNat: tokensPerByte(data) / Math.LN2,
});

/** A training; its validations go to standard error. */
export async function watched(
  name: string,
  request: TrainRequest & { data: PreparedData },
  { name: unit, perNat }: LossUnit = bitsPerByte(request.data),
): Promise<TrainResult & { readonly name: string }> {
  const begun = performance.now();
  const result = await train({
    ...request,
    options: { ...request.options, validationTokens: 10_000_000 },
    onEvent: (event) => {
      if (event.type !== "validation") return;
      const minute = (performance.now() - begun) / 60_000;
      process.stderr.write(
        `${name}: ${minute.toFixed(2)} min  step ${event.step}  ${(event.loss * perNat).toFixed(4)} ${unit}\n`,
      );
    },
  });
  return { ...result, name };
}

/** Tokens of the validation split for each of its bytes, the end of each text counting as one. */
function tokensPerByte(data: PreparedData): number {
  const bytes = new TextEncoder().encode(`${data.splits.validation.join("\n")}\n`).length;
  return encodeSplit(data, "validation").tokens.length / bytes;
}
