/** What a page is made of: chapters, and in them figures, each with how it was measured and the command that repeats it. */
import { type Content, type Html, html } from "./html.ts";

/** A chapter of the report: from one plain data object to one section of the page. */
export interface Chapter<Data> {
  /** The anchor; unique on the page. */
  readonly id: string;
  readonly title: string;
  /** The chapter's finding in one or two sentences; shown in the table of contents and above the chapter. */
  finding(data: Data): string;
  /** The blocks of the chapter. */
  render(data: Data): readonly Content[];
}

/** How something was measured; printed under it. */
export interface Measured {
  /** One or two sentences: what was measured, on how much data, and how. */
  readonly how: string;
  /** The command line that gives the same figure again, or one for each of its parts. */
  readonly command?: string | readonly string[] | undefined;
}

export interface FigureOptions extends Measured {
  /** Unique on the page. */
  readonly id: string;
  /** The finding, in one sentence. */
  readonly title: string;
  /** What is drawn, and in which unit. */
  readonly subtitle?: string | undefined;
  readonly content: Content;
  /** `text` (the default) as wide as the text, `wide` as wide as the page. */
  readonly width?: "text" | "wide" | undefined;
}

/** A command line that can be copied; breaks between words only, never at a hyphen. */
export function repeat(command: string): Html {
  const words = command.split(" ").map((w, i) => html`${i > 0 && " "}<span>${w}</span>`);
  return html`<span class="repeat">Repeat it: <code>${words}</code></span>`;
}

export function figure({ id, title, subtitle, content, how, command, width = "text" }: FigureOptions): Html {
  return html`<figure id="${id}" class="figure ${width}" aria-labelledby="${id}-title">
<div class="figure-head"><h3 id="${id}-title">${title}</h3>${subtitle && html`<p>${subtitle}</p>`}</div>
${content}
<figcaption>${how}${[command ?? []].flat().map((one) => html` ${repeat(one)}`)}</figcaption>
</figure>
`;
}
