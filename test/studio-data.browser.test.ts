/** The studio's room "Data" in a real browser: files as the command line reads them, large ones, and hostile ones. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { zipSync } from "fflate";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { prepareData } from "../src/data/prepare-sources.ts";
import { browserReason, noBrowser } from "./browser.ts";
import { parquetBytes } from "./parquet-fixture.ts";
import { faultsOf } from "./studio-page.ts";
import { type OpenStudio, openStudio, PATIENCE, reached, texts } from "./studio-run.ts";

const MINUTES = 240_000;

const quoted = (cell: string) => `"${cell.replaceAll('"', '""')}"`;
const csv = ["ID;Joke;Note", ...texts.map((text, i) => `${i};${quoted(text)};"note ${i * 37} of it"`)].join(
  "\r\n",
);

describe.skipIf(noBrowser)(`Data${browserReason}`, () => {
  let studio: OpenStudio;
  let folder = "";
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "punchline-studio-data-"));
    studio = await openStudio();
  }, MINUTES);
  afterAll(async () => {
    await studio?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const open = async (page: Page) => {
    page.setDefaultTimeout(PATIENCE);
    await page.goto(studio.url);
    await page.waitForSelector("text=Chosen now: City names");
  };
  const give = async (page: Page, name: string, bytes: string | Uint8Array) => {
    const file = { name, mimeType: "application/octet-stream", buffer: Buffer.from(bytes as string) };
    await page.setInputFiles("input[type=file]", file);
  };
  /** How many texts came in, were kept, are learned from and kept aside, as the page shows it of the file of this name. */
  const facts = async (page: Page, name: string) => {
    await page.waitForSelector(`text=Chosen now: ${name}`);
    await page.waitForSelector(".facts dd");
    return (await page.locator(".facts dd").allTextContents()).map((shown) =>
      Number(shown.replaceAll(",", "")),
    );
  };
  const expected = async (name: string, bytes: string | Uint8Array, column?: string) => {
    const path = join(folder, name);
    await writeFile(path, bytes);
    const { rows_in, rows_out, splits } = (await prepareData(path, { column })).summary;
    return [rows_in, rows_out, splits.train, splits.validation + splits.test];
  };

  it(
    "reads tables, JSON and packed files as the command line does, with the column found or chosen",
    async () => {
      const page = await studio.browser.newPage();
      await open(page);
      const files = {
        "jokes.csv": csv,
        "packed.csv.gz": gzipSync(csv),
        "packed.zip": zipSync({ "jokes.csv": Buffer.from(csv) }),
        "jokes.jsonl": texts.map((joke, id) => JSON.stringify({ id, joke })).join("\n"),
        "jokes.json": JSON.stringify(texts),
        "jokes.parquet": parquetBytes({ joke: texts }),
      };
      for (const [name, bytes] of Object.entries(files)) {
        await give(page, name, bytes);
        expect(await facts(page, name), name).toEqual(await expected(name, bytes));
        const shown = await page.locator("ul[aria-label='Kept texts'] li").first().textContent();
        expect(texts, name).toContain(shown);
      }
      await give(page, "jokes.csv", csv);
      await facts(page, "jokes.csv");
      expect(await page.textContent(".part .note:has-text('semicolons')")).toContain("“Between cells”");
      expect(await page.getByLabel("Column").inputValue()).toBe("Joke");
      await page.getByLabel("Column").selectOption("Note");
      await page.waitForFunction(() =>
        document.querySelector("ul[aria-label='Kept texts'] li")?.textContent?.startsWith("note "),
      );
      expect(await facts(page, "jokes.csv")).toEqual(await expected("jokes.csv", csv, "Note"));
      expect(await faultsOf(page)).toEqual([]);

      // The file is there when the page is opened again, in the column that was chosen.
      await page.reload();
      expect(await facts(page, "jokes.csv")).toEqual(await expected("jokes.csv", csv, "Note"));
      await page.close();
    },
    2 * MINUTES,
  );

  it(
    "shows a kept file at once when the page is opened again, cleaned as it was and never as another",
    async () => {
      const context = await studio.browser.newContext();
      const page = await context.newPage();
      await open(page);
      await give(page, "jokes.csv", csv);
      const whole = await facts(page, "jokes.csv");
      expect(whole).toEqual(await expected("jokes.csv", csv));
      await page.waitForSelector("ol.window li");
      const window = await page.locator("ol.window").textContent();
      /** Waits until what cleaning made of the texts is kept, by words that only these texts have. */
      const cleaned = (words: string) =>
        expect
          .poll(() =>
            page.evaluate(async () => {
              const root = await navigator.storage.getDirectory();
              const file = await root.getFileHandle("texts-cleaned.json").catch(() => undefined);
              return (await file?.getFile())?.text();
            }),
          )
          .toContain(words);
      await cleaned(`"rows_in":${texts.length}`);

      // A page whose workers do nothing cleans nothing.
      const idle = await context.newPage();
      await idle.addInitScript(() => {
        Object.assign(globalThis, {
          Worker: class extends EventTarget {
            postMessage() {}
          },
        });
      });
      await idle.goto(studio.url);
      expect(await facts(idle, "jokes.csv")).toEqual(whole);
      await idle.waitForSelector("ol.window li");
      expect(await idle.locator("ol.window").textContent()).toBe(window);
      // Whoever goes on with it needs the texts themselves.
      await page.reload();
      await facts(page, "jokes.csv");
      await page.click("text=Train on these");
      await page.click("button.main:text-is('Train')");
      await reached(page, 1);
      await page.click("button.main:text-is('Stop')");
      await page.waitForSelector("button:has-text('Write with it')");

      // Read in another way, and another file of the same name: neither shows what the first became.
      await page.click("nav a:text-is('Data')");
      await give(page, "jokes.csv", csv);
      await facts(page, "jokes.csv");
      await page.getByLabel("Column").selectOption("Note");
      await page.waitForFunction(() =>
        document.querySelector("ul[aria-label='Kept texts'] li")?.textContent?.startsWith("note "),
      );
      await cleaned("note 37 of it");
      await idle.reload();
      await facts(idle, "jokes.csv");
      expect(await idle.locator("ul[aria-label='Kept texts'] li").first().textContent()).toMatch(/^note /);
      await give(page, "jokes.csv", texts.slice(0, 20).join("\n"));
      await page.waitForFunction(() => document.querySelector(".facts dd")?.textContent === "20");
      await cleaned('"rows_in":20');
      await idle.reload();
      expect((await facts(idle, "jokes.csv"))[0]).toBe(20);

      // Content that was written by another page in the middle of that is not called by this name.
      await page.evaluate(async () => {
        const root = await navigator.storage.getDirectory();
        const stream = await (await root.getFileHandle("texts.bin")).createWritable();
        await stream.write("one\ntwo\nthree");
        await stream.close();
      });
      await page.reload();
      await page.waitForSelector("text=Chosen now: City names");
      await context.close();
    },
    2 * MINUTES,
  );

  it(
    "shows texts also where the browser keeps nothing, as on a page without https",
    async () => {
      const page = await studio.browser.newPage();
      await page.addInitScript(() => {
        for (const name of ["locks", "storage"])
          Object.defineProperty(Navigator.prototype, name, { value: undefined });
      });
      await open(page);
      expect((await facts(page, "City names"))[0]).toBeGreaterThan(100);
      await page.waitForSelector("ol.window li");
      await page.waitForFunction(() => document.querySelector("progress") === null);
      expect(await page.locator(".problem").allTextContents()).toEqual([]);
      await page.close();
    },
    MINUTES,
  );

  it(
    "takes a dropped file, and says in the library's sentence what is wrong with one",
    async () => {
      const page = await studio.browser.newPage();
      await open(page);
      const said = (sentence: string) =>
        page.waitForSelector(`.problem:has-text(${JSON.stringify(sentence)})`);
      const drop = (files: readonly (readonly [string, string])[]) =>
        page.evaluate((given) => {
          const dataTransfer = new DataTransfer();
          for (const [name, content] of given) dataTransfer.items.add(new File([content], name));
          document
            .querySelector(".drop")!
            .dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true }));
        }, files);
      await drop([["dropped.tsv", texts.map((text, i) => `${i}\t${text}`).join("\n")]]);
      expect((await facts(page, "dropped.tsv"))[0]).toBe(texts.length);
      await drop([
        ["a.txt", "a\nb"],
        ["b.txt", "c\nd"],
      ]);
      await said("These are 2 files; give one");
      const broken = {
        "no.csv": ["", "no.csv is empty"],
        "uneven.csv": ["ID,Joke\n1,a\n2,b,c\n", "uneven.csv, line 3: 3 cells where the first row has 2"],
        "cut.json": ['[{"text": "a"},\n{"text":', "cut.json, line 2: not valid JSON"],
        "latin.txt": [
          Buffer.from("one\ncaf\xe9\n", "latin1"),
          "latin.txt, line 2: byte 7 (0xe9) is not UTF-8",
        ],
        "cut.csv.gz": [gzipSync(csv).subarray(0, 300), "cut.csv.gz is not whole gzip data"],
        "a.parquet": [Buffer.from("PAR1PAR1"), "a.parquet cannot be read as Parquet"],
        "a.pdf": ["%PDF-1.4 \0", "a.pdf ends in none of"],
        "one.txt": ["only this\n", "one.txt has one text only"],
      } as const;
      for (const [name, [bytes, sentence]] of Object.entries(broken)) {
        await give(page, name, bytes);
        await said(sentence);
      }
      // What was chosen before is still there, and a file of another encoding is read once that is named.
      expect((await facts(page, "dropped.tsv"))[0]).toBe(texts.length);
      await give(page, "latin.txt", Buffer.from(texts.map((text) => `${text} caf\xe9`).join("\n"), "latin1"));
      await said("“Encoding” windows-1252");
      await page.click("summary:has-text('How they are read')");
      await page.getByLabel("Encoding").selectOption("windows-1252");
      expect((await facts(page, "latin.txt"))[0]).toBe(texts.length);
      expect(await page.locator(".problem").count()).toBe(0);
      await page.close();
    },
    2 * MINUTES,
  );

  it(
    "shows hostile texts as texts, and is usable with a line of a megabyte",
    async () => {
      const page = await studio.browser.newPage();
      const problems: string[] = [];
      page.on("pageerror", ({ message }) => problems.push(message));
      await open(page);
      const hostile = [
        "<script>window.hacked = 1</script> and the <b>otter</b>",
        "<img src=x onerror='window.hacked = 2'> of the heron",
        "\u202eright to left \u202c and back \u2066isolated",
        "\u0634\u0643\u0631\u0627 \u0644\u0643 \u05e9\u05dc\u05d5\u05dd 123",
        "bell \u0007 escape \u001b[31m red \u009b",
        "\u{1f469}\u200d\u{1f469}\u200d\u{1f467}\u200d\u{1f466} family \u{1f1e6}\u{1f1f9} e\u0301\u0301\u0301",
        "{{7*7}} '; DROP TABLE texts; --",
        "long ".repeat(200_000),
      ];
      await give(page, "hostile.txt", hostile.join("\n"));
      expect((await facts(page, "hostile.txt"))[0]).toBe(hostile.length);
      await page.click("summary:has-text('The texts as the model gets them')");
      await page.waitForSelector("ol.window li");
      const shown = await page.locator("ul[aria-label='Kept texts'] li").allTextContents();
      expect(Math.max(...shown.map(({ length }) => length))).toBeLessThan(5000);
      expect(await page.evaluate(() => "hacked" in window)).toBe(false);
      expect(await page.locator("main b:text-is('otter'), main img").count()).toBe(0);
      await page.click("text=Next character");
      expect(await faultsOf(page)).toEqual([]);
      expect(problems).toEqual([]);
      await page.close();
    },
    2 * MINUTES,
  );
});
