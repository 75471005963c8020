/** The squares of a picture of attention, drawn by the page when it is written, and again for another head. */

/** Shades of a weight: the square root, which makes small weights visible, in tenths. */
export const SHADES = 10;

export interface CellPlace {
  /** The upper left corner, in pixels. */
  readonly left: number;
  readonly top: number;
  /** Width and height of a token's row, in pixels. */
  readonly size: number;
}

/**
 * One path for each shade from 1 to {@link SHADES}: the squares of the weights that have it.
 * @param weights [T, T]: how much the row attends to the column
 */
export function cellPaths(
  weights: readonly (readonly number[])[],
  { left, top, size }: CellPlace,
): readonly string[] {
  const paths = Array.from({ length: SHADES }, () => "");
  const side = round(size * 0.94);
  for (const [y, row] of weights.entries()) {
    for (const [x, weight] of row.entries()) {
      const shade = Math.round(Math.sqrt(weight) * SHADES);
      if (shade > 0)
        paths[shade - 1] += `M${round(left + x * size)} ${round(top + y * size)}h${side}v${side}h-${side}z`;
    }
  }
  return paths;
}

const round = (pixels: number): number => Math.round(pixels * 10) / 10;
