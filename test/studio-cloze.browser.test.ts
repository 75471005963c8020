/** The studio's room "GPT or BERT?" in a real browser, with the two built-in models, against the same models in Node. */
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compareModels } from "../src/compare/compare.ts";
import { percent, wordOfToken } from "../src/report/format.ts";
import { browserReason, noBrowser } from "./browser.ts";
import { faultsOf } from "./studio-page.ts";
import { type OpenStudio, openStudio } from "./studio-run.ts";

const MINUTES = 240_000;
const names = ["punchline-gpt2", "punchline-bert"] as const;

describe.skipIf(noBrowser)(`GPT or BERT?${browserReason}`, () => {
  let studio: OpenStudio;
  beforeAll(async () => {
    studio = await openStudio();
  }, MINUTES);
  afterAll(() => studio?.close());

  const barsOf = (page: Page, name: string) =>
    page.locator(`ol[aria-label="Likeliest words of ${name}"] li`).evaluateAll((rows) =>
      rows.map((row) => ({
        token: row.querySelector("b")!.textContent,
        share: row.querySelector(":scope > span:last-child")!.textContent,
      })),
    );

  const widthsOf = (page: Page, name: string) =>
    page
      .locator(`ol[aria-label="Likeliest words of ${name}"] .track i`)
      .evaluateAll((bars) => bars.map((bar) => Number.parseFloat((bar as HTMLElement).style.width)));

  const verdicts = (page: Page) => page.locator(".verdict").allTextContents();

  it(
    "says what Node says, shows who moves, every head, and the times, by keyboard alone",
    async () => {
      const text = "The man went down to the [MASK] and opened the old door.";
      const page = await studio.browser.newPage({ reducedMotion: "reduce" });
      const problems: string[] = [];
      page.on("pageerror", ({ message }) => problems.push(message));
      await page.goto(`${studio.url}#/gpt-or-bert`);
      expect(await page.inputValue("#cloze-text")).toContain("A hungry fox");
      await page.fill("#cloze-text", text);
      await page.focus("text=Ask both");
      await page.keyboard.press("Enter");
      await page.waitForSelector(".attention", { timeout: MINUTES });

      const { models } = await compareModels(names, { text, runs: 0, topK: 5 });
      for (const { model, predictions } of models)
        expect(await barsOf(page, model)).toEqual(
          predictions.map(({ token, probability }) => ({
            token: wordOfToken(token),
            share: percent(probability),
          })),
        );
      // One scale for both, since their bars lie side by side.
      const most = Math.max(
        ...models.flatMap(({ predictions }) => predictions.map((one) => one.probability)),
      );
      for (const { model, predictions } of models)
        for (const [i, width] of (await widthsOf(page, model)).entries())
          expect(width).toBeCloseTo((100 * predictions[i]!.probability) / most, 0);

      // Other words after the blank: BERT alone has another answer.
      await page.getByLabel("After the blank comes").fill("and drank a whole bottle of milk.");
      await page.waitForFunction(() => document.querySelector(".verdict")?.textContent !== "", null, {
        timeout: MINUTES,
      });
      expect(await verdicts(page)).toEqual([
        expect.stringMatching(/^Does not move/),
        expect.stringMatching(/^Moves by [\d.]+\u00a0%/),
      ]);
      const { models: others } = await compareModels(["punchline-bert"], {
        text: text.replace(/(?<=\[MASK\]).*/, " and drank a whole bottle of milk."),
        runs: 0,
        topK: 5,
      });
      expect((await barsOf(page, "punchline-bert")).map(({ token }) => token)).toEqual(
        others[0]!.predictions.map(({ token }) => wordOfToken(token)),
      );
      await page.click("text=As it was");
      await page.waitForFunction(() => document.querySelector(".verdict")?.textContent === "");

      for (const [i, { facts }] of models.entries()) {
        const radios = page.locator(".heads").nth(i).locator("input");
        expect(await radios.count()).toBe(facts!.layers! * facts!.heads!);
      }
      await page.locator(".heads input").first().focus();
      await page.keyboard.press("ArrowRight");
      await page.waitForSelector("text=Layer 1, head 2 >> visible=true");
      const slider = page.getByLabel("Word of punchline-bert");
      expect(await slider.getAttribute("aria-valuetext")).toMatch(/^“\[MASK\]” looks at /);
      await slider.focus();
      await page.keyboard.press("Home");
      expect(await slider.getAttribute("aria-valuetext")).toMatch(/^“\[CLS\]” looks at /);

      await page.focus("text=Time both");
      await page.keyboard.press("Enter");
      await page.waitForSelector("dl.answers", { timeout: MINUTES });
      const said = (await page.locator("dl.answers dd").allTextContents()).join(" ");
      expect(said).toMatch(/95 % interval|cannot be said here|equally fast/);
      for (const name of names) expect(said).toContain(name);
      expect(await faultsOf(page)).toEqual([]);
      expect(problems).toEqual([]);
      await page.close();
    },
    2 * MINUTES,
  );

  it(
    "says in the library's words what is wrong with a text, and with a model that is not there",
    async () => {
      const page = await studio.browser.newPage();
      await page.goto(`${studio.url}#/gpt-or-bert`);
      await page.route("**/punchline-bert/config.json", (route) => route.fulfill({ status: 404 }));
      await page.click("text=Ask both");
      await page.waitForSelector(".problem", { timeout: MINUTES });
      expect(await page.textContent(".problem")).toBe(
        "punchline-bert has no config.json, so it holds no model; choose a whole run folder.",
      );
      await page.unroute("**/punchline-bert/config.json");
      await page.fill("#cloze-text", "A [MASK] and a [MASK].");
      await page.click("text=Ask both");
      await page.waitForSelector("text=leave a single [MASK]", { timeout: MINUTES });
      await page.close();
    },
    MINUTES,
  );
});
