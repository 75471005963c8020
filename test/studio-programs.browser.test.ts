/** The command and the program that each room of the studio shows: parsed by the command line's parser, and type-checked. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseWords } from "../src/cli/options/parse.ts";
import { registry } from "../src/cli/registry.ts";
import { browserReason, noBrowser } from "./browser.ts";
import { builtCli, root, runNode } from "./cli.ts";
import { type OpenStudio, openStudio, PATIENCE, trainedPage } from "./studio-run.ts";

interface Shown {
  readonly place: string;
  readonly command: string;
  readonly program: string;
}

/** The words of each `punchline` in a command, as a shell makes them. */
function wordsOf(command: string): string[][] {
  const script = `punchline() { printf '%s\\0' "$@"; printf '\\1'; }\n${command}`;
  return execFileSync("sh", ["-euc", script], { encoding: "utf8" })
    .split("\u0001")
    .slice(0, -1)
    .map((words) => words.split("\0").slice(0, -1));
}

describe.skipIf(noBrowser)(`what the studio's rooms show for elsewhere${browserReason}`, () => {
  let studio: OpenStudio;
  let folder = "";
  const shown: Shown[] = [];

  /** All pairs of a command and a program in the page, opened or not. */
  async function collect(page: Page, place: string): Promise<void> {
    const pairs = await page.evaluate(() =>
      [...document.querySelectorAll("details")].flatMap((fold) => {
        const [command, program, ...others] = [...fold.querySelectorAll(":scope > div > pre")].map(
          (pre) => pre.textContent ?? "",
        );
        return command !== undefined && program !== undefined && others.length === 0
          ? [{ command, program }]
          : [];
      }),
    );
    expect(pairs.length, place).toBeGreaterThan(0);
    shown.push(...pairs.map((pair, i) => ({ place: i === 0 ? place : `${place}, ${i + 1}`, ...pair })));
  }

  beforeAll(async () => {
    builtCli();
    mkdirSync(join(root, ".ci/out"), { recursive: true });
    // Inside the project, where `punchline` is the package itself.
    folder = mkdtempSync(join(root, ".ci/out/rooms-"));
    studio = await openStudio();
    const context = await studio.browser.newContext();
    const page = await trainedPage(context, studio.url, 1);
    const room = async (name: string) => {
      await page.click(`nav a:text-is("${name}")`);
      await page.waitForSelector(`nav a[aria-current=page]:text-is("${name}")`);
    };
    const choose = async (file: string, text: string) => {
      await room("Data");
      await page.setInputFiles("input[type=file]", {
        name: file,
        mimeType: "text/plain",
        buffer: Buffer.from(text),
      });
      await page.waitForSelector(`text=Chosen now: ${file}`);
    };
    const rows = Array.from({ length: 40 }, (_, i) => `${i};Größe ${i * 7919} und so weiter, ${i}`);

    for (const name of ["Data", "Train", "Write", "New or remembered?", "Fine-tune", "Type"]) {
      await room(name);
      await collect(page, name);
    }
    await room("Write");
    await page.getByLabel("Begin with").fill(`It's "$HOME" \`now\` !`);
    await collect(page, "Write, with a beginning");
    await page.selectOption("#run", "punchline-gpt2");
    await collect(page, "Write, with the built-in model");
    await room("New or remembered?");
    await page.getByLabel("Begin with").fill("What's");
    await collect(page, "New or remembered?, with a beginning");
    await page.check("input[value=mine]");
    await collect(page, "New or remembered?, of one's own texts");
    await room("Fine-tune");
    await page.getByText("Adapters (LoRA)").click();
    await choose("my list.csv", `ID;Joke\n${rows.join("\n")}`);
    for (const name of ["Data", "Train", "Fine-tune"]) {
      await room(name);
      await collect(page, `${name}, of a file`);
    }
    await room("Data");
    await page.click("label:has-text('It is one long text')");
    await page.waitForFunction(() =>
      [...document.querySelectorAll("pre")].some(({ textContent }) => textContent?.includes("--raw")),
    );
    for (const name of ["Data", "Train"]) {
      await room(name);
      await collect(page, `${name}, of one long text`);
    }
    await page.check("input[value=char-transformer]");
    await collect(page, "Train, a transformer");
    await room("GPT or BERT?");
    await collect(page, "GPT or BERT?");
    await page.fill("#cloze-text", `She said: "It's [MASK] $1."`);
    await collect(page, "GPT or BERT?, of another text");
    await room("Inside");
    for (const model of ["char-rnn", "char-lstm", "char-transformer"]) {
      await page.check(`input[value=${model}]`);
      await page.waitForFunction(
        (name) =>
          [...document.querySelectorAll("pre")].some(({ textContent }) =>
            textContent?.startsWith(`punchline train --model ${name}`),
          ),
        model,
      );
      await collect(page, `Inside, ${model}`);
    }
    await context.close();
  }, 3 * PATIENCE);
  afterAll(async () => {
    await studio?.close();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  it("are commands that the command line takes", { timeout: 2 * PATIENCE }, async () => {
    const names = registry.map(({ name }) => name);
    const begun = new Set<string>();
    for (const { place, command } of shown)
      for (const [name, ...words] of wordsOf(command)) {
        const entry = registry.find((one) => one.name === name);
        expect(entry, `${place}: ${command}`).toBeDefined();
        const parsed = parseWords(entry!.name, (await entry!.load()).default, words, names);
        await expect(parsed, `${place}: ${command}`).resolves.toBeTypeOf("object");
        begun.add(entry!.name);
      }
    expect([...begun].sort()).toEqual([
      "compare",
      "data",
      "finetune",
      "novelty",
      "sample",
      "suggest",
      "train",
    ]);
    const [written] = wordsOf(shown.find(({ place }) => place === "Write, with a beginning")!.command);
    expect(written).toContain(`It's "$HOME" \`now\` !`);
  });

  it(
    "are programs without a type error",
    async () => {
      const programs = [...new Set(shown.map(({ program }) => program))];
      expect(programs.length).toBeGreaterThan(15);
      for (const [i, program] of programs.entries())
        writeFileSync(join(folder, `program-${i}.ts`), `${program}\nexport {};\n`);
      writeFileSync(
        join(folder, "tsconfig.json"),
        JSON.stringify({
          extends: join(root, "tsconfig.json"),
          // As a newcomer's: without what is not part of "strict".
          compilerOptions: { noUncheckedIndexedAccess: false, noUnusedLocals: false },
          include: ["*"],
        }),
      );
      const tsc = join(root, "node_modules/typescript/bin/tsc");
      expect(await runNode([tsc, "-p", folder])).toMatchObject({ stdout: "", status: 0 });
    },
    2 * PATIENCE,
  );
});
