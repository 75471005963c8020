/** What a page is made of: chapters, and in them figures, each with how it was measured and the command that repeats it. */
import { type Content, type Html, html, trusted } from "./html.ts";

/** A chapter of the report: from one plain data object to one section of the page. */
export interface Chapter<Data> {
  /** The anchor; unique on the page. */
  readonly id: string;
  readonly title: string;
  /** The chapter's answer in one or two sentences, for the list of answers on top of the page. */
  finding(data: Data): string;
  /** The blocks of the chapter: first those that are always seen, then figures and blocks that are `folded`. */
  render(data: Data): readonly Content[];
}

/** How something was measured; printed under it. */
export interface Measured {
  /** One or two sentences: what was measured, on how much data, and how. */
  readonly how: string;
  /** The command line that gives the same figure again, or one for each of its parts. */
  readonly command?: string | readonly string[] | undefined;
}

/** What unfolds under its title. */
export interface FoldOptions {
  /** Unique on the page. */
  readonly id: string;
  /** What is inside, or what it shows, in one sentence. */
  readonly title: string;
  readonly content: Content;
  /** `text` (the default) as wide as the text, `wide` as wide as the page. */
  readonly width?: "text" | "wide" | undefined;
}

export interface FigureOptions extends FoldOptions, Measured {
  /** What is drawn, and in which unit. */
  readonly subtitle?: string | undefined;
  /** Seen when its title is chosen, not before. Default false. */
  readonly folded?: boolean | undefined;
}

/** A command line that can be copied; breaks between words only, never at a hyphen. */
export function repeat(command: string): Html {
  const words = command.split(" ").map((w, i) => html`${i > 0 && " "}<span>${w}</span>`);
  return html`<span class="repeat">Repeat it: <code>${words}</code></span>`;
}

export function figure(options: FigureOptions): Html {
  const { id, title, subtitle, content, how, command, width = "text", folded = false } = options;
  const heading = html`<h3 id="${id}-title">${title}</h3>`;
  const said = subtitle && html`<p>${subtitle}</p>`;
  const inside = html`${content}
<figcaption><span class="how">${how}</span>${[command ?? []].flat().map((one) => html` ${repeat(one)}`)}</figcaption>
</figure>`;
  return folded
    ? html`<details id="${id}" class="fold ${width}"><summary>${heading}</summary>
<figure class="figure" aria-labelledby="${id}-title">${said && html`<div class="figure-head">${said}</div>`}
${inside}
</details>
`
    : html`<figure id="${id}" class="figure ${width}" aria-labelledby="${id}-title">
<div class="figure-head">${heading}${said}</div>
${inside}
`;
}

/** A block that is no figure, such as a table of settings, seen when its title is chosen. */
export function fold({ id, title, content, width = "text" }: FoldOptions): Html {
  return html`<details id="${id}" class="fold ${width}"><summary><h3 id="${id}-title">${title}</h3></summary>
${content}
</details>
`;
}

/** The rest of a list or table, seen on demand. */
export function more(what: string, content: Content): Html {
  return html`<details class="more"><summary>${what}</summary>${content}</details>`;
}

/** A note that a page has once, however many of its figures need it. */
export const noteOnce = (text: Content): Html => html`<p class="note once">${text}</p>`;

/** Blocks next to each other where there is room for two. */
export function sideBySide(...blocks: readonly (Html | false)[]): Html | false {
  const present = blocks.filter((block) => block !== false);
  return present.length > 1 ? html`<div class="side-by-side wide">${present}</div>` : (present[0] ?? false);
}

/** The blocks of a chapter: what is seen at once in its order, and then what is folded, as a list. */
export function laidOut(blocks: readonly Content[]): Html {
  const markup = blocks.flatMap(flat);
  const isFold = (block: string) => block.startsWith('<details id="');
  const [seen, folded] = [markup.filter((block) => !isFold(block)), markup.filter(isFold)];
  const list = folded.length > 0 ? [`<div class="folds">\n${folded.join("\n")}</div>`] : [];
  return trusted([...seen, ...list].join("\n"));
}

/** Every block's markup, without the empty ones. */
function flat(block: Content): string[] {
  if (Array.isArray(block)) return block.flatMap(flat);
  const { markup } = html`${block}`;
  return markup === "" ? [] : [markup];
}

/** What may be said by several figures, and what a later one says instead, given the number of the first. */
const repeated: readonly (readonly [pattern: RegExp, instead: (first: string) => string])[] = [
  [/<p class="note once">(.*?)<\/p>/gs, () => ""],
  [/<span class="how">(.*?)<\/span>/gs, (first) => `<span>Measured <a href="#${first}">as above</a>.</span>`],
  [
    /<span class="repeat">Repeat it: (.*?<\/code>)<\/span>/gs,
    (first) => `<span class="repeat">Repeat it: <a href="#${first}">as above</a></span>`,
  ],
];

/** A page on which no note, caption and command line is written twice: a later one is left out, or leads to the first. */
export function saidOnce(page: Html): Html {
  let first = 0;
  const once = (markup: string, [pattern, instead]: (typeof repeated)[number]): string => {
    const seen = new Map<string, string>();
    return markup.replace(pattern, (whole: string, said: string) => {
      const known = seen.get(said);
      if (known !== undefined) return instead(known);
      const id = `said-${++first}`;
      seen.set(said, id);
      return whole.replace(">", ` id="${id}">`);
    });
  };
  return trusted(repeated.reduce(once, page.markup));
}
