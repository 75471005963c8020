/**
 * The models of a comparison: each architecture as it is, or in every depth and width that is asked for. What is the
 * same for all, such as the time, is in architectures.ts.
 */
import { UsageError } from "../core/errors.ts";
import { checkList, option } from "../core/options.ts";
import type { Architecture, OptionValues } from "../models/model.ts";

/** Sizes that are tried with every architecture, each with each. */
export interface GridSizes {
  /** Numbers of layers. Default: the architecture's own. */
  readonly layers?: readonly number[] | undefined;
  /** Widths. Default: the one with about so many parameters as asked for. */
  readonly width?: readonly number[] | undefined;
}

/** One model to train. */
export interface Candidate {
  readonly architecture: Architecture;
  /** `char-lstm`, or with its place in the grid `char-lstm 2x64`. */
  readonly name: string;
  /** The sizes of its place. */
  readonly sizes: OptionValues;
}

/** Bits per character by architecture and size. */
export interface Grid {
  /** The sizes of each column. */
  readonly columns: readonly OptionValues[];
  /** An architecture a row, with a value for each column; null where it could not be trained, or not yet. */
  readonly rows: readonly {
    readonly model: string;
    readonly bits_per_character: readonly (number | null)[];
  }[];
}

const axes = ["layers", "width"] as const;
/** More models than this take days, and are mistaken for fewer. */
export const MOST_MODELS = 100;

/** The columns of a grid; undefined where no sizes are asked for. */
export function columnsOf(sizes: GridSizes): readonly OptionValues[] | undefined {
  const asked = axes.filter((axis) => sizes[axis] !== undefined);
  if (asked.length === 0) return undefined;
  let columns: OptionValues[] = [{}];
  for (const axis of asked) {
    checkList(sizes[axis], axis);
    const values = [...new Set(sizes[axis])];
    if (values.length === 0)
      throw new UsageError(`${option(axis)} needs one number or more, such as 1 and 2.`, { option: axis });
    columns = columns.flatMap((column) => values.map((value) => ({ ...column, [axis]: value })));
  }
  return columns;
}

/** Those that have an option for every size that is asked for. */
export const withSizes = (architectures: readonly Architecture[], sizes: GridSizes): Architecture[] =>
  architectures.filter(({ options }) =>
    axes.every((axis) => sizes[axis] === undefined || options[axis] !== undefined),
  );

/**
 * @param architectures each once
 * @throws UsageError for a size that an architecture does not have, and for too many models
 */
export function candidatesOf(architectures: readonly Architecture[], sizes: GridSizes): readonly Candidate[] {
  const columns = columnsOf(sizes);
  if (columns === undefined)
    return architectures.map((architecture) => ({ architecture, name: architecture.type, sizes: {} }));
  for (const axis of axes) {
    const lacking = architectures.filter((one) => one.options[axis] === undefined).map(({ type }) => type);
    if (sizes[axis] !== undefined && lacking.length > 0)
      throw new UsageError(
        `${lacking.join(", ")} ${lacking.length === 1 ? "has" : "have"} no option ${option(axis)}; name other ${option("models")}, or leave ${option(axis)} out.`,
        { option: axis, models: lacking },
      );
  }
  const most = architectures.length * columns.length;
  if (most > MOST_MODELS)
    throw new UsageError(
      `That would be ${most} models, ${architectures.length} architectures in ${columns.length} sizes, and at most ${MOST_MODELS} are compared at once; choose fewer ${option("models")} or sizes.`,
      { models: most, most: MOST_MODELS },
    );
  return architectures.flatMap((architecture) =>
    columns.map((column) => {
      // Sizes that cannot be are refused before anything is trained.
      architecture.configure(column, 1);
      return { architecture, name: `${architecture.type} ${sizeText(column)}`, sizes: column };
    }),
  );
}

/** `2x64`, `2 layers` or `64 wide`. */
export function sizeText({ layers, width }: OptionValues): string {
  if (layers === undefined) return `${width} wide`;
  return width === undefined ? `${layers} ${layers === 1 ? "layer" : "layers"}` : `${layers}x${width}`;
}

/** The values of the models that are trained, where sizes were asked for. */
export function gridOf(
  architectures: readonly Architecture[],
  sizes: GridSizes,
  models: readonly { readonly name: string; readonly bits_per_character: number }[],
): Grid | null {
  const columns = columnsOf(sizes);
  if (columns === undefined) return null;
  const trained = new Map(models.map(({ name, bits_per_character }) => [name, bits_per_character]));
  const rows = architectures.map(({ type }) => ({
    model: type,
    bits_per_character: columns.map((column) => trained.get(`${type} ${sizeText(column)}`) ?? null),
  }));
  return { columns, rows };
}
