/** Choosing the width of an architecture for a number of parameters, so that architectures can be compared. */
import { UsageError } from "../core/errors.ts";
import { option } from "../core/options.ts";
import { type Architecture, countParameters, type OptionValues } from "./model.ts";

/** Widths that are tried are multiples of this; it suits vector units and numbers of heads. */
const STEP = 16;
const WIDEST = 4096;

/**
 * Parameters that do not grow with the vocabulary: all but the table of tokens, the head and its bias. A
 * vocabulary of words has so many of those that models of words and of characters could not be compared by all.
 */
export function innerParameters(
  architecture: Architecture,
  options: OptionValues,
  vocabulary: number,
): number {
  const count = (size: number) => countParameters(architecture.build(architecture.configure(options, size)));
  return 2 * count(vocabulary) - count(2 * vocabulary);
}

/**
 * The options with {@link innerParameters} nearest to `parameters`, by the width alone; those given for
 * an architecture that has no width.
 * @throws UsageError where even the narrowest is more than twice too large, or the widest half too small
 */
export function optionsOfSize(
  architecture: Architecture,
  parameters: number,
  vocabulary: number,
  given: OptionValues = {},
): OptionValues {
  if (architecture.options.width === undefined) return given;
  let best = { width: 0, size: 0, distance: Number.POSITIVE_INFINITY };
  for (let width = STEP; width <= WIDEST; width += STEP) {
    const size = innerParameters(architecture, { ...given, width }, vocabulary);
    const distance = Math.abs(Math.log(size / parameters));
    if (distance < best.distance) best = { width, size, distance };
    if (size > parameters) break;
  }
  if (best.distance > Math.LN2) {
    throw new UsageError(
      `${architecture.type} cannot have about ${parameters} parameters in addition to its vocabulary: with ${option("width", best.width)} it has ${best.size}. Choose another size.`,
      { parameters, nearest: best.size },
    );
  }
  return { ...given, width: best.width };
}
