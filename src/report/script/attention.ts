/** The attention of every head: layer, head and token are chosen, and the tokens that it looks at are coloured. */
import { percent } from "../format.ts";
import { type CellPlace, cellPaths } from "./cells.ts";
import { all, choice, element, path, slider, under } from "./dom.ts";

interface Stored {
  readonly layers: number;
  readonly heads: number;
  readonly tokens: readonly string[];
  /** Whether the text has others before and after them. */
  readonly cut?: { readonly before: boolean; readonly after: boolean };
  /** Base64 of a byte for each weight, [layers, heads, tokens, tokens]: 255 times its square root. */
  readonly weights: string;
  /** Layer and head that the page was written with, from 1. */
  readonly drawn: readonly [layer: number, head: number];
  /** Where the picture has its squares; absent where it has other tokens. */
  readonly place?: CellPlace;
}

export function attention(): void {
  for (const place of all(".attention[data-heads]")) heads(place, JSON.parse(place.dataset.heads!) as Stored);
}

function heads(
  place: HTMLElement,
  { layers, heads, tokens, cut, weights, drawn, place: cells }: Stored,
): void {
  const bytes = Uint8Array.from(atob(weights), (letter) => letter.charCodeAt(0));
  const n = tokens.length;
  let [layer, head, token] = [drawn[0] - 1, drawn[1] - 1, n - 1];
  const row = (of: number): number[] => {
    const first = ((layer * heads + head) * n + of) * n;
    return Array.from(bytes.subarray(first, first + n), (byte) => (byte / 255) ** 2);
  };
  const chips = tokens.map((text) => element("span", {}, text));
  const text = element(
    "p",
    { class: "chips", "aria-hidden": "true" },
    ...(cut?.before ? ["… "] : []),
    ...chips.flatMap((chip) => [chip, " "]),
    ...(cut?.after ? ["…"] : []),
  );
  const reading = element("p", { class: "reading", "aria-hidden": "true" });
  const svg = cells && place.querySelector<SVGSVGElement>("svg");
  const mark = svg && path("row", svg);
  const show = (of: number): string => {
    token = of;
    const own = row(of);
    for (const [i, chip] of chips.entries()) {
      chip.classList.toggle("at", i === of);
      chip.style.setProperty("--weight", `${Math.round(85 * Math.sqrt(own[i]!))}%`);
    }
    const most = [...own.keys()].sort((a, b) => own[b]! - own[a]!).slice(0, 4);
    const said = `“${tokens[of]}” looks at ${most
      .filter((i) => own[i]! > 0)
      .map((i) => `${tokens[i]} ${percent(own[i]!)}`)
      .join(" · ")}`;
    reading.textContent = said;
    if (cells !== undefined) {
      const { left, top, size } = cells;
      mark?.setAttribute("d", `M${left} ${top + of * size}h${n * size}v${size}h-${n * size}z`);
    }
    return said;
  };
  const walk = slider({ label: "Token", max: n - 1, value: token, show });
  const draw = () => {
    walk.input.setAttribute("aria-valuetext", show(token));
    if (cells === undefined) return;
    const paths = cellPaths(
      Array.from({ length: n }, (_, i) => row(i)),
      cells,
    );
    for (const [i, shade] of all<SVGPathElement>("path.cells", place).entries())
      shade.setAttribute("d", paths[i]!);
  };
  const point = (event: Event) => {
    const to = under(event, chips);
    if (to >= 0) walk.go(to);
  };
  text.addEventListener("pointermove", point);
  text.addEventListener("click", point);
  const counted = (count: number) => Array.from({ length: count }, (_, i) => String(i + 1));
  const controls = element(
    "div",
    { class: "controls" },
    choice("Layer", counted(layers), drawn[0] - 1, (chosen) => {
      layer = chosen;
      draw();
    }),
    choice("Head", counted(heads), drawn[1] - 1, (chosen) => {
      head = chosen;
      draw();
    }),
  );
  place.prepend(controls, text, walk.input, reading);
  if (svg && cells) {
    // The words are above, so that the picture needs none.
    for (const name of all("text", svg)) name.remove();
    svg.setAttribute("viewBox", `${cells.left} ${cells.top} ${n * cells.size} ${n * cells.size}`);
    const pointRow = (event: PointerEvent) => {
      const { top, height } = svg.getBoundingClientRect();
      walk.go(Math.min(n - 1, Math.max(0, Math.floor((n * (event.clientY - top)) / height))));
    };
    svg.addEventListener("pointermove", pointRow);
    svg.addEventListener("pointerdown", pointRow);
  }
  place.classList.add("live");
  // The table is of the head that the page was written with.
  place.querySelector(".values")?.remove();
}
