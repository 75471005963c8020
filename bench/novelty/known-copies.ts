/** Copies made on purpose, of every kind that people and models make, to see which of them an audit finds. */
import { Random } from "../../src/core/random.ts";

const names = ["Alice", "Bob", "Carlos", "Priya", "Wilhelm", "Olga", "Kenji", "Fatima", "Norway", "Detroit"];
/** A capitalised word behind a lower-case one or a comma. */
const name = /(?<=[a-z,] )[A-Z][a-z]{2,}/g;

type Make = (text: string, draw: (n: number) => number, train: readonly string[]) => string | undefined;

const makers = {
  verbatim: (text) => text,
  "case and punctuation": (text, draw) =>
    text
      .replace(/[.,!?;:"]+/g, () => [" ", "!!", " - ", "..."][draw(4)]!)
      .replace(/\b\p{L}/gu, (letter) => (draw(2) ? letter.toUpperCase() : letter.toLowerCase())),
  "one word changed": (text, draw, train) => {
    const words = text.split(" ");
    words[draw(words.length)] = anyWord(train, draw);
    return words.join(" ");
  },
  "names swapped": (text, draw) => {
    const first = draw(names.length);
    const own = [...new Set(text.match(name))];
    const swapped = text.replace(name, (word) => names[(first + own.indexOf(word)) % names.length]!);
    return own.length === 0 ? undefined : swapped;
  },
  "two jokes joined": (text, draw, train) => `${text} ${train[draw(train.length)]}`,
  unseen: () => undefined,
  "words at random": (text, draw, train) =>
    text
      .split(" ")
      .map(() => anyWord(train, draw))
      .join(" "),
} satisfies Record<string, Make>;

export type CopyMade = keyof typeof makers;

/** The first five are copies; `unseen` are real texts that the index lacks, and random words are surely new. */
export const copiesMade = Object.keys(makers) as CopyMade[];

export interface TruthRow {
  readonly made: CopyMade;
  /** Texts of this kind. */
  readonly n: number;
  /** How many of them are called copies. */
  readonly found: number;
}

/** Judges `n` texts of each kind. Copies are made of texts of at least five words. */
export function truthTable(
  isCopy: (text: string) => boolean,
  train: readonly string[],
  unseen: readonly string[],
  n: number,
): TruthRow[] {
  const long = train.filter((text) => text.split(" ").length >= 5);
  return copiesMade.map((made) => {
    const random = new Random(1, made);
    let drawn = 0;
    const draw = (below: number) => random.below(below, drawn++);
    const texts: string[] = made === "unseen" ? unseen.slice(0, n) : [];
    for (let tries = 0; texts.length < n && tries < 200 * n; tries++) {
      const text = makers[made](long[draw(long.length)]!, draw, long);
      if (text !== undefined) texts.push(text);
    }
    return { made, n: texts.length, found: texts.filter(isCopy).length };
  });
}

function anyWord(train: readonly string[], draw: (n: number) => number): string {
  const words = train[draw(train.length)]!.split(" ");
  return words[draw(words.length)]!;
}
