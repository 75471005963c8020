/** What every side does alike: sizes of the two models, first weights, and measuring. */
import type { ModelConfig } from "../../../src/models/model.ts";
import { rate } from "../../training/side.ts";

/** The sizes of a training, as our side configured the model. */
export interface TwinAsk {
  readonly op: "setup" | "train";
  readonly model: string;
  readonly config: ModelConfig;
  readonly batch: number;
  readonly length: number;
  readonly seconds: number;
}

/** Names and shapes of the parameters that the twins of a model have. Products take [in, out]. */
export function shapesOf({ model, config }: TwinAsk): Readonly<Record<string, readonly number[]>> {
  const vocabulary = Number(config.vocab_size);
  if (model === "char-lstm") {
    const [width, hidden] = [Number(config.embedding_size), Number(config.hidden_size)];
    return {
      embedding: [vocabulary, width],
      input: [width, 4 * hidden],
      recurrent: [hidden, 4 * hidden],
      bias: [4 * hidden],
      head: [hidden, vocabulary],
      headBias: [vocabulary],
    };
  }
  const { layers, width, context } = transformerSizes(config);
  const shapes: Record<string, readonly number[]> = {
    embedding: [vocabulary, width],
    positions: [context, width],
    norm: [width],
    normBias: [width],
  };
  for (let k = 0; k < layers; k++)
    for (const [name, rows, columns] of [
      ["q", width, width],
      ["k", width, width],
      ["v", width, width],
      ["out", width, width],
      ["inner", width, 4 * width],
      ["outer", 4 * width, width],
    ] as const) {
      shapes[`${k}.${name}`] = [rows, columns];
      shapes[`${k}.${name}Bias`] = [columns];
      if (name === "q" || name === "inner") {
        shapes[`${k}.${name}Norm`] = [width];
        shapes[`${k}.${name}NormBias`] = [width];
      }
    }
  return shapes;
}

export const transformerSizes = (config: ModelConfig) => ({
  layers: Number(config.n_layer),
  width: Number(config.n_embd),
  heads: Number(config.n_head),
  context: Number(config.n_positions),
});

/** Small numbers of either sign; ones for the scales of norms. */
export function firstWeights(name: string, shape: readonly number[]): Float32Array {
  const scale = name.endsWith("orm") ? 0 : 0.1;
  return Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () =>
    scale === 0 ? 1 : scale * (Math.random() - 0.5),
  );
}

export const randomIds = (length: number, below: number): Int32Array =>
  Int32Array.from({ length }, () => Math.floor(Math.random() * below));

/** The losses of a twin before and after, by which one knows that it learns, and tokens a second. */
export async function measured(
  train: () => Promise<number>,
  size: number,
  seconds: number,
): Promise<{ readonly rate: number; readonly loss: number }> {
  let loss = NaN;
  const steps = await rate(async () => {
    loss = await train();
  }, seconds);
  return { rate: steps * size, loss };
}
