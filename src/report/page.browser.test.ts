import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fixture } from "../../test/report-fixture/report.ts";
import { renderReport } from "./index.ts";

const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
const absent = !existsSync(executablePath);

describe.skipIf(absent)(
  `in Chromium${absent ? ` (skipped: none at ${executablePath}; set CHROMIUM)` : ""}`,
  () => {
    let browser: Browser;
    let folder: string;
    let url: string;
    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), "punchline-report-"));
      const file = join(folder, "report.html");
      writeFileSync(file, await renderReport(fixture));
      url = pathToFileURL(file).href;
      browser = await chromium.launch({
        executablePath,
        args: ["--headless", "--no-sandbox", "--disable-gpu"],
      });
    });
    afterAll(async () => {
      await browser?.close();
      rmSync(folder, { recursive: true, force: true });
    });

    async function open(
      width: number,
      colorScheme: "light" | "dark",
    ): Promise<{ page: Page; trouble: string[] }> {
      const page = await browser.newPage({ viewport: { width, height: 800 }, colorScheme });
      const trouble: string[] = [];
      page.on("console", (m) => trouble.push(m.text()));
      page.on("pageerror", (e) => trouble.push(e.message));
      page.on(
        "request",
        (r) => r.url() !== url && !r.url().startsWith("data:") && trouble.push(`loads ${r.url()}`),
      );
      await page.goto(url);
      return { page, trouble };
    }
    const background = (page: Page) => page.evaluate(() => getComputedStyle(document.body).backgroundColor);

    test.each([
      [360, "light"],
      [360, "dark"],
      [1280, "light"],
      [1280, "dark"],
    ] as const)(
      "at %d pixels, %s: nothing sticks out, nothing is loaded, nothing fails",
      async (width, scheme) => {
        const { page, trouble } = await open(width, scheme);
        const sticking = await page.evaluate(() =>
          [...document.querySelectorAll("body *")]
            .filter((e) => !e.closest(".table") && e.getBoundingClientRect().right > innerWidth + 0.5)
            .map((e) => `${e.tagName} ${e.className} ${e.textContent?.slice(0, 40)}`),
        );
        expect(sticking).toEqual([]);
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
        // Of each chart drawn for two places just one is shown.
        const shown = await page.evaluate(() =>
          [...document.querySelectorAll(".chart")].map(
            (c) =>
              [...c.querySelectorAll("svg")].filter((s) => getComputedStyle(s).display !== "none").length,
          ),
        );
        expect(new Set(shown)).toEqual(new Set([1]));
        expect(trouble).toEqual([]);
        await page.close();
      },
    );

    test("the button changes the theme against the system's, and back; paper is light", async () => {
      const { page } = await open(1280, "dark");
      const dark = await background(page);
      const button = page.locator("#theme");
      expect(await button.textContent()).toBe("Light page");
      await button.click();
      expect(await background(page)).toBe("rgb(255, 255, 255)");
      expect(await button.textContent()).toBe("Dark page");
      await button.click();
      expect(await background(page)).toBe(dark);
      await page.emulateMedia({ media: "print" });
      expect(await background(page)).toBe("rgb(255, 255, 255)");
      await page.close();
    });

    test("the policy lets the page's own script and styles work, and nothing that a text might bring", async () => {
      const { page, trouble } = await open(1280, "light");
      expect(await page.locator("#theme").isVisible()).toBe(true); // its script ran
      expect(await background(page)).not.toBe("rgba(0, 0, 0, 0)"); // its style sheet holds
      expect(trouble).toEqual([]);
      const ran = await page.evaluate(async () => {
        const blocked: string[] = [];
        document.addEventListener("securitypolicyviolation", (event) =>
          blocked.push(event.effectiveDirective),
        );
        const script = document.createElement("script");
        script.textContent = "window.evil = 1";
        const image = Object.assign(new Image(), { src: "http://127.0.0.1:9/x.png" });
        const style = document.createElement("style");
        style.textContent = "body{display:none}";
        document.body.append(script, image, style);
        document.body.insertAdjacentHTML("beforeend", '<img src="data:," onerror="window.evil = 2">');
        await fetch("http://127.0.0.1:9/").catch(() => {});
        await new Promise((wake) => setTimeout(wake, 200));
        return {
          evil: "evil" in window,
          shown: getComputedStyle(document.body).display,
          blocked: blocked.sort(),
        };
      });
      expect(ran).toEqual({
        evil: false,
        shown: "block",
        blocked: ["connect-src", "img-src", "script-src-attr", "script-src-elem", "style-src-elem"],
      });
      await page.close();
    });

    test("every entry of the contents leads to its chapter", async () => {
      const { page } = await open(1280, "light");
      await page.locator('nav.contents a[href="#compare"]').click();
      const top = await page.evaluate(() => document.querySelector("#compare")!.getBoundingClientRect().top);
      expect(Math.abs(top)).toBeLessThan(2);
      await page.close();
    });
  },
);
