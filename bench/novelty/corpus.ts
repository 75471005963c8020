/** Jokes to measure on, as many as asked for: real ones first, then their variations. */
import { join } from "node:path";
import { Random } from "../../src/core/random.ts";
import { sourceKinds } from "../../src/data/prepare-sources.ts";
import { openSource } from "../../src/data/sources/source.ts";

export interface Corpus {
  readonly name: string;
  readonly train: readonly string[];
  /** Real jokes that are not among `train`; some have near relatives there. */
  readonly heldOut: readonly string[];
}

/** Real jokes: short-jokes where PUNCHLINE_ASSETS names its folder, else the built-in ones. One in 20 is held out. */
export async function realJokes(): Promise<Corpus> {
  const assets = process.env.PUNCHLINE_ASSETS;
  const name = assets ? join(assets, "short-jokes/shortjokes.csv") : "one-liners";
  const jokes: string[] = [];
  const source = await openSource(name, {}, sourceKinds);
  for await (const { texts } of source.batches()) {
    for (const text of texts) jokes.push(text.replace(/\s+/g, " ").trim());
  }
  return {
    name: assets ? "short-jokes" : "one-liners",
    train: jokes.filter((_, i) => i % 20 !== 0),
    heldOut: jokes.filter((_, i) => i % 20 === 0),
  };
}

/** `count` texts: those given, then variations in which every other word is another word of the corpus. */
export function grow(texts: readonly string[], count: number): string[] {
  const words = texts.join(" ").split(" ");
  const random = new Random(1, "variations");
  let drawn = 0;
  const grown = texts.slice(0, count);
  while (grown.length < count) {
    const original = texts[grown.length % texts.length]!.split(" ");
    grown.push(
      original
        .map((word) => (random.below(2, drawn++) ? word : words[random.below(words.length, drawn++)]!))
        .join(" "),
    );
  }
  return grown;
}
