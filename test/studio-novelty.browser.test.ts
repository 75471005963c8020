/** "New or remembered?" in a real browser, beside the same audit in Node. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { prepareTexts } from "../src/data/prepare.ts";
import { auditModel } from "../src/evaluate/novelty/audit-model.ts";
import { browserReason, noBrowser } from "./browser.ts";
import { faultsOf } from "./studio-page.ts";
import { type OpenStudio, openStudio, PATIENCE, tabTo, texts, trainedPage } from "./studio-run.ts";

const asked = [
  texts[2]!,
  `The teacher wept. ${texts[12]!.slice(0, 40)} and what happened to all of the other fruit on that day?`,
  "Why did the otter sing?",
  "Nothing of this is known here.",
];

describe.skipIf(noBrowser)(`the studio looks texts up${browserReason}`, () => {
  let studio: OpenStudio;
  beforeAll(async () => {
    studio = await openStudio();
  }, PATIENCE);
  afterAll(() => studio?.close());

  it(
    "gives the verdict of the library, marks what is shared, and names its row; by keyboard alone",
    async () => {
      const context = await studio.browser.newContext({ reducedMotion: "reduce" });
      const page = await trainedPage(context, studio.url);
      const problems: string[] = [];
      page.on("pageerror", ({ message }) => problems.push(message));
      await page.goto(`${studio.url}#/novelty?texts=mine`);
      await page.waitForSelector("#looked-up");
      await page.focus("#looked-up");
      await page.keyboard.insertText(asked.join("\n"));
      await tabTo(page, "Look them up");
      await page.keyboard.press("Enter");
      await page.waitForSelector(".verdict-said");

      const data = await prepareTexts([{ texts }]);
      const audit = await auditModel(asked, { data, everywhere: true });
      expect(audit.copies).toBe(1);
      expect(audit.samples[1]!.spans.length).toBeGreaterThan(0);
      expect(audit.samples[2]!.cue_matches.length).toBeGreaterThan(0);
      expect(await page.textContent(".verdict-said")).toBe(audit.verdict);

      const shown = page.locator(".looked-up > li");
      expect(await shown.count()).toBe(asked.length);
      expect(await shown.nth(0).locator(".verdict").textContent()).toBe("Copy");
      expect(await shown.nth(0).textContent()).toContain(
        "The same: Pasted texts: Tell me how your otter, line 3",
      );
      for (const [i, { text, spans }] of audit.samples.entries())
        expect(await shown.nth(i).locator("> div:first-child mark").allTextContents()).toEqual(
          spans.map(({ start, end }) => text.slice(start, end)),
        );
      expect(await shown.nth(1).textContent()).toMatch(
        /is in Pasted texts: Tell me how your otter, line \d+/,
      );
      const [match] = audit.samples[2]!.cue_matches;
      expect(await shown.nth(2).locator(".real mark").first().textContent()).toBe(
        match!.text.slice(...match!.in_text),
      );
      expect(await shown.nth(2).locator(".real").textContent()).toContain(
        `Pasted texts: Tell me how your otter, line ${texts.indexOf(match!.text) + 1}`,
      );
      expect(await faultsOf(page)).toEqual([]);

      // In figures, and before them in a sentence.
      await page.fill("#looked-up", texts.join("\n"));
      await page.click("text=Look them up");
      await page.waitForSelector(".verdict-said b:text-is('These repeat texts that it learned from.')");

      await page.check("input[value=model]");
      await page.fill("input[type=number] >> nth=0", "30");
      await page.click("text=Write and look up");
      await page.waitForSelector("text=Copies among what pasted-texts-tell-me-how-your-otter wrote");
      expect(await page.textContent(".verdict-said")).toMatch(
        /of these texts are copies .* of real unseen texts/,
      );
      expect(await page.textContent(".rates")).toMatch(/\d+ of (30|2\d)/);
      expect(await faultsOf(page)).toEqual([]);

      await page.fill("input[type=number] >> nth=0", "0");
      await page.click("text=Write and look up");
      await page.waitForSelector(".problem");
      expect(await page.textContent(".problem")).toMatch(/\bn\b/);
      expect(problems).toEqual([]);
      await context.close();
    },
    8 * PATIENCE,
  );
});
