/** Branch in a real browser, with the page's own engine and with that of its machine: from weights kept on the way. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { StudioServer } from "../src/server/studio.ts";
import { browserReason, launchBrowser, noBrowser } from "./browser.ts";
import { builtStudio, faultsOf } from "./studio-page.ts";
import { PATIENCE, reached } from "./studio-run.ts";

interface Kept {
  readonly record: {
    readonly base?: string;
    readonly train: { readonly learningRate: number; readonly seed: number };
  };
  readonly first: number;
  /** The weights, as text. */
  readonly weights: string;
}

describe.skipIf(noBrowser)(`branches${browserReason}`, () => {
  let folder = "";
  let runs = "";
  let server: StudioServer;
  let browser: Browser;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "punchline-branch-"));
    runs = join(folder, "runs");
    server = await builtStudio(join(folder, "page"), runs);
    browser = await launchBrowser();
  }, 2 * PATIENCE);
  afterAll(async () => {
    await browser?.close();
    await server?.close();
    if (folder) await rm(folder, { recursive: true, force: true });
  });

  /** A file of a run, wherever the engine keeps it: as base64. */
  const fileOf = async (page: Page, engine: string, run: string, name: string): Promise<Buffer> => {
    if (engine === "machine") return readFile(join(runs, run, name));
    const text = await page.evaluate(
      async ([run, name]) => {
        const root = await (await navigator.storage.getDirectory()).getDirectoryHandle("runs");
        const handle = await (await root.getDirectoryHandle(run!)).getFileHandle(name!);
        const bytes = new Uint8Array(await (await handle.getFile()).arrayBuffer());
        return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
      },
      [run, name],
    );
    return Buffer.from(text, "latin1");
  };
  const keptOf = async (page: Page, engine: string, run: string): Promise<Kept> => ({
    record: JSON.parse((await fileOf(page, engine, run, "run.json")).toString()),
    first: JSON.parse((await fileOf(page, engine, run, "log.jsonl")).toString().split("\n")[0]!).loss,
    weights: (await fileOf(page, engine, run, "model.safetensors")).toString("base64"),
  });

  it.each(["browser", "machine"])(
    "of the engine of the %s go on from the chosen step, and leave the run as it is",
    async (engine) => {
      const context = await browser.newContext();
      const page = await context.newPage();
      page.setDefaultTimeout(PATIENCE);
      const problems: string[] = [];
      page.on("pageerror", ({ message }) => problems.push(message));
      await page.goto(`${server.url}#/train?minutes=0.1&engine=${engine}`);
      await page.click("button.main:text-is('Train')");
      await page.waitForSelector(".columns [role=status]:has-text('Done')");
      const before = await keptOf(page, engine, "city-names");

      await page.click("summary:has-text('Branch from city-names')");
      const steps = page.locator("#branch-step option:not([value=''])");
      await expect.poll(() => steps.count(), { timeout: PATIENCE }).toBeGreaterThan(0);
      const step = (await steps.last().getAttribute("value"))!;
      await page.selectOption("#branch-step", step);
      await page.getByLabel("Learning rate of the branch").fill("0.0005");
      await page.getByRole("spinbutton", { name: "Minutes", exact: true }).fill("30");
      expect(await page.textContent("details details pre")).toContain(
        `punchline train --init-from runs/city-names/checkpoints/step-${step} --learning-rate 0.0005`,
      );
      expect(await faultsOf(page)).toEqual([]);
      await page.click("button:text-is('Branch')");
      await page.waitForSelector("h2:text-is('city-names-branch: loss')");
      await reached(page, 5);
      await page.click("button.main:text-is('Stop')");
      await page.waitForSelector(".columns [role=status]:has-text('Stopped')");
      await page.waitForSelector(".runs li b:text-is('city-names-branch')");

      const branch = await keptOf(page, engine, "city-names-branch");
      expect(branch.record).toMatchObject({
        base: expect.stringMatching(new RegExp(`city-names/checkpoints/step-${step}$`)),
        train: { learningRate: 0.0005, seed: before.record.train.seed },
      });
      // It begins where its source was, and not as a new network does.
      expect(branch.first).toBeLessThan(before.first);
      expect(branch.weights).not.toBe(before.weights);
      expect(await keptOf(page, engine, "city-names")).toEqual(before);
      expect(problems).toEqual([]);
      await context.close();
    },
    8 * PATIENCE,
  );
});
