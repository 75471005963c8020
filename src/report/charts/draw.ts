/**
 * Observable Plot without a browser: a chart becomes inline SVG with the page's CSS variables as colours, so
 * that one picture serves the light and the dark theme.
 *
 * Each chart is drawn twice, for a wide page and for a phone, with letters of the same size; the style sheet shows
 * one of them.
 */
import { type PlotOptions, plot } from "@observablehq/plot";
import { parseHTML } from "linkedom";
import { type Html, html, trusted } from "../html.ts";

/** The space that a chart is drawn for, in CSS pixels. */
export interface Place {
  readonly width: number;
  /** True on a phone: fewer ticks, shorter labels. */
  readonly narrow: boolean;
}

export interface ChartOptions {
  /** Unique on the page. */
  readonly id: string;
  /** A short name of the picture, for those who cannot see it. */
  readonly title: string;
  /** What the picture shows, with its main figures in words. */
  readonly description: string;
  readonly draw: (place: Place) => PlotOptions;
  /** Positions along x whose values can be read in {@link ChartOptions.values}, in their order. */
  readonly across?: readonly number[] | undefined;
  /** The values as a table, seen on demand. */
  readonly values?: Html | undefined;
  /** The widths drawn; one number draws once for all. Default 680 and 340. */
  readonly widths?: readonly [wide: number, narrow: number] | number;
}

/** Colours by role; each is a CSS variable of the page. */
export const colour = {
  accent: "var(--accent)",
  ink: "var(--ink)",
  muted: "var(--muted)",
  faint: "var(--faint)",
  paper: "var(--paper)",
  wash: "var(--wash)",
} as const;

/** The label of an axis below the middle of it. */
export const centred = { labelAnchor: "center", labelArrow: "none" } as const;

/** A halo in the colour of the paper, which keeps text over lines readable. */
export const halo = { stroke: colour.paper, strokeWidth: 4 } as const;

export function chart(options: ChartOptions): Html {
  const { id, title, description, draw, across = [], values, widths = [680, 340] } = options;
  const places = [widths].flat().map((width, i) => ({ width, narrow: i === 1 }));
  return html`<div class="chart">${places.map((place) => {
    const kind = places.length === 1 ? "any" : place.narrow ? "narrow" : "wide";
    const own = `${id}-${kind}`;
    const { head, body, pixels } = serialise(draw(place), place, across);
    return html`${trusted(head)}${pixels !== "" && html` data-x="${pixels}"`} class="${kind}" role="img" aria-labelledby="${own}-t ${own}-d"><title id="${own}-t">${title}</title><desc id="${own}-d">${description}</desc>${trusted(body)}`;
  })}</div>${values && html`<details class="values"><summary>The numbers</summary>${values}</details>`}
`;
}

/** The opening of the SVG element, without its `>`, all that follows it, and the pixels of these positions along x. */
function serialise(
  options: PlotOptions,
  { width }: Place,
  across: readonly number[],
): { head: string; body: string; pixels: string } {
  const { document } = parseHTML("<!doctype html><html><body></body></html>");
  const drawn = plot({
    document,
    width,
    marginTop: 28,
    marginRight: 16,
    ...options,
    style: { fontSize: "12px", fontFamily: "inherit", background: "none" },
  });
  for (const style of drawn.querySelectorAll("style")) style.remove();
  const viewBox = drawn.getAttribute("viewBox") ?? "";
  // Two decimals of a pixel are enough; text between the tags is left as it is. Plot's names of groups are none for readers.
  const body = drawn.innerHTML.replace(/<[^>]*>/g, (tag) =>
    tag
      .replace(/\d+\.\d{3,}/g, (n) => String(Number(Number(n).toFixed(2))))
      .replace(/ aria-label="([^"]*)"/, (_, name: string) => ` class="${name.replace(/\s+/g, "-")}"`)
      .replace(/ aria-(description|hidden)="[^"]*"/g, ""),
  );
  return {
    head: `<svg viewBox="${viewBox}" width="${width}" font-size="12" text-anchor="middle" fill="currentColor"`,
    body: `${body}</svg>`,
    pixels: across.map((x) => Math.round(drawn.scale("x")!.apply(x))).join(" "),
  };
}
