/** Charts of lines whose values can be read: at the pointer, by touch and by keys. */
import { all, element, path, slider } from "./dom.ts";

/** A picture of the chart, for a wide page or a narrow one, with the pixels of the table's rows. */
interface Picture {
  readonly svg: SVGSVGElement;
  readonly across: readonly number[];
  readonly mark: SVGPathElement;
}

export function charts(): void {
  for (const chart of all(".chart:has(+ .values)")) {
    const pictures = all<SVGSVGElement>("svg[data-x]", chart).map(pictureOf);
    const table = chart.nextElementSibling;
    const rows = table === null ? [] : all("tbody tr", table);
    if (pictures.length === 0 || rows.length === 0) continue;
    const names = all("thead th", table!).map((head) => head.textContent ?? "");
    const cells = rows.map((row) => all("th, td", row).map((cell) => cell.textContent ?? ""));
    /** The value of a column at a row, or the last before it. */
    const value = (row: number, column: number): string => {
      for (let i = row; i >= 0; i--) {
        const said = cells[i]![column];
        if (said) return said;
      }
      return "";
    };
    const reading = element("p", { class: "reading", "aria-hidden": "true" });
    const walk = slider({
      label: `Values along ${names[0]}`,
      max: rows.length - 1,
      value: rows.length - 1,
      show(row) {
        for (const { across, mark, svg } of pictures) {
          mark.setAttribute("d", `M${across[row]} 20V${svg.viewBox.baseVal.height - 38}`);
        }
        const values = names.slice(1).flatMap((name, i) => {
          const said = value(row, i + 1);
          return said === "" ? [] : [`${name} ${said}`];
        });
        const text = `${names[0]} ${cells[row]![0]}: ${values.join(" · ")}`;
        reading.textContent = text;
        return text;
      },
    });
    for (const { svg, across } of pictures) {
      const point = (event: PointerEvent) => {
        const { left, width } = svg.getBoundingClientRect();
        const x = ((event.clientX - left) / width) * svg.viewBox.baseVal.width;
        walk.go(
          across.reduce((best, at, i) => (Math.abs(at - x) < Math.abs(across[best]! - x) ? i : best), 0),
        );
      };
      svg.addEventListener("pointermove", point);
      svg.addEventListener("pointerdown", point);
    }
    chart.append(walk.input, reading);
  }
}

function pictureOf(svg: SVGSVGElement): Picture {
  const mark = path("mark", svg);
  return { svg, across: (svg.dataset.x ?? "").split(" ").map(Number), mark };
}
