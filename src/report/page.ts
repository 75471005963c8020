/**
 * The whole report as one HTML document that needs nothing else: styles, pictures and the one script are inside, and it
 * opens from a disk without a network.
 *
 * A chapter is one file in `chapters/` and one line in `chapters` below. Chapters without data are left out, and the
 * rest are numbered in this order. On top are the answers of all; what is `folded` in a chapter opens when it is asked
 * for, when a link leads into it, and on paper.
 */
import { architectures } from "./chapters/architectures.ts";
import { characters } from "./chapters/characters.ts";
import { cities } from "./chapters/cities.ts";
import { compare } from "./chapters/compare.ts";
import { gpt } from "./chapters/gpt.ts";
import { novelty } from "./chapters/novelty.ts";
import { runs } from "./chapters/runs.ts";
import { type Chapter, laidOut, saidOnce } from "./figure.ts";
import { duration } from "./format.ts";
import { type Html, html, trusted } from "./html.ts";
import { withPolicy } from "./policy.ts";
import { pageScript } from "./script.generated.ts";
import { layout } from "./style/layout.ts";
import { parts } from "./style/parts.ts";
import { theme } from "./style/theme.ts";

const chapters = { cities, characters, architectures, gpt, novelty, compare, runs };

/** The data of each chapter that is to appear. */
export type ReportChapters = {
  readonly [Name in keyof typeof chapters]?: (typeof chapters)[Name] extends Chapter<infer Data>
    ? Data | undefined
    : never;
};

export interface ReportData {
  readonly title: string;
  /** One or two sentences under the title. */
  readonly standfirst: string;
  /** The best joke, and which model wrote it. */
  readonly best?: { readonly joke: string; readonly byline: string } | undefined;
  /** The figures to remember, at most five: `{ value: "2.41 bits", label: "per character" }`. */
  readonly key: readonly { readonly value: string; readonly label: string }[];
  /** What is still to come, where the page is not finished. */
  readonly unfinished?: string | undefined;
  readonly chapters: ReportChapters;
  readonly provenance: {
    /** ISO 8601. */
    readonly date: string;
    /** The command that made the page. */
    readonly command: string;
    /** Processor, cores, memory, system. */
    readonly machine: string;
    /** Versions of Punchline and Node. */
    readonly versions: string;
    readonly seconds?: number | undefined;
  };
}

/** A chapter's title, and what it found in a sentence or two. */
export interface ChapterFinding {
  readonly id: string;
  readonly title: string;
  readonly finding: string;
}

interface Found extends ChapterFinding {
  body(): Html;
}

export function page(report: ReportData): string {
  const present = findings(report.chapters);
  const { provenance } = report;
  const day = provenance.date.slice(0, 10);
  return withPolicy(
    html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="Punchline">
<link rel="icon" href="data:,">
<title>${report.title}</title>
<style>${trusted(theme + layout + parts)}</style>
</head>
<body>
<header class="top">
<div class="masthead"><div>Punchline <span><time datetime="${provenance.date}">${day}</time></span></div><div class="tools"><button id="unfold" type="button" hidden>Open all</button><button id="theme" type="button" hidden>Dark page</button></div></div>
<h1>${report.title}</h1>
<p class="standfirst">${report.standfirst}</p>
${report.best && html`<figure class="best"><blockquote class="joke">${report.best.joke.trim()}</blockquote><figcaption>${report.best.byline}</figcaption></figure>`}
${report.key.length > 0 && html`<dl class="key">${report.key.map((k) => html`<div><dt>${k.label}</dt><dd>${k.value}</dd></div>`)}</dl>`}
${report.unfinished && html`<p class="caveat unfinished">${report.unfinished}</p>`}
${present.length > 1 && answers(present)}
</header>
<main>
${saidOnce(html`${present.map((found, i) => section(found, i, present.length === 1))}`)}</main>
<footer><div>
<p>Made ${provenance.seconds !== undefined && `in ${duration(provenance.seconds)} `}by <code>${provenance.command}</code></p>
<p>${provenance.machine}</p>
<p>${provenance.versions}</p>
</div></footer>
${trusted(`<script>${pageScript}</script>`)}
</body>
</html>
`.markup,
  );
}

/** What each chapter found, in their order on the page. */
export function findings(data: ReportChapters): readonly Found[] {
  // Each chapter gets the data of the same name, which TypeScript cannot follow in a loop.
  return Object.entries(chapters).flatMap(([name, chapter]) => {
    const { id, title, finding, render } = chapter as Chapter<unknown>;
    const own: unknown = data[name as keyof ReportChapters];
    return own === undefined ? [] : [{ id, title, finding: finding(own), body: () => laidOut(render(own)) }];
  });
}

/** What each chapter found, as its entry in the contents. */
function answers(present: readonly Found[]): Html {
  return html`<nav class="contents" aria-label="Answers"><ol>${present.map(
    (c, i) => html`<li><b>${i + 1}</b><div><a href="#${c.id}">${c.title}</a><p>${c.finding}</p></div></li>
`,
  )}</ol></nav>`;
}

/** @param alone whether it is the only chapter, whose answer is nowhere else on the page */
function section(c: Found, i: number, alone: boolean): Html {
  return html`<section class="chapter" id="${c.id}" aria-labelledby="${c.id}-heading">
<div class="opening">${!alone && html`<span class="no">${i + 1}</span>`}<h2 id="${c.id}-heading">${c.title}</h2>${alone && html`<p>${c.finding}</p>`}</div>
${c.body()}
</section>
`;
}
