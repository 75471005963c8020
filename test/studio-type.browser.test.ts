/** Predictive typing in a real browser, with the keys that it saves. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { browserReason, noBrowser } from "./browser.ts";
import { faultsOf } from "./studio-page.ts";
import { type OpenStudio, openStudio, PATIENCE, tabTo, trainedPage } from "./studio-run.ts";

describe.skipIf(noBrowser)(`the studio suggests words${browserReason}`, () => {
  let studio: OpenStudio;
  beforeAll(async () => {
    studio = await openStudio();
  }, PATIENCE);
  afterAll(() => studio?.close());

  it(
    "takes one with a key, counts the keys, and measures what an exact typist saves; by keyboard alone",
    async () => {
      const context = await studio.browser.newContext({ reducedMotion: "reduce" });
      const page = await trainedPage(context, studio.url, 120);
      const problems: string[] = [];
      page.on("pageerror", ({ message }) => problems.push(message));
      await page.goto(`${studio.url}#/type`);
      await page.waitForSelector(".suggestions li");
      await page.focus("#typed");
      await page.keyboard.type("W");
      // Words for the text before may begin with the same letter: these are shown with what is typed of them.
      const begun = (letter: string) =>
        page.waitForFunction(
          (typed) => document.querySelector(".suggestions .word .quiet")?.textContent === typed,
          letter,
        );
      await begun("W");
      const offered = (await page.textContent(".suggestions .word"))!;
      await page.keyboard.press("ArrowRight");
      await page.waitForFunction(
        (word) => document.querySelector("textarea")?.value.trim() === word,
        offered,
      );
      await expect
        .poll(() => page.locator(".keys dd").allTextContents())
        .toEqual([
          String(offered.length),
          "2",
          `${((100 * (offered.length - 2)) / offered.length).toFixed(0)} %`,
        ]);
      await page.keyboard.type("d");
      await expect.poll(() => page.inputValue("#typed")).toBe(`${offered} d`);
      await begun("d");
      const second = (await page.textContent(".suggestions .word"))!;
      await page.keyboard.press("Alt+Digit1");
      await expect.poll(() => page.inputValue("#typed")).toBe(`${offered} ${second}`);
      await expect.poll(() => page.locator(".keys dd").nth(1).textContent()).toBe("4");
      expect(await faultsOf(page)).toEqual([]);

      await tabTo(page, "Measure on unseen texts");
      await page.keyboard.press("Enter");
      await page.waitForSelector("text=characters took");
      expect(await page.textContent("[role=status]:has-text('characters took')")).toMatch(
        /^With pasted-texts-tell-me-how-your-otter, 8 unseen texts of \d+ characters took \d+ keys: -?\d+ % saved/,
      );
      expect(await faultsOf(page)).toEqual([]);
      expect(problems).toEqual([]);
      await context.close();
    },
    8 * PATIENCE,
  );
});
