/** A studio with a run in it, for tests of rooms that need a model. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { launchBrowser } from "./browser.ts";
import { builtStudio } from "./studio-page.ts";

/** Milliseconds that a step may take on a busy machine. */
export const PATIENCE = 90_000;

const animals = ["otter", "heron", "badger", "walrus", "pigeon", "magpie", "lizard"];
const deeds = [
  "cross the frozen river",
  "hide a lemon in the piano",
  "buy two green umbrellas",
  "paint the cellar by night",
  "sell its grandmother's violin",
];
const reasons = [
  "It had lost a bet with the mayor of Vienna.",
  "Nobody else would answer the telephone.",
  "The weather report had promised custard.",
  "Somebody must think of the children!",
  "That is how spies say hello.",
  "Thursday was already fully booked.",
  "A doctor once called it good exercise.",
  "Pure spite, and a little curiosity.",
];

/** What the run is trained on: texts that are not near copies of each other. */
export const texts: readonly string[] = Array.from({ length: 40 }, (_, i) => {
  const [animal, deed] = [animals[i % 7], deeds[i % 5]];
  const asked = i % 2 ? `Why did the ${animal} ${deed}?` : `Tell me how your ${animal} could ${deed}?`;
  return `${asked} ${reasons[i % 8]}`;
});

export interface OpenStudio {
  readonly url: string;
  readonly browser: Browser;
  close(): Promise<void>;
}

export async function openStudio(): Promise<OpenStudio> {
  const folder = await mkdtemp(join(tmpdir(), "punchline-studio-"));
  const { url, close } = await builtStudio(folder);
  const browser = await launchBrowser();
  return {
    url,
    browser,
    async close() {
      await browser.close();
      await close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Waits until the training that a page shows has come as far, however long the machine takes for it. */
export const reached = (page: Page, step: number): Promise<unknown> =>
  page.waitForFunction(
    (least) => Number(/in (\d+) steps/.exec(document.querySelector(".chart")?.ariaLabel ?? "")?.[1]) >= least,
    step,
    { timeout: 5 * PATIENCE },
  );

/** The last step that the chart of a page shows. */
export const stepShown = async (page: Page): Promise<number> =>
  Number(/in (\d+) steps/.exec((await page.getAttribute(".chart", "aria-label")) ?? "")?.[1]);

/**
 * A page in which a model was trained on {@link texts} for so many steps, or a few more; its run has the name
 * `pasted-texts-tell-me-how-your-otter`.
 */
export async function trainedPage(context: BrowserContext, url: string, steps = 30): Promise<Page> {
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE);
  await page.goto(`${url}#/data?minutes=30`);
  await page.fill("#pasted", texts.join("\n"));
  await page.click("text=Use these");
  await page.waitForSelector("text=Chosen now: Pasted texts");
  await page.click("text=Train on these");
  await page.click("button.main:text-is('Train')");
  await reached(page, steps);
  await page.click("button.main:text-is('Stop')");
  await page.waitForSelector("button:has-text('Write with it')");
  return page;
}

/** Presses Tab until an element whose text begins with `name` has the focus. */
export async function tabTo(page: Page, name: string): Promise<void> {
  for (let k = 0; k < 80; k++) {
    await page.keyboard.press("Tab");
    const text = await page.evaluate(() => document.activeElement?.textContent ?? "");
    if (text.startsWith(name)) return;
  }
  throw new Error(`The Tab key never comes to ${name}.`);
}
