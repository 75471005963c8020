/**
 * HTML that is safe from injection: every value in an `html` template is escaped, unless it is itself the result of one.
 *
 * @example
 * html`<p>${"<script>"}</p>`.markup; // "<p>&lt;script&gt;</p>"
 */

import { printable } from "../core/printable.ts";

/** A piece of finished markup. */
export class Html {
  readonly markup: string;
  constructor(markup: string) {
    this.markup = markup;
  }
}

/** A value of a template: text is escaped; `false`, `null` and `undefined` are left out; lists are joined. */
export type Content = Html | string | number | false | null | undefined | readonly Content[];

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/**
 * Text as HTML text or attribute value. Control characters and marks of direction, which sampled texts may
 * contain, are shown as `\x0b` and `\u202e`; line feeds and tabs stay; lone surrogates become U+FFFD.
 */
export function escapeHtml(text: string): string {
  return printable(text)
    .replace(/[&<>"']/g, (c) => entities[c]!)
    .replace(/\p{Cs}/gu, "\ufffd");
}

export function html(strings: TemplateStringsArray, ...values: readonly Content[]): Html {
  let markup = strings[0]!;
  for (let i = 0; i < values.length; i++) markup += toMarkup(values[i]) + strings[i + 1]!;
  return new Html(markup);
}

/** Markup that comes from a trusted place, such as a chart's serialised SVG. */
export function trusted(markup: string): Html {
  return new Html(markup);
}

function toMarkup(value: Content): string {
  if (value === undefined || value === null || value === false) return "";
  if (value instanceof Html) return value.markup;
  if (typeof value === "string") return escapeHtml(value);
  if (typeof value === "number") return String(value);
  return value.map(toMarkup).join("");
}
