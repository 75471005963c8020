import { expect, it } from "vitest";
import { prepareText } from "../data/prepare.ts";
import { demoPage } from "./page.ts";

it("says what is still to come, in a whole sentence", () => {
  const data = prepareText("the cat sat on the mat. ".repeat(60));
  const unfinished = (...pending: string[]) =>
    demoPage({}, { data, pending, command: "punchline demo", seconds: 1 }).unfinished;
  expect(unfinished("Pieces of words", "GPT or BERT?")).toMatch(/: Pieces of words; GPT or BERT\? The same /);
  expect(unfinished("GPT or BERT?", "Pieces of words")).toMatch(
    /: GPT or BERT\?; Pieces of words\. The same /,
  );
  expect(unfinished()).toBeUndefined();
});
