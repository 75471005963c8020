/** Tables that are read by row, and heads that score the vocabulary by the rows of one. */
import { int32 } from "../core/array.ts";
import { checkOptions, optionNames } from "../core/options.ts";
import { constant } from "../graph/leaves.ts";
import type { Tensor } from "../graph/tensor.ts";
import { add } from "../ops/elementwise.ts";
import { gather, indexAlong } from "../ops/indexing.ts";
import { slice } from "../ops/movement.ts";
import { type Layer, layer } from "./layer.ts";
import { multiplyWeight } from "./linear.ts";
import { filled, matrix, normal, type Parameters, parameter, vector } from "./parameters.ts";
import { quantizedMatrix } from "./quantized.ts";

export interface EmbeddingOptions {
  /** Standard deviation of the first values. Default 1. */
  readonly std?: number | undefined;
  /** Whether {@link Embedding.scores} is used: the table is the head's matrix. Default false. */
  readonly output?: boolean | undefined;
}

const embeddingNames = optionNames<keyof EmbeddingOptions>()("std output");

/** Rows of the table by id: ids [...] → [..., width]. */
export interface Embedding extends Layer<[ids: Tensor]> {
  /** The product of x with each row, as a head computes it: [..., width] → [..., size]. */
  scores(parameters: Parameters, x: Tensor, bias?: Tensor): Tensor;
  /** `count` rows, the first ones unless `from` says otherwise: [count, width]. */
  firstRows(parameters: Parameters, count: number, from?: number): Tensor;
}

/** A table `name.weight` [size, width], drawn from a normal distribution. */
export function embedding(
  name: string,
  size: number,
  width: number,
  options: EmbeddingOptions = {},
): Embedding {
  const { std = 1, output = false } = checkOptions(options, embeddingNames);
  const weight = `${name}.weight`;
  const spec = { ...matrix(weight, [size, width], normal(std), output ? 0 : undefined), table: true };
  const rows = layer(
    [spec],
    (p, ids: Tensor) => quantizedMatrix(p, weight, width)?.rows(ids) ?? gather(parameter(p, weight), ids),
  );
  return Object.assign(rows, {
    scores: (p: Parameters, x: Tensor, bias?: Tensor) => multiplyWeight(p, name, x, bias),
    firstRows: (p: Parameters, count: number, from = 0) => slice(parameter(p, weight), 0, from, count),
  });
}

/**
 * A layer of ids [batch, length] and, where they do not count from 0, positions int32 [batch, length]; it gives
 * [length, width] or [batch, length, width].
 */
export type PositionEmbedding = Layer<[ids: Tensor, positions?: Tensor | undefined]>;

/** A learned vector for each position. @param skipped rows of the table before that of position 0. Default 0. */
export function positionEmbedding(
  name: string,
  context: number,
  width: number,
  std: number,
  skipped = 0,
): PositionEmbedding {
  const table = embedding(name, context + skipped, width, { std });
  return layer(table.parameters, (p, ids: Tensor, positions?: Tensor) => {
    const length = ids.shape[1]!;
    if (!positions && typeof length === "number") return table.firstRows(p, length, skipped);
    const from0 = positions ?? indexAlong(ids, 1);
    return table(p, skipped === 0 ? from0 : add(from0, constant(int32([], [skipped]))));
  });
}

/** A head that scores the vocabulary by the rows of a table, plus a bias of its own, `name` [vocabulary]. */
export const tiedHead = (name: string, table: Embedding, vocabulary: number): Layer =>
  layer([vector(name, [vocabulary], filled(0))], (p, x: Tensor) => table.scores(p, x, parameter(p, name)));
