/** A layer is one value: a function of the model's parameters, and the list of those that it uses. */
import { invalidOption } from "../core/options.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { ParameterSpec, Parameters } from "./parameters.ts";

/**
 * Computes `R` from the model's parameters and `A`; most layers map one tensor to one tensor.
 *
 * @example
 * const [up, down] = [linear("up", 64, 256), linear("down", 256, 64)];
 * const parameters = parametersOf(up, down);
 * const forward = (p: Parameters, x: Tensor) => down(p, relu(up(p, x)));
 */
export type Layer<A extends readonly unknown[] = [x: Tensor], R = Tensor> = ((
  parameters: Parameters,
  ...input: A
) => R) & { readonly parameters: readonly ParameterSpec[] };

/** A layer of these parameters. */
export const layer = <A extends readonly unknown[], R>(
  parameters: readonly ParameterSpec[],
  apply: (parameters: Parameters, ...input: A) => R,
): Layer<A, R> => {
  if (typeof apply !== "function") throw invalidOption("apply", apply, "a function");
  return Object.assign(apply, { parameters });
};

/** For programs without types. */
export function checkLayers(layers: unknown): void {
  const all =
    Array.isArray(layers) && layers.every((one) => typeof one === "function" && "parameters" in one);
  if (!all) throw invalidOption("layers", layers, "a list of layers, such as `linear` returns");
}

/** The parameters of several layers, in order; a layer that the model lacks is undefined. */
export const parametersOf = (
  ...layers: readonly ({ readonly parameters: readonly ParameterSpec[] } | undefined)[]
): readonly ParameterSpec[] => layers.flatMap((one) => one?.parameters ?? []);
