import { expect, it } from "vitest";
import { jokeTexts } from "./joke-texts.ts";
import { oneLinersKind } from "./one-liners.ts";

it("gives a page the jokes that one-liners gives the command line", async () => {
  const { batches } = await oneLinersKind.open("one-liners", {});
  const texts: string[] = [];
  for await (const batch of batches()) texts.push(...batch.texts);
  expect(await jokeTexts()).toEqual(texts);
});
