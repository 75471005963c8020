/** The studio's room "Fine-tune" in a real browser: the built-in GPT-2 before, against Node, and after some seconds. */
import { copyFile, cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openLocal } from "../src/generate/open.ts";
import { type BuiltInName, builtInFolder } from "../src/hub/built-in.ts";
import { browserReason, noBrowser } from "./browser.ts";
import { faultsOf } from "./studio-page.ts";
import { type OpenStudio, openStudio, PATIENCE, reached, texts } from "./studio-run.ts";

const MINUTES = 240_000;

describe.skipIf(noBrowser)(`Fine-tune${browserReason}`, () => {
  let studio: OpenStudio;
  beforeAll(async () => {
    studio = await openStudio();
  }, MINUTES);
  afterAll(() => studio?.close());

  it(
    "writes on with the same words before and after, by keyboard alone, and keeps a run",
    async () => {
      const page = await studio.browser.newPage({ reducedMotion: "reduce" });
      const problems: string[] = [];
      page.on("pageerror", ({ message }) => problems.push(message));
      await page.goto(`${studio.url}#/data?finetune-minutes=30`);
      await page.fill("#pasted", Array.from({ length: 60 }, (_, i) => `Ba${"nlrt"[i % 4]}a${i}`).join("\n"));
      await page.click("text=Use these");
      await page.waitForSelector("text=Chosen now: Pasted texts");
      await page.click("nav a:has-text('Fine-tune')");
      await page.fill("#beginnings", "The man\nBan");
      await page.focus("button.main:has-text('Fine-tune')");
      await page.keyboard.press("Enter");
      // So many steps change what it writes, however long the machine takes for them.
      await reached(page, 10);
      expect(await page.locator("fieldset.choice").count()).toBe(0);
      await page.focus("button.main:has-text('Stop')");
      await page.keyboard.press("Enter");
      await page.waitForFunction(() => document.querySelectorAll(".tuned .after .said").length === 6, null, {
        timeout: MINUTES,
      });
      const rows = await page
        .locator(".tuned li")
        .evaluateAll((items) =>
          items.map((item) => [...item.querySelectorAll(".said")].map(({ textContent }) => textContent)),
        );
      const lm = await openLocal("punchline-gpt2");
      for (const [i, prompt] of ["The man", "Ban"].entries()) {
        const written = await lm.sample({ prompt, temperature: 0.7, seed: 1, maxLength: 24, n: 3 });
        expect(rows[i]!.slice(0, 3)).toEqual(written.map(({ text }) => prompt + text));
        expect(rows[i]!.slice(3)).not.toEqual(rows[i]!.slice(0, 3));
        for (const after of rows[i]!.slice(3)) expect(after).toMatch(new RegExp(`^${prompt}`));
      }
      await page.waitForSelector(".columns [role=status]:has-text('Stopped')");
      expect(await page.locator(".problem").count()).toBe(0);
      expect(await faultsOf(page)).toEqual([]);

      await page.click("nav a:has-text('Write')");
      await page.waitForSelector("option:has-text('gpt2-pasted-texts')", { state: "attached" });
      expect(problems).toEqual([]);
      await page.close();
    },
    4 * MINUTES,
  );

  it(
    "learns from conversations, with a base that has a chat template too",
    async () => {
      const folder = await mkdtemp(join(tmpdir(), "punchline-studio-chat-"));
      const base = join(folder, "talker");
      await cp(builtInFolder("punchline-gpt2"), base, { recursive: true });
      const config = JSON.parse(await readFile(join(base, "tokenizer_config.json"), "utf8"));
      const chat_template =
        "{% for m in messages %}{{ m.role }}: {{ m.content }}{{ eos_token }}\n{% endfor %}{% if add_generation_prompt %}assistant: {% endif %}";
      await writeFile(join(base, "tokenizer_config.json"), JSON.stringify({ ...config, chat_template }));
      const conversations = texts.map((text) => {
        const [asked, answer] = text.split("? ") as [string, string];
        return {
          messages: [
            { role: "user", content: `${asked}?` },
            { role: "assistant", content: `${answer} ${answer}` },
          ],
        };
      });
      const page = await studio.browser.newPage();
      page.setDefaultTimeout(PATIENCE);
      await page.goto(`${studio.url}#/data?finetune-minutes=0.1`);
      await page.setInputFiles("input[type=file]", {
        name: "chat.jsonl",
        mimeType: "application/json",
        buffer: Buffer.from(conversations.map((one) => JSON.stringify(one)).join("\n")),
      });
      await page.waitForSelector("text=Chosen now: chat.jsonl");
      await page.click("nav a:has-text('Fine-tune')");
      await page.fill("#beginnings", "The");
      await page.locator("input[webkitdirectory]").setInputFiles(base);
      await page.waitForFunction(() =>
        [...document.querySelectorAll("label")].some(
          (label) => label.textContent?.startsWith("talker") && label.querySelector("input")?.checked,
        ),
      );
      await page.click("button.main:has-text('Fine-tune')");
      await page.waitForSelector(".tuned .after .said", { timeout: MINUTES });
      await page.waitForSelector(".samples li");
      expect(await page.locator(".problem").count()).toBe(0);
      await page.close();
      await rm(folder, { recursive: true, force: true });
    },
    2 * MINUTES,
  );

  it(
    "opens the folder of a published model, trains adapters of it, and refuses other folders in a sentence",
    async () => {
      const folder = await mkdtemp(join(tmpdir(), "punchline-studio-base-"));
      const copy = async (
        from: BuiltInName,
        to: string,
        change: (config: object) => object = (same) => same,
      ) => {
        await mkdir(join(folder, to));
        for (const file of ["model.safetensors", "tokenizer.json", "tokenizer_config.json"])
          await copyFile(join(builtInFolder(from), file), join(folder, to, file));
        const config = JSON.parse(await readFile(join(builtInFolder(from), "config.json"), "utf8"));
        await writeFile(join(folder, to, "config.json"), JSON.stringify(change(config)));
        return join(folder, to);
      };
      const page = await studio.browser.newPage();
      page.setDefaultTimeout(PATIENCE);
      const problems: string[] = [];
      page.on("pageerror", ({ message }) => problems.push(message));
      await page.goto(`${studio.url}#/fine-tune?finetune-minutes=0.1`);
      await page.waitForSelector("text=read City names too");
      const input = page.locator("input[webkitdirectory]");
      const refused = {
        "a-bert": [
          await copy("punchline-bert", "a-bert"),
          "a-bert is a bert, and only gpt2 can be used here.",
        ],
        odd: [
          await copy("punchline-gpt2", "odd", (config) => ({ ...config, activation_function: "mish" })),
          "activation_function",
        ],
        huge: [
          await copy("punchline-gpt2", "huge", (config) => ({ ...config, n_embd: 64_000, n_head: 64 })),
          "The weights of huge take",
        ],
      } as const;
      for (const [path, sentence] of Object.values(refused)) {
        await input.setInputFiles(path);
        await page.waitForSelector(`.problem:has-text(${JSON.stringify(sentence)})`);
      }
      await input.setInputFiles(await copy("punchline-gpt2", "published"));
      await page.waitForFunction(() =>
        [...document.querySelectorAll("label")].some(
          (label) => label.textContent?.startsWith("published") && label.querySelector("input")?.checked,
        ),
      );
      expect(await page.locator(".problem").count()).toBe(0);
      await page.getByText("Adapters (LoRA)").click();
      await page.fill("#beginnings", "The");
      await page.click("button.main:has-text('Fine-tune')");
      await page.waitForSelector(".tuned .after .said", { timeout: MINUTES });
      await page.waitForSelector(".columns [role=status]:has-text('Done')");
      expect(await faultsOf(page)).toEqual([]);

      // What is kept are adapters, which open with their base when the page is loaded again.
      await page.reload();
      await page.click("nav a:has-text('Write')");
      await page.waitForSelector("option:has-text('gpt2-city-names')", { state: "attached" });
      const kept = await page.evaluate(async () => {
        const root = await navigator.storage.getDirectory();
        const run = await (await root.getDirectoryHandle("runs")).getDirectoryHandle("gpt2-city-names");
        const names: string[] = [];
        for await (const name of run.keys()) names.push(name);
        const record = await (await run.getFileHandle("run.json")).getFile();
        return { names, record: JSON.parse(await record.text()) };
      });
      expect(kept.names).toContain("adapter_model.safetensors");
      expect(kept.names).not.toContain("model.safetensors");
      expect(kept.record).toMatchObject({ base: "published", train: { lora: { rank: expect.any(Number) } } });
      expect(kept.record.baseFingerprint).toMatch(/^[0-9a-f]{32}$/);
      await page.click("button.main:text-is('Write')");
      await page.waitForSelector(".tokens button");
      expect(problems).toEqual([]);
      await page.close();
      await rm(folder, { recursive: true, force: true });
    },
    2 * MINUTES,
  );
});
