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

it("puts a joke on top of the model that the test jokes surprise less, at a usual temperature", () => {
  const data = prepareText("the cat sat on the mat. ".repeat(60));
  const joke = (who: string, temperature: number) => ({
    temperature,
    samples: [
      {
        text: `The cat of ${who} at ${temperature} sat on the mat, and there it sat.`,
        nearest: [],
        likeness: 0,
      },
    ],
  });
  const jokesOf = (who: string) => [joke(who, 0.5), joke(who, 1.1)];
  const topOf = (characters: number, gpt: number) => {
    const results = {
      characters: { jokes: jokesOf("letters"), evaluation: { bits_per_byte: characters }, log: [] },
      gpt: { jokes: jokesOf("pieces"), quality: [{ label: "own", bits_per_byte: gpt, lead: true }], log: [] },
    } as unknown as Parameters<typeof demoPage>[0];
    return demoPage(results, { data, pending: [], command: "punchline demo", seconds: 1 }).best!;
  };
  expect(topOf(2.2, 1.8).joke).toContain("of pieces at 0.5");
  expect(topOf(1.8, 2.2).joke).toContain("of letters at 0.5");
  expect(topOf(2.2, 1.8).byline).toMatch(/^Written by the GPT-2 at temperature 0\.5; of 1 of its jokes/);
});
