/** The page, the terminal and the JSON document of one audit say the same, whatever the counts. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseHTML } from "linkedom";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createContext } from "../src/cli/context.ts";
import { printAudit } from "../src/cli/output/novelty-tables.ts";
import { terminal } from "../src/cli/output/terminal.ts";
import { prepareText } from "../src/data/prepare.ts";
import { demoPage } from "../src/demo/page.ts";
import { auditSamples, type NoveltyAudit } from "../src/evaluate/novelty/audit.ts";
import { buildIndex } from "../src/evaluate/novelty/training-index.ts";
import { chapterFindings } from "../src/report/index.ts";
import { noveltyPage } from "../src/report/pages/novelty.ts";

const learned = Array.from(
  { length: 30 },
  (_, k) => `The hen ${k} crossed ${k * 7919} roads for ${k * 31} eggs.`,
);
const index = buildIndex(learned);
const texts = (n: number, copies: number) =>
  Array.from({ length: n }, (_, k) =>
    k < copies ? learned[k % learned.length]! : `Quite another tale, of ship ${k * 104729} at sea.`,
  );

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "punchline-agree-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const plain = (text: string) => text.replace(/[\s\u00a0]+/g, " ");

function inTerminal(audit: NoveltyAudit): string {
  let said = "";
  const stdout = terminal({ write: (text) => (said += text) }, {});
  const interrupt = { signal: new AbortController().signal } as Parameters<
    typeof createContext
  >[0]["interrupt"];
  const plainly = { json: false, quiet: false, verbose: false };
  const parts = { stdout, stderr: stdout, interrupt, ...plainly, commandLine: "punchline novelty runs/a" };
  printAudit(createContext(parts).context, audit);
  return plain(said);
}

async function onPage(audit: NoveltyAudit): Promise<string> {
  const file = join(folder, "page.html");
  await noveltyPage(file, "runs/a", "punchline novelty runs/a", audit);
  return plain(parseHTML(await readFile(file, "utf8")).document.body.textContent!);
}

/** The answer at the head of the page of the demo. */
async function inDemo(audit: NoveltyAudit): Promise<string> {
  const results = { novelty: { indexed: 30, audits: [{ ...audit, model: "m", command: "c" }] } };
  const data = prepareText("a text of some letters. ".repeat(40));
  const page = demoPage(results, { data, pending: [], command: "c", seconds: 1 });
  return (await chapterFindings(page.chapters))[0]!.finding;
}

const sentences = {
  more: /copies more than chance likeness explains/,
  fewer: /copies less than unseen (?:jokes|texts) seem to/,
  alike: /difference is within chance/,
  "too-few": /nothing can be concluded/,
} as const;
const answers = {
  more: /Some of it is remembered\./,
  fewer: /New, no more alike than chance/,
  alike: /New(?:, no more alike than chance|\. Of 200 texts by [^.]*, none is a copy)/,
  "too-few": /There are too few texts to tell\./,
} as const;

// By Newcombe's interval, which finding.test.ts computes in another way.
it.each([
  [22, 200, 10, 200, "more"],
  [10, 200, 22, 200, "fewer"],
  [20, 200, 10, 200, "alike"],
  [12, 12, 1, 40, "more"],
  [1, 20, 5, 200, "too-few"],
  [1, 200, 0, 8, "too-few"],
  [0, 200, 0, 200, "alike"],
] as const)("%d of %d copies beside %d of %d is %s", async (copies, n, theirs, of, finding) => {
  const heldOut = texts(of, theirs);
  const audit = await auditSamples(texts(n, copies), index, { heldOut });
  expect(audit).toMatchObject({ copies, n, baseline: { copies: theirs, n: of } });
  const { finding: inJson } = JSON.parse(JSON.stringify(audit));
  expect(inJson).toBe(finding);
  const page = await onPage(audit);
  for (const said of [audit.verdict, inTerminal(audit)]) {
    for (const [name, sentence] of Object.entries(sentences)) {
      expect(sentence.test(said), `${name} in: ${said}`).toBe(name === finding);
    }
  }
  expect(page).not.toMatch(/cannot be told apart|it remembers/);
  for (const said of [page, await inDemo(audit)]) expect(said).toMatch(answers[finding]);
});
