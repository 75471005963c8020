import { describe, expect, it } from "vitest";
import { encodeLearned } from "./learned-text.ts";

/** One id for each word, with the space before it; as SentencePiece, a space is put before each text. */
const words = (read: (text: string) => void = () => {}) => {
  const ids = new Map<string, number>();
  return {
    encode(text: string): Int32Array {
      read(text);
      const found = text === "" ? [] : ` ${text}`.match(/ ?[^ ]+| /g)!;
      return Int32Array.from(found, (word) => {
        const id = ids.get(word) ?? ids.size;
        ids.set(word, id);
        return id;
      });
    },
  };
};

/** Turns in turn, of which every second is learned. */
function conversation(turns: number) {
  let text = "";
  const learned: number[] = [];
  for (let i = 0; i < turns; i++) {
    const from = text.length;
    text += `${i > 0 ? " " : ""}turn ${i % 7} says this`;
    if (i % 2 === 1) learned.push(from, text.length);
  }
  return { text, learned };
}

describe("encodeLearned", () => {
  it("gives the ids of the whole text, and of the beginnings their places, in long texts too", () => {
    const { text, learned } = conversation(201);
    const tokenizer = words();
    const whole = tokenizer.encode(text);
    const { ids, counts } = encodeLearned(tokenizer, { text, learned });
    expect(ids).toEqual(whole);
    expect([...counts]).toEqual(Array.from(whole, (_, i) => (Math.floor(i / 4) % 2 === 1 ? 1 : 0)));
  });

  it("reads no text more often for having more turns", () => {
    const charactersRead = (turns: number): number => {
      let read = 0;
      const given = conversation(turns);
      encodeLearned(
        words((text) => (read += text.length)),
        given,
      );
      return read / given.text.length;
    };
    expect(charactersRead(4_000)).toBeLessThan(1.2 * charactersRead(1_000));
  });

  it("reads no half of a character, which a vocabulary may not be able to spell", () => {
    const { text, learned } = conversation(400);
    const halves: string[] = [];
    const tokenizer = words((read) => void (/\p{Surrogate}/u.test(read) && halves.push(read)));
    for (const wide of ["🦔is", "t🦔s", "th🦔"]) {
      const given = { text: text.replaceAll("this", wide), learned };
      expect(encodeLearned(tokenizer, given).ids).toEqual(tokenizer.encode(given.text));
    }
    expect(halves).toEqual([]);
  });

  it("gives each stretch ids of its own where one ends within a word, near the end of a long text too", () => {
    const { text, learned } = conversation(400);
    const within = [...learned.slice(0, -1), text.length - 2];
    const { ids } = encodeLearned(words(), { text, learned: within });
    expect(ids.length).toBeGreaterThan(words().encode(text).length);
  });
});
