/** Pages in a real browser: their size, what folds, what answers to pointer and keys, and what their policy keeps out. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { browserReason, launchBrowser, noBrowser } from "../../test/browser.ts";
import { fixture } from "../../test/report-fixture/report.ts";
import { renderReport } from "./index.ts";

describe.skipIf(noBrowser)(`in Chromium${browserReason}`, () => {
  let browser: Browser;
  let page: Page;
  let folder: string;
  let trouble: string[] = [];
  const urlOf = (name: string) => pathToFileURL(join(folder, `${name}.html`)).href;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "punchline-report-"));
    const { runs: _, architectures: __, ...story } = fixture.chapters;
    const demo = { ...fixture, unfinished: undefined, chapters: story };
    writeFileSync(join(folder, "whole.html"), await renderReport(fixture));
    writeFileSync(join(folder, "demo.html"), await renderReport(demo));
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(() => {
    trouble = [];
  });
  afterEach(async () => {
    await page?.close();
  });

  async function open(
    width: number,
    { name = "whole", hash = "", dark = false, script = true } = {},
  ): Promise<void> {
    page = await browser.newPage({
      viewport: { width, height: 800 },
      colorScheme: dark ? "dark" : "light",
      javaScriptEnabled: script,
    });
    const url = urlOf(name);
    page.on("console", (m) => trouble.push(m.text()));
    page.on("pageerror", (e) => trouble.push(e.message));
    page.on(
      "request",
      (r) => r.url() !== url + hash && !r.url().startsWith("data:") && trouble.push(`loads ${r.url()}`),
    );
    await page.goto(url + hash);
  }
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const height = () => page.evaluate(() => document.documentElement.scrollHeight);
  const unfold = () =>
    page.evaluate(() => {
      for (const one of document.querySelectorAll("details")) one.open = true;
    });
  const valueText = (selector: string) => page.locator(selector).first().getAttribute("aria-valuetext");

  test.each([360, 390, 1280])(
    "at %d pixels nothing sticks out, folded or open; nothing is loaded, nothing fails",
    async (width) => {
      await open(width, { dark: width === 360 });
      for (const state of ["folded", "open"]) {
        if (state === "open") await unfold();
        const sticking = await page.evaluate(() =>
          [...document.querySelectorAll("body *")]
            .filter(
              (e) => !e.closest(".table, .unseen") && e.getBoundingClientRect().right > innerWidth + 0.5,
            )
            .map((e) => `${e.tagName} ${e.className} ${e.textContent?.slice(0, 40)}`),
        );
        expect(sticking, state).toEqual([]);
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
      }
      // Of each chart drawn for two places just one is shown.
      const shown = await page.evaluate(() =>
        [...document.querySelectorAll(".chart")].map(
          (c) => [...c.querySelectorAll("svg")].filter((s) => getComputedStyle(s).display !== "none").length,
        ),
      );
      expect(new Set(shown)).toEqual(new Set([1]));
      expect(trouble).toEqual([]);
    },
  );

  test("the page of the demo is short while it is folded, and begins with its answers", async () => {
    await open(1200, { name: "demo" });
    expect(await height()).toBeLessThan(6000);
    const answers = await page.evaluate(() =>
      document.querySelector("nav.contents")!.getBoundingClientRect(),
    );
    expect(answers.bottom).toBeLessThan(900);
    const folded = await height();
    await page.locator("#unfold").click();
    expect(await height()).toBeGreaterThan(2 * folded);
    expect(await page.locator("#unfold").textContent()).toBe("Fold all");
    await page.locator("#unfold").click();
    expect(await height()).toBe(folded);
  });

  test("a link into what is folded opens it, and a print opens all", async () => {
    await open(1280, { hash: "#novelty-0-curve" });
    const isOpen = (id: string) =>
      page.locator(`details#${id}`).evaluate((d) => (d as HTMLDetailsElement).open);
    expect(await isOpen("novelty-0-curve")).toBe(true);
    expect(await isOpen("novelty-0-similarity")).toBe(false);
    const top = await page.evaluate(
      () => document.querySelector("#novelty-0-curve")!.getBoundingClientRect().top,
    );
    expect(Math.abs(top)).toBeLessThan(2);
    await page.locator('nav.contents a[href="#compare"]').click();
    await expect
      .poll(() => page.evaluate(() => document.querySelector("#compare")!.getBoundingClientRect().top))
      .toBeLessThan(2);

    await page.emulateMedia({ media: "print" });
    const closed = () => page.evaluate(() => document.querySelectorAll("details:not([open])").length);
    const before = await closed();
    expect(before).toBeGreaterThan(10);
    await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
    expect(await closed()).toBe(0);
    await page.evaluate(() => dispatchEvent(new Event("afterprint")));
    expect(await closed()).toBe(before);
    expect(await background()).toBe("rgb(255, 255, 255)");
  });

  test("without its script, a print has what is folded too, and every number is on the page", async () => {
    await open(1280, { script: false });
    const seen = (selector: string) =>
      page
        .locator(selector)
        .first()
        .evaluate((e) => e.checkVisibility());
    expect(await seen("#characters-jokes .joke")).toBe(false);
    await page.emulateMedia({ media: "print" });
    expect(await seen("#characters-jokes .joke")).toBe(true);
    await page.emulateMedia({ media: "screen" });
    await unfold();
    for (const place of ["#characters-read td", "#characters-temperature td", "#characters-loss .values td"])
      expect(await seen(place), place).toBe(true);
    expect(await page.locator("button:visible, input:visible").count()).toBe(0);
  });

  test("each letter says how likely it was, by pointer and by keys", async () => {
    await open(390);
    const [first] = fixture.chapters.characters!.read!;
    const slider = "#characters-read input";
    const letters = page.locator("#characters-read .letter-text:visible .each > span");
    expect(await letters.count()).toBe(first!.tokens.length);
    await letters.nth(7).click();
    const { probability, instead } = first!.tokens[7]!;
    const said = await valueText(slider);
    expect(Number.parseFloat(/, ([\d.]+)/.exec(said!)![1]!)).toBeCloseTo(100 * probability, 0);
    expect(await page.locator("#characters-read .letter-text:visible .bars li").count()).toBe(
      instead.length + Number(!instead.some(({ token }) => token === first!.tokens[7]!.token)),
    );
    await page.keyboard.press("ArrowRight");
    expect(await valueText(slider)).not.toBe(said);
    expect(await page.locator("#characters-read .at").count()).toBeGreaterThanOrEqual(1);
    await page.locator("#characters-read select").selectOption({ index: 1 });
    expect(await letters.count()).toBe(fixture.chapters.characters!.read![1]!.tokens.length);
    expect(trouble).toEqual([]);
  });

  test("temperature flattens or sharpens the stored probabilities", async () => {
    await open(1280, { hash: "#characters-temperature" });
    const { logProbabilities } = fixture.chapters.characters!.next![0]!;
    const at = async (temperature: number) => {
      await page.locator("#characters-temperature input").fill(String(temperature));
      const values = await page.locator("#characters-temperature .bars .value").allTextContents();
      return values.map((value) => Number.parseFloat(value.replace("<", "")) / 100);
    };
    for (const temperature of [0.3, 1, 2]) {
      const powers = logProbabilities.map((log) => Math.exp(log) ** (1 / temperature));
      const sum = powers.reduce((a, b) => a + b, 0);
      const shown = await at(temperature);
      for (const i of [0, 1, 2]) expect(shown[i]).toBeCloseTo(powers[i]! / sum, 2);
      expect(shown.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 1);
    }
  });

  test("the values of a chart are read at the pointer and by keys", async () => {
    await open(1280, { hash: "#characters-loss" });
    const { log } = fixture.chapters.characters!;
    const slider = page.locator("#characters-loss input");
    await slider.focus();
    await page.keyboard.press("End");
    const reading = page.locator("#characters-loss .reading");
    const last = log.at(-1)!;
    expect(await reading.textContent()).toBe(
      `training step ${last.step.toLocaleString("en-US")}: training ${last.loss.toPrecision(3)} · validation ${last.val_loss!.toPrecision(3)}`,
    );
    await page.keyboard.press("Home");
    expect(await reading.textContent()).toContain(`training ${log[0]!.loss.toPrecision(3)}`);
    const box = (await page.locator("#characters-loss svg.wide").boundingBox())!;
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    expect(await reading.textContent()).toMatch(/^training step [12],\d\d\d: training 1\.\d/);
    const mark = await page.locator("#characters-loss svg.wide .mark").getAttribute("d");
    expect(Number(/^M(\d+)/.exec(mark!)![1]) / 680).toBeCloseTo(0.5, 1);
  });

  test("layer, head and token of the attention are chosen", async () => {
    await open(390, { hash: "#compare-attention" });
    const place = page.locator("#compare-attention .attention").first();
    const tokens = fixture.chapters.compare!.models[0]!.attention!.tokens;
    expect(await place.locator("select").nth(0).locator("option").count()).toBe(12);
    for (const [layer, head] of [
      [2, 3],
      [7, 1],
    ] as const) {
      await place.locator("select").nth(0).selectOption(String(layer));
      await place.locator("select").nth(1).selectOption(String(head));
      await place.locator(".chips span").nth(4).click();
      // The fixture's heads look at one token each.
      expect(await place.locator(".reading").textContent()).toBe(
        `“${tokens[4]}” looks at ${tokens[layer + head - 2]} 100\u00a0%`,
      );
      const drawn = await place.locator("path.cells").last().getAttribute("d");
      expect(drawn!.match(/M/g)).toHaveLength(tokens.length);
    }
  });

  test("the button changes the theme against the system's, and back", async () => {
    await open(1280, { dark: true });
    const dark = await background();
    const button = page.locator("#theme");
    expect(await button.textContent()).toBe("Light page");
    await button.click();
    expect(await background()).toBe("rgb(255, 255, 255)");
    expect(await button.textContent()).toBe("Dark page");
    await button.click();
    expect(await background()).toBe(dark);
  });

  test("the policy lets the page's own script and styles work, and nothing that a text might bring", async () => {
    await open(1280);
    expect(await page.locator("#theme").isVisible()).toBe(true); // its script ran
    expect(await background()).not.toBe("rgba(0, 0, 0, 0)"); // its style sheet holds
    expect(trouble).toEqual([]);
    const ran = await page.evaluate(async () => {
      const blocked: string[] = [];
      document.addEventListener("securitypolicyviolation", (event) => blocked.push(event.effectiveDirective));
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
  });
});
