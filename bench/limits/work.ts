/** What a model's products with its weights need at least. Attention's own products come on top, and are few. */
import { bytesPerElement, sizeOf } from "../../src/core/array.ts";
import type { Weights } from "../../src/generate/language-model.ts";
import type { ParameterSpec } from "../../src/nn/parameters.ts";

interface Network {
  readonly parameters: readonly ParameterSpec[];
}

/** Rows that the products of one pass have. */
export interface Rows {
  /** Tokens that pass through the layers. */
  readonly rows: number;
  /** Those of them whose scores of the vocabulary are computed. Default: all. */
  readonly scored?: number;
}

/** Bytes of weights that every pass reads; of a table that is only read by row, none. */
export function weightBytes(model: Network, weights: Weights): number {
  const names = new Set(multiplied(model).flatMap(({ name, packedIn }) => [name, packedIn ?? name]));
  const forms = [...names].flatMap((name) => [
    name,
    ...["packed", "weights", "scales", "sums"].map((part) => `${name}.${part}`),
  ]);
  const arrays = forms.flatMap((name) => weights[name] ?? []);
  return sum(arrays.map(({ dtype, shape }) => bytesPerElement(dtype) * sizeOf(shape)));
}

/** Multiplications and additions of one forward pass. Training with all weights takes three times as many. */
export const forwardOperations = (model: Network, { rows, scored = rows }: Rows): number =>
  sum(multiplied(model).map((spec) => 2 * sizeOf(spec.shape) * (isHead(spec) ? scored : rows)));

/** Matrices, and tables that are the head's matrix as well. */
const multiplied = ({ parameters }: Network): readonly ParameterSpec[] =>
  parameters.filter(({ shape, table, outputs }) => shape.length > 1 && (!table || outputs !== undefined));

const isHead = ({ table, head }: ParameterSpec): boolean => (table ?? false) || (head ?? false);
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
