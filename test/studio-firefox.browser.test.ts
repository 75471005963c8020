/** The studio in Firefox: texts are pasted, a model trains on them in the page, and letters are written. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { StudioServer } from "../src/server/studio.ts";
import { type FirefoxPage, firefoxPage, firefoxReason, noFirefox } from "./firefox.ts";
import { builtStudio } from "./studio-page.ts";
import { PATIENCE, texts } from "./studio-run.ts";

describe.skipIf(noFirefox)(`the studio in Firefox${firefoxReason}`, () => {
  let folder = "";
  let server: StudioServer;
  let page: FirefoxPage;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "punchline-studio-"));
    server = await builtStudio(folder);
    page = await firefoxPage();
  }, 2 * PATIENCE);
  afterAll(async () => {
    await page?.close();
    await server?.close();
    if (folder) await rm(folder, { recursive: true, force: true });
  });

  const named = (name: string) =>
    `[...document.querySelectorAll("main button")].find((one) => one.textContent === ${JSON.stringify(name)} && !one.disabled)`;
  const press = async (name: string) => {
    await page.until(named(name), PATIENCE);
    await page.evaluate(`${named(name)}.click()`);
  };
  const steps = `Number(/in (\\d+) steps/.exec(document.querySelector(".chart")?.ariaLabel ?? "")?.[1] ?? 0)`;

  it("trains on a pasted list, with threads, keeps the run, and writes with it", {
    timeout: 5 * PATIENCE,
  }, async () => {
    await page.goto(`${server.url}#/data?minutes=30`);
    await page.until(`document.querySelector("ol.window")`, PATIENCE);
    expect(await page.evaluate("crossOriginIsolated")).toBe(true);
    await page.evaluate(`(() => {
      const field = document.querySelector("#pasted");
      field.value = ${JSON.stringify(texts.join("\n"))};
      field.dispatchEvent(new Event("input", { bubbles: true }));
    })()`);
    await press("Use these");
    await page.until(`document.body.innerText.includes("Chosen now: Pasted texts")`, PATIENCE);
    await press("Train on these");
    await press("Train");
    await page.until(`${steps} >= 10`, 3 * PATIENCE);
    await press("Stop");
    await press("Write with it");
    await press("Write");
    await page.until(`document.querySelectorAll(".tokens button").length > 5`, PATIENCE);
    expect(await page.evaluate(`document.querySelector("#run").value`)).toBe(
      "pasted-texts-tell-me-how-your-otter",
    );
    expect(await page.evaluate(`document.querySelector(".problem")?.textContent`)).toBeNull();

    // It is there when the page is opened again.
    await page.goto(`${server.url}?again#/train`);
    await page.until(
      `document.querySelector(".runs li b")?.textContent === "pasted-texts-tell-me-how-your-otter"`,
      PATIENCE,
    );
  });
});
