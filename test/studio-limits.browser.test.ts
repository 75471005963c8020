/** The studio where something is short or hostile while it trains: storage that is full, and texts that look like a page. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { browserReason, noBrowser } from "./browser.ts";
import {
  type OpenStudio,
  openStudio,
  PATIENCE,
  reached,
  stepShown,
  texts,
  trainedPage,
} from "./studio-run.ts";

describe.skipIf(noBrowser)(`a training in trouble${browserReason}`, () => {
  let studio: OpenStudio;
  beforeAll(async () => {
    studio = await openStudio();
  }, PATIENCE);
  afterAll(() => studio?.close());

  it(
    "says that the storage is full, keeps the last checkpoint, and goes on once there is room",
    async () => {
      const context = await studio.browser.newContext();
      const page = await trainedPage(context, studio.url, 10);
      const stopped = await stepShown(page);
      const devtools = await context.newCDPSession(page);
      const origin = new URL(studio.url).origin;
      const { usage } = (await devtools.send("Storage.getUsageAndQuota", { origin })) as { usage: number };
      await devtools.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: usage + 1000 });
      await page.click("button:has-text('Go on with pasted-texts-tell-me-how-your-otter')");
      await page.waitForSelector(
        '.problem:has-text("The browser\'s storage is full, and pasted-texts-tell-me-how-your-otter could not be saved; download or delete runs")',
      );
      await page.waitForSelector(".columns [role=status]:has-text('Stopped')");

      await devtools.send("Storage.overrideQuotaForOrigin", { origin });
      await page.reload();
      await page.click("button:has-text('Go on with pasted-texts-tell-me-how-your-otter')");
      await reached(page, stopped + 5);
      await page.click("button.main:text-is('Stop')");
      await page.waitForSelector("button:has-text('Write with it')");
      expect(await page.locator(".problem").count()).toBe(0);
      await context.close();
    },
    8 * PATIENCE,
  );

  it(
    "learns from hostile texts, and shows what it learned as text",
    async () => {
      const context = await studio.browser.newContext();
      const page = await context.newPage();
      page.setDefaultTimeout(PATIENCE);
      const problems: string[] = [];
      page.on("pageerror", ({ message }) => problems.push(message));
      const hostile = texts.flatMap((text, i) => [
        `<img src=x onerror="window.hacked = ${i}"> ${text}`,
        `</textarea><script>window.hacked = ${i}</script>${i}`,
        `\u202e${text} \u0007\u001b[31m${i}`,
        `\u{1f469}\u200d\u{1f467} \u0634\u0643\u0631\u0627 ${i * 37} \ud800 \u0000`,
        `{"__proto__": {"polluted": ${i}}}, =cmd|' /C calc'!A${i}`,
      ]);
      await page.goto(`${studio.url}#/data?minutes=30`);
      await page.setInputFiles("input[type=file]", {
        name: "<img src=x onerror=alert(1)>.txt",
        mimeType: "text/plain",
        buffer: Buffer.from(hostile.map((text) => text.replaceAll("\u0000", "")).join("\n")),
      });
      await page.waitForSelector("text=Chosen now: <img");
      await page.click("text=Train on these");
      await page.click("button.main:text-is('Train')");
      await reached(page, 20);
      await page.click("button.main:text-is('Stop')");
      await page.click("text=Write with it");
      await page.getByLabel("Begin with").fill("<img src=x onerror=");
      await page.click("button.main:text-is('Write')");
      await page.waitForSelector(".tokens button");
      await page.click("nav a:text-is('New or remembered?')");
      await page.check("input[value=mine]");
      await page.fill("#looked-up", hostile[0]!);
      await page.click("text=Look them up");
      await page.waitForSelector(".verdict-said");
      expect(await page.locator(".looked-up .said").first().textContent()).toContain("<img src=x onerror=");
      expect(await page.evaluate(() => "hacked" in window || "polluted" in {})).toBe(false);
      expect(await page.locator("main img, main script").count()).toBe(0);
      expect(problems).toEqual([]);
      await context.close();
    },
    8 * PATIENCE,
  );
});
