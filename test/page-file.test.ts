/** A page never takes the place of something else, and no work is done before that is known. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "./cli.ts";
import { runHere } from "./cli-here.ts";

const texts = "why did the hen cross the road\nto see the other side\n";

test.each([
  ["novelty", (file: string) => [file, "--data", file, "--page", file]],
  ["report", (file: string) => ["no-run", "--out", file]],
  ["compare", (file: string) => ["no-model", "--page", file]],
  ["compare-models", (file: string) => [file, "--page", file]],
  ["demo", (file: string) => ["--quick", "--out", file]],
])("%s refuses a page in place of a file of texts", async (command, rest) => {
  const file = join(temporaryFolder(), "jokes.txt");
  writeFileSync(file, texts);
  const ran = await runHere(command, ...rest(file));
  expect(ran.status).toBe(2);
  expect(ran.errors.join(" ")).toMatch(/exists and is not an HTML page/);
  expect(readFileSync(file, "utf8")).toBe(texts);
});

test("a folder in place of a page is refused before anything is trained", async () => {
  const ran = await runHere("demo", "--quick", "--out", temporaryFolder());
  expect(ran.status).toBe(2);
  expect(ran.errors.join(" ")).toMatch(/is a folder; give a file in it for the page/);
});
