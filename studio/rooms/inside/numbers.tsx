/** A small tensor as a table of coloured numbers: warm above zero, cold below, stronger the larger. */
import { useId } from "preact/hooks";
import type { InsideValue } from "../../worker/inside/types.ts";

/** Rows and columns that are shown. */
const MOST = 32;

export const brief = (value: number): string => {
  if (Number.isInteger(value)) return String(value);
  const size = Math.abs(value);
  if (size >= 100) return value.toFixed(0);
  if (size >= 0.01) return value.toFixed(2);
  return value.toExponential(0).replace("e-", "e−");
};

export const exactly = (value: number): string => {
  const size = Math.abs(value);
  return value === 0 || (size >= 1e-4 && size < 1e5) ? value.toFixed(8) : value.toExponential(3);
};

export const shapeInWords = ({ dtype, shape }: Pick<InsideValue, "dtype" | "shape">): string =>
  shape.length === 0 ? `one number, ${dtype}` : `${shape.join(" × ")}, ${dtype}`;

/** White space that can be seen. */
export const visible = (letter: string): string => (letter === " " ? "␣" : letter);

interface NumbersProps {
  readonly title: string;
  readonly data: readonly number[];
  readonly value: Pick<InsideValue, "shape" | "rows" | "columns">;
  /** The number that is looked at, and what chooses another. */
  readonly at?: number | undefined;
  readonly onChoose?: ((number: number) => void) | undefined;
}

export function Numbers({ title, data, value: { shape, rows, columns }, at, onChoose }: NumbersProps) {
  const id = useId();
  const width = shape.at(-1) ?? 1;
  const height = data.length / width;
  const largest = Math.max(...data.map(Math.abs), 1e-30);
  const shown = Math.min(width, MOST);
  const cut = width > MOST || height > MOST;
  return (
    <figure class="numbers">
      <figcaption id={id}>{title}</figcaption>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
      <section class="scroll" aria-labelledby={id} tabIndex={0}>
        <table>
          {columns && (
            <thead>
              <tr>
                {rows && <td />}
                {columns.slice(0, shown).map((letter, i) => (
                  <th key={i} scope="col">
                    {visible(letter)}
                  </th>
                ))}
              </tr>
            </thead>
          )}
          <tbody>
            {Array.from({ length: Math.min(height, MOST) }, (_, row) => (
              <tr key={row}>
                {rows && <th scope="row">{visible(rows[row] ?? "")}</th>}
                {Array.from({ length: shown }, (_, column) => {
                  const i = row * width + column;
                  const number = data[i]!;
                  return (
                    // biome-ignore lint/a11y/useKeyWithClickEvents: pointing is one more way; the slider does the same
                    <td
                      key={column}
                      class={`${number < 0 ? "below" : "above"}${i === at ? " at" : ""}`}
                      style={{ "--heat": `${((55 * Math.abs(number)) / largest).toFixed(0)}%` }}
                      title={exactly(number)}
                      onClick={onChoose && (() => onChoose(i))}
                    >
                      {brief(number)}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      {cut && <small>The first {MOST} rows and columns.</small>}
    </figure>
  );
}
