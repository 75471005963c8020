/** The studio as a person meets it: how soon its first screen is of use, how much script that takes, and how it stays responsive. */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Browser } from "playwright-core";
import { launchBrowser } from "../../test/browser.ts";
import { builtStudio } from "../../test/studio-page.ts";
import { type BenchRow, median, row } from "../bench.ts";
import { fewest } from "../quick.ts";

const OPENED = fewest(5);
/** Minutes of the training in which tasks are timed. */
const MINUTES = 0.2;
/** How long a page is waited for. */
const MINUTES_AT_MOST = 2;

export async function studioRows(): Promise<BenchRow[]> {
  const folder = await mkdtemp(join(tmpdir(), "punchline-bench-"));
  const server = await builtStudio(folder);
  const browser = await launchBrowser();
  try {
    const opened: number[] = [];
    for (let k = 0; k < OPENED; k++) opened.push(await firstScreen(browser, server.url));
    const aim = (title: string, unit: string, ours: number, peer: number, note?: string) =>
      row({ case: title, unit, better: "less", ours, peer, peerName: "the aim", ...(note ? { note } : {}) });
    const { longest, processor, tasks } = await tasksWhileTraining(browser, server.url);
    return [
      aim("studio: first screen usable, nothing cached", "s", median(opened), 1.5),
      aim(
        "studio: script that a walk through every room loads, without the runtime, gzipped",
        "kB",
        await walkedScript(browser, server.url, server.files),
        300,
        `${(await scriptSize(server.files)).toFixed(0)} kB with what is loaded only for jokes, tables and Parquet files`,
      ),
      aim(
        "studio: longest task of the page while it trains",
        "ms",
        longest,
        50,
        `${processor.toFixed(0)} ms of processor at most, the rest waited for a core; ${tasks} tasks in ${60 * MINUTES} s of training, LSTM by the room's own choice`,
      ),
    ];
  } finally {
    await browser.close();
    await server.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Seconds from the start of the navigation to a button that can be pressed. */
async function firstScreen(browser: Browser, url: string): Promise<number> {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.addInitScript(() => {
    const look = () => {
      if (document.querySelector("main button:not(:disabled)"))
        Object.assign(window, { usable: performance.now() });
      else requestAnimationFrame(look);
    };
    look();
  });
  await page.goto(url);
  await page.waitForFunction(() => "usable" in window);
  const milliseconds = await page.evaluate(() => (window as unknown as { usable: number }).usable);
  await context.close();
  return milliseconds / 1000;
}

const isOwnScript = (file: string): boolean => file.endsWith(".js") && !file.startsWith("ort");

/** Kilobytes of scripts of the built page. */
async function gzipped(folder: string, scripts: Iterable<string>): Promise<number> {
  const sizes = await Promise.all(
    [...scripts].map(async (file) => gzipSync(await readFile(join(folder, "assets", file))).length),
  );
  return sizes.reduce((a, b) => a + b, 0) / 1000;
}

/** Kilobytes of every script of the page and its worker but the runtime's. */
const scriptSize = async (folder: string): Promise<number> =>
  gzipped(folder, (await readdir(join(folder, "assets"))).filter(isOwnScript));

/** Kilobytes of the scripts that are loaded by who trains a model on the first list, and opens every room. */
async function walkedScript(browser: Browser, url: string, folder: string): Promise<number> {
  const context = await browser.newContext();
  const loaded = new Set<string>();
  context.on("response", (response) => {
    const file = new URL(response.url()).pathname.split("/").at(-1) ?? "";
    if (isOwnScript(file)) loaded.add(file);
  });
  const page = await context.newPage();
  await page.goto(`${url}#/train?minutes=0.05`);
  await page.click("button.main:has-text('Train')");
  await page.waitForSelector("text=Write with it", { timeout: 60_000 * MINUTES_AT_MOST });
  const rooms = page.locator("nav a");
  for (let k = 0; k < (await rooms.count()); k++) await rooms.nth(k).click();
  await page.waitForSelector(".definition", { timeout: 60_000 * MINUTES_AT_MOST });
  await context.close();
  return gzipped(folder, loaded);
}

interface TraceEvent {
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  /** Microseconds by the clock, and those in which the thread had a core. */
  readonly dur?: number;
  readonly tdur?: number;
  readonly args?: { readonly name?: string };
}

/** Milliseconds of the longest task of the page's own thread while a model trains and is watched, and of the busiest. */
async function tasksWhileTraining(
  browser: Browser,
  url: string,
): Promise<{ longest: number; processor: number; tasks: number }> {
  const page = await browser.newPage();
  await page.goto(`${url}#/train?minutes=${MINUTES}`);
  await page.waitForSelector("button.main:has-text('Train'):not(:disabled)");
  await browser.startTracing(page, {
    categories: ["toplevel", "devtools.timeline", "disabled-by-default-devtools.timeline"],
  });
  await page.click("button.main:has-text('Train')");
  await page.waitForSelector("text=Write with it", { timeout: 60_000 * (MINUTES + 1) });
  const { traceEvents }: { traceEvents: readonly TraceEvent[] } = JSON.parse(
    (await browser.stopTracing()).toString("utf8"),
  );
  await page.close();
  const threads = traceEvents.filter(
    ({ name, args }) => name === "thread_name" && args?.name === "CrRendererMain",
  );
  const tasks = traceEvents.filter(
    ({ name, pid, tid }) => name.endsWith("RunTask") && threads.some((t) => t.pid === pid && t.tid === tid),
  );
  const longest = (times: readonly number[]) => Math.max(0, ...times) / 1000;
  return {
    longest: longest(tasks.map(({ dur = 0 }) => dur)),
    processor: longest(tasks.map(({ tdur = 0 }) => tdur)),
    tasks: tasks.length,
  };
}
