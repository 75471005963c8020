/** Parameters as a model declares them, and how their first values are drawn. */
import type { Random } from "../core/random.ts";
import type { Tensor } from "../graph/tensor.ts";

/** Fills a fresh parameter, from a stream of random numbers of its own. */
export type Initialiser = (out: Float32Array, random: Random) => void;

export interface ParameterSpec {
  /** The name that Hugging Face or PyTorch gives the same parameter. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly initialise: Initialiser;
  /** Whether weight decay applies: matrices, but neither biases nor normalisation. */
  readonly decay: boolean;
  /** Which axis counts the outputs, of a matrix that a linear map multiplies with: such a one may be quantised. */
  readonly outputs?: 0 | 1;
  /** Whether it is read by row, as an embedding is; it may be the head's matrix besides. */
  readonly table?: boolean;
  /** Whether its outputs are the vocabulary, of a head that is no table. */
  readonly head?: boolean;
  /** How many linear maps lie side by side in it along an axis: queries, keys and values, or gates. Absent: one. */
  readonly maps?: Maps;
}

/** Linear maps of one size in one matrix. */
export interface Maps {
  readonly axis: 0 | 1;
  readonly count: number;
}

/** A model's parameters by name. */
export type Parameters = Readonly<Record<string, Tensor>>;

export const normal =
  (deviation: number): Initialiser =>
  (out, random) => {
    random.fillNormal(out);
    for (let i = 0; i < out.length; i++) out[i]! *= deviation;
  };

/** Uniform in [-bound, bound). */
export const uniform =
  (bound: number): Initialiser =>
  (out, random) => {
    random.fillUniform(out);
    for (let i = 0; i < out.length; i++) out[i] = (2 * out[i]! - 1) * bound;
  };

export const filled =
  (value: number): Initialiser =>
  (out) =>
    void out.fill(value);

/** A matrix: decays. `outputs`: see {@link ParameterSpec.outputs}. */
export const matrix = (
  name: string,
  shape: readonly number[],
  initialise: Initialiser,
  outputs?: 0 | 1,
): ParameterSpec => ({
  name,
  shape,
  initialise,
  decay: true,
  ...(outputs === undefined ? {} : { outputs }),
});

/** A bias, a gain, an offset: does not decay. */
export const vector = (name: string, shape: readonly number[], initialise: Initialiser): ParameterSpec => ({
  name,
  shape,
  initialise,
  decay: false,
});

/** The parameter `name`, or a clear failure where the model did not declare it. */
export function parameter(parameters: Parameters, name: string): Tensor {
  const found = parameters[name];
  if (!found) throw new Error(`the model has no parameter "${name}"`);
  return found;
}
