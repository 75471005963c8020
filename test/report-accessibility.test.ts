/** Every page that Punchline writes under axe-core's rules: wide and narrow, light and dark, folded and open. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { renderReport } from "../src/report/index.ts";
import { browserReason, launchBrowser, noBrowser } from "./browser.ts";
import { fixture } from "./report-fixture/report.ts";

interface Axe {
  run(
    context: Document,
    options: object,
  ): Promise<{ violations: { id: string; nodes: { html: string; failureSummary: string }[] }[] }>;
}

const { runs, architectures, novelty, compare, ...rest } = fixture.chapters;
const pages = {
  demo: { ...rest, novelty, compare },
  novelty: { novelty },
  quality: { runs },
  compare: { compare },
  architectures: { architectures },
} as const;

describe.skipIf(noBrowser)(`axe-core${browserReason}`, () => {
  const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
  const folder = mkdtempSync(join(tmpdir(), "punchline-axe-"));
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
    for (const [name, chapters] of Object.entries(pages))
      writeFileSync(join(folder, `${name}.html`), await renderReport({ ...fixture, chapters }));
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it.each(Object.keys(pages))(
    "finds nothing on the page of %s",
    async (name) => {
      const page = await browser.newPage();
      await page.goto(pathToFileURL(join(folder, `${name}.html`)).href);
      // The page's policy keeps scripts out; those of the test come from beside it.
      await page.evaluate(axe);
      const violations = () =>
        page.evaluate(async () => {
          const { axe } = globalThis as unknown as { axe: Axe };
          const found = await axe.run(document, { resultTypes: ["violations"] });
          return found.violations.map(
            ({ id, nodes }) => `${id}: ${nodes[0]!.html} ${nodes[0]!.failureSummary}`,
          );
        });
      for (const open of [false, true]) {
        if (open)
          await page.evaluate(() => {
            for (const one of document.querySelectorAll("details")) one.open = true;
          });
        for (const width of [1280, 390]) {
          for (const colorScheme of ["light", "dark"] as const) {
            await page.setViewportSize({ width, height: 900 });
            await page.emulateMedia({ colorScheme });
            expect(
              await violations(),
              `${width} pixels, ${colorScheme}, ${open ? "open" : "folded"}`,
            ).toEqual([]);
          }
        }
      }
      // The rules run at all: an image without a text is a violation.
      await page.evaluate(() => document.querySelector("main")!.prepend(new Image()));
      expect((await violations()).join()).toContain("image-alt");
      await page.close();
    },
    300_000,
  );
});
