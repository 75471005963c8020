/** The studio's room "Inside" in a real browser: a step's numbers against its own program in Node, and finite differences. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { transformWithOxc } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { browserReason, noBrowser } from "./browser.ts";
import { builtCli, punchline, root, runNode } from "./cli.ts";
import { faultsOf } from "./studio-page.ts";
import { type OpenStudio, openStudio, PATIENCE, tabTo } from "./studio-run.ts";

/** How far float32 gradients may be from float64 slopes, as a share of the largest gradient where that is above 1. */
const TOLERANCE = 5e-6;

describe.skipIf(noBrowser)(`inside a training step${browserReason}`, () => {
  let studio: OpenStudio;
  let folder = "";
  beforeAll(async () => {
    builtCli();
    mkdirSync(join(root, ".ci/out"), { recursive: true });
    // Inside the project, where `punchline` is the package itself.
    folder = mkdtempSync(join(root, ".ci/out/inside-"));
    studio = await openStudio();
  }, PATIENCE);
  afterAll(async () => {
    await studio?.close();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  const stepped = (page: Page, step: number) =>
    page.waitForSelector(`h2:text-is('Step ${step}, in one look')`);
  const losses = async (page: Page) =>
    (await page.locator(".outcome b").allTextContents()).map(Number) as [number, number];

  /** Every weight, as the page checks it. */
  async function checked(page: Page): Promise<{ numbers: number; gradient: number; difference: number }[]> {
    await page.click("text=Check every weight");
    await page.waitForSelector("text=the largest difference is");
    return page.locator(".checked tbody tr").evaluateAll((rows) =>
      rows.map((row) => {
        const [numbers, gradient, difference] = [...row.querySelectorAll("td")].map((cell) =>
          Number(cell.textContent),
        );
        return { numbers: numbers!, gradient: gradient!, difference: difference! };
      }),
    );
  }

  it(
    "is walked through by keyboard: numbers, gradients, finite differences and the definition of each operation",
    async () => {
      const context = await studio.browser.newContext({ reducedMotion: "reduce" });
      const page = await context.newPage();
      page.setDefaultTimeout(PATIENCE);
      const problems: string[] = [];
      page.on("pageerror", ({ message }) => problems.push(message));
      await page.goto(`${studio.url}#/inside`);
      await page.getByLabel("Text of the step").fill("Barcelona");
      // The room begins with a text of its own, whose step may still be on the page.
      await expect
        .poll(() => page.locator(".window .label").allTextContents(), { timeout: PATIENCE })
        .toEqual([..."arcelona"]);
      await stepped(page, 1);
      const [first, next] = await losses(page);
      expect(next).toBeLessThan(first);
      // An untrained network hardly prefers a letter: about ln 8.
      expect(Math.abs(first - Math.log(8))).toBeLessThan(0.3);
      expect(page.url()).not.toContain("Barcelona");

      // The stops of the step, one after the other, each with what the dump and the source say.
      await tabTo(page, "Letters become numbers");
      await page.keyboard.press("Enter");
      const seen: string[] = [];
      for (let k = 0; k < 9; k++) {
        const line = (await page.textContent(".graph [aria-pressed=true] code"))!;
        const op = / = (\w+)/.exec(line)![1]!;
        await page.waitForSelector(`.definition h4:text-is("${op}")`);
        const place = (await page.textContent(".definition > small"))!;
        const [, file, at] = /^(\S+), line (\d+)/.exec(place)!;
        const source = readFileSync(join(root, file!), "utf8").split("\n");
        const code = (await page.textContent(".definition pre"))!;
        const words = (text: string) => text.replace(/\s+/g, " ");
        expect(words(source.slice(Number(at) - 1).join("\n"))).toContain(words(code));
        seen.push(op);
        if (k < 8) {
          await page.focus(".steps button.plain");
          await page.keyboard.press("Enter");
        }
      }
      expect(seen).toEqual([
        "input",
        "gather",
        "rnn",
        "gemm",
        "cross_entropy",
        "reshape",
        "cross_entropy_gradient",
        "scatter_add",
        "subtract",
      ]);

      // Arrows move along the graph.
      await page.focus(".graph [aria-pressed=true]");
      await page.keyboard.press("Home");
      expect(await page.textContent(".graph [aria-pressed=true]")).toContain("embedding.weight");
      for (let k = 0; k < 4; k++) await page.keyboard.press("ArrowDown");
      expect(await page.evaluate(() => document.activeElement?.textContent)).toContain("= gather(");

      // One number of the rows that it picked, moved up and down.
      await page.waitForSelector(".moved");
      const slider = page.getByLabel("Which number");
      await slider.focus();
      await page.keyboard.press("End");
      expect(await slider.getAttribute("aria-valuetext")).toMatch(/^row “n”, column 4: /);
      const [up, down, slope, gradient] = (await page.locator(".moved td").allTextContents()).map(Number);
      expect((up! - down!) / 2e-4).toBeCloseTo(slope!, 3);
      expect(Math.abs(slope! - gradient!)).toBeLessThan(TOLERANCE);
      expect(slope).not.toBe(0);

      const rows = await checked(page);
      expect(rows.reduce((sum, { numbers }) => sum + numbers, 0)).toBe(
        4 * 8 + 6 * 4 + 6 * 6 + 2 * 6 + 6 * 8 + 8,
      );
      for (const { gradient, difference } of rows) {
        expect(gradient).toBeGreaterThan(0.01);
        expect(difference).toBeLessThan(TOLERANCE);
      }
      expect(await faultsOf(page)).toEqual([]);

      // The loss of the next step is that after this one.
      await page.click("text=Next step");
      await stepped(page, 2);
      expect((await losses(page))[0]).toBe(next);
      await page.click("text=10 steps on");
      await stepped(page, 12);
      const [late] = await losses(page);

      // The program of the page says the same in Node, and its command is one.
      await page.click("text=First step");
      await stepped(page, 1);
      const [command, code] = await page.locator(".fold:last-child pre").allTextContents();
      const file = join(folder, "step.js");
      writeFileSync(file, (await transformWithOxc(code!, "step.ts", { target: "node20" })).code);
      const ran = await runNode([file]);
      expect(ran.status, ran.stderr).toBe(0);
      const said = [...ran.stdout.matchAll(/^step (\d+): ([\d.]+) nats/gm)].map(([, , loss]) => Number(loss));
      expect(said[0]).toBeCloseTo(first, 3);
      expect(said[1]).toBeCloseTo(next, 3);
      expect(said).toHaveLength(10);
      expect(late).toBeLessThan(said[9]!);
      expect(late).toBeGreaterThan(said[9]! - 0.5);
      writeFileSync(
        join(folder, "names.txt"),
        Array.from({ length: 60 }, (_, i) => `Ba${"nlrt"[i % 4]}a${i}`).join("\n"),
      );
      const trained = await punchline(command!.split(" ").slice(1), { cwd: folder });
      expect(trained.status, trained.stderr).toBe(0);
      expect(problems).toEqual([]);
      await context.close();
    },
    4 * PATIENCE,
  );

  it(
    "mixes no text of its own with what somebody types",
    async () => {
      const page = await studio.browser.newPage();
      page.setDefaultTimeout(PATIENCE);
      let release = () => {};
      const released = new Promise<void>((resume) => {
        release = resume;
      });
      await page.route("**/assets/city-names-*", async (route) => {
        await released;
        await route.continue();
      });
      await page.goto(`${studio.url}#/inside`);
      const field = page.getByLabel("Text of the step");
      await field.focus();
      release();
      await stepped(page, 1);
      await page.keyboard.type("banana split");
      expect(await field.inputValue()).toBe("banana split");
      await page.waitForSelector(".window li:nth-child(11)");
      await page.close();
    },
    PATIENCE,
  );

  it(
    "has the right gradients for an LSTM and a transformer too, and refuses what is no text in a sentence",
    async () => {
      const page = await studio.browser.newPage();
      page.setDefaultTimeout(PATIENCE);
      for (const [model, op] of [
        ["char-lstm", "lstm"],
        ["char-transformer", "softmax"],
      ] as const) {
        await page.goto(`${studio.url}#/inside?inside-model=${model}`);
        await page.reload();
        await page.getByLabel("Text of the step").fill("banana split");
        await page.waitForSelector(".window li:nth-child(11)");
        await page.click(".story button:has-text('The network')");
        await page.waitForSelector(`.definition h4:text-is("${op}")`);
        const [before, after] = await losses(page);
        expect(after).toBeLessThan(before);
        for (const { gradient, difference } of await checked(page))
          expect(difference).toBeLessThan(TOLERANCE * Math.max(1, gradient));
        expect(await faultsOf(page)).toEqual([]);
      }
      await page.getByLabel("Text of the step").fill("aaaa");
      await page.waitForSelector(".problem:has-text('Give three letters or more')");
      await page.getByLabel("Text of the step").fill("The quick brown fox jumps");
      await page.waitForSelector(".problem:has-text('at most 17 letters')");
      await page.close();
    },
    4 * PATIENCE,
  );
});
