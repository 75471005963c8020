/** A large file dropped into the studio: how long until it is cleaned, compared and divided, and what the page holds meanwhile. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Random } from "../../src/core/random.ts";
import { prepareData } from "../../src/data/prepare-sources.ts";
import { launchBrowser } from "../../test/browser.ts";
import { builtStudio } from "../../test/studio-page.ts";
import { type BenchRow, plain, row } from "../bench.ts";
import { quick } from "../quick.ts";
import { megabytes, renderers } from "./memory-of-pages.ts";

const MEGABYTES = quick ? 5 : 50;
const INTERVAL = 250;
/** How long a busy machine may take. */
const PATIENCE = 1_200_000;

/** Sentences of made-up words, a line each: as long as jokes are, and none like another. */
function lines(bytes: number): string {
  const random = new Random(0, "file");
  let drawn = 0;
  const below = (n: number) => random.below(n, drawn++);
  const sounds = ["ba", "ke", "li", "mo", "nu", "pra", "sto", "ti", "ver", "zu"];
  const word = () => Array.from({ length: 1 + below(3) }, () => sounds[below(sounds.length)]).join("");
  const made: string[] = [];
  for (let size = 0; size < bytes; size += made.at(-1)!.length + 1)
    made.push(Array.from({ length: 8 + below(16) }, word).join(" "));
  return made.join("\n");
}

export async function fileRows(): Promise<BenchRow[]> {
  const folder = await mkdtemp(join(tmpdir(), "punchline-bench-"));
  const file = join(folder, "large.txt");
  await writeFile(file, lines(MEGABYTES * 1e6));
  const server = await builtStudio(join(folder, "page"));
  const browser = await launchBrowser();
  try {
    const page = await browser.newPage();
    page.setDefaultTimeout(PATIENCE);
    await page.goto(server.url);
    await page.waitForSelector(".facts dd");
    let most = 0;
    const timer = setInterval(() => {
      most = Math.max(most, megabytes(renderers(process.pid)));
    }, INTERVAL);
    const begun = performance.now();
    await page.setInputFiles("input[type=file]", file);
    await page.waitForSelector("text=Chosen now: large.txt");
    await page.waitForSelector(".facts dd").finally(() => clearInterval(timer));
    const seconds = (performance.now() - begun) / 1000;
    const shown = await page.locator(".facts dd").first().textContent();
    await page.close();

    const started = performance.now();
    const { summary } = await prepareData(file);
    const inNode = (performance.now() - started) / 1000;
    if (shown !== summary.rows_in.toLocaleString("en-US")) throw new Error(`The page has ${shown} texts.`);
    return [
      row({
        case: `studio: a file of ${MEGABYTES} MB, from the drop to its divided texts`,
        unit: "s",
        better: "less",
        ours: seconds,
        peer: inNode,
        peerName: "prepareData in Node",
        note: `${shown} texts`,
      }),
      plain(`studio: most memory of the page meanwhile`, "MB", most),
    ];
  } finally {
    await browser.close();
    await server.close();
    await rm(folder, { recursive: true, force: true });
  }
}
