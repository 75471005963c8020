/** The Markdown files of the project as tests read them: headings, links, code and tables. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./cli.ts";

export interface Block {
  /** Path from the root and line of the opening fence: `docs/data.md:12`. */
  readonly place: string;
  readonly language: string;
  readonly source: string;
  /** Why it is not run, where a comment says so: `<!-- not in CI: reason -->`. */
  readonly notRun: string | undefined;
  /** The file that it quotes, where a comment says so: `<!-- from src/ops/matmul.ts -->`. */
  readonly from: string | undefined;
}

export interface Page {
  /** From the root, such as `docs/data.md`. */
  readonly path: string;
  readonly headings: readonly string[];
  /** What GitHub makes of them: `what-is-kept`. */
  readonly anchors: ReadonlySet<string>;
  /** Targets of links and images. */
  readonly links: readonly string[];
  readonly blocks: readonly Block[];
  /** Inline code. */
  readonly spans: readonly string[];
  /** The lines below a heading up to the next one of any level. */
  section(heading: string): string;
}

/** README.md, CONTRIBUTING.md, CHANGELOG.md, everything in docs/, and the card of the built-in models. */
export function pages(): readonly Page[] {
  const markdown = (folder: string) =>
    readdirSync(join(root, folder))
      .filter((name) => name.endsWith(".md"))
      .sort()
      .map((name) => join(folder, name));
  return [...markdown("."), ...markdown("docs"), ...markdown("models")].map(readPage);
}

export function readPage(path: string): Page {
  const lines = readFileSync(join(root, path), "utf8").split("\n");
  const blocks: Block[] = [];
  /** The same lines, those of code left empty. */
  const prose: string[] = [];
  for (let i = 0; i < lines.length; i++) {
    const language = /^```(\w*)( quoted)?\s*$/.exec(lines[i]!)?.[1];
    prose.push(language === undefined ? lines[i]! : "");
    if (language === undefined) continue;
    const end = lines.indexOf("```", i + 1);
    if (end < 0) throw new Error(`${path}:${i + 1}: the code block has no end.`);
    const comment = (lines[i - 1] ?? "").trim();
    blocks.push({
      place: `${path}:${i + 1}`,
      language,
      source: lines.slice(i + 1, end).join("\n"),
      notRun: /^<!-- not in CI: (.+?) -->$/.exec(comment)?.[1],
      from: /^<!-- from (\S+) -->$/.exec(comment)?.[1],
    });
    for (; i < end; i++) prose.push("");
  }
  const text = prose.join("\n");
  const headings = prose.flatMap((line) => /^#{1,6} (.+)$/.exec(line)?.[1] ?? []);
  const withoutCode = text.replace(/`[^`]*`/g, "");
  return {
    path,
    headings,
    anchors: new Set(headings.map(anchorOf)),
    links: [...withoutCode.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target!),
    blocks,
    spans: [...text.matchAll(/`([^`]+)`/g)].map(([, code]) => code!.replace(/\s+/g, " ")),
    section(heading) {
      const at = prose.findIndex((line) => /^#{1,6} /.test(line) && line.replace(/^#+ /, "") === heading);
      if (at < 0) throw new Error(`${path} has no heading "${heading}".`);
      const end = prose.findIndex((line, i) => i > at && /^#{1,6} /.test(line));
      return lines.slice(at + 1, end < 0 ? undefined : end).join("\n");
    },
  };
}

/** The code at the beginning of each row of the tables in `text`: `| `loss` | ...` gives `loss`. */
export function firstColumn(text: string): readonly string[] {
  return [...text.matchAll(/^\| `([^`]+)`/gm)].map(([, code]) => code!);
}

function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .replace(/ /g, "-");
}
