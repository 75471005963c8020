/** A model's parameters as it declares them, and how their first values are drawn. */
import { PunchlineError } from "../core/errors.ts";
import { checkObject } from "../core/options.ts";
import type { Random } from "../core/random.ts";
import type { Tensor } from "../graph/tensor.ts";

/** Fills a new parameter, from its own stream of random numbers. */
export type Initialiser = (out: Float32Array, random: Random) => void;

export interface ParameterSpec {
  /** The name that Hugging Face or PyTorch gives the same parameter. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly initialise: Initialiser;
  /** Whether weight decay applies: matrices, but neither biases nor normalisation. */
  readonly decay: boolean;
  /** The axis of the outputs, of a matrix that a linear map multiplies with: these may be quantised and adapted. */
  readonly outputs?: 0 | 1 | undefined;
  /** Whether it is read by row, as an embedding is; it may also be the head's matrix. */
  readonly table?: boolean | undefined;
  /** Whether its outputs are the vocabulary, of a head that is not a table. */
  readonly head?: boolean | undefined;
  /**
   * The name of a matrix that this one may be packed in when it is quantised, with those of the same name behind each
   * other along the outputs: they multiply the same x. Absent: it is packed alone.
   */
  readonly packedIn?: string | undefined;
  /** Linear maps side by side in it along an axis: queries, keys and values, or gates. Absent: one. */
  readonly maps?: Maps | undefined;
}

/** Linear maps of one size in one matrix. */
export interface Maps {
  readonly axis: 0 | 1;
  readonly count: number;
}

/** A model's parameters by name. */
export type Parameters = Readonly<Record<string, Tensor>>;

export const normal =
  (std: number): Initialiser =>
  (out, random) => {
    random.fillNormal(out);
    for (let i = 0; i < out.length; i++) out[i]! *= std;
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
  outputs,
});

/** A bias, a gain, an offset: does not decay. */
export const vector = (name: string, shape: readonly number[], initialise: Initialiser): ParameterSpec => ({
  name,
  shape,
  initialise,
  decay: false,
});

/** @throws PunchlineError `parameter` where the model did not declare the parameter `name` */
export function parameter(parameters: Parameters, name: string): Tensor {
  checkObject(parameters, "parameters", "tensors by name, such as a layer is called with");
  const found = parameters[name];
  if (!found)
    throw new PunchlineError(
      "parameter",
      `The model has no parameter "${name}"; add it to its list of \`parameters\`.`,
      { details: { name } },
    );
  return found;
}
