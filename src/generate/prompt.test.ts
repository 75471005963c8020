import { describe, expect, it } from "vitest";
import { bpeTokenizerOf } from "../data/choose-tokenizer.ts";
import { characterTokenizer, characterTokenizerOf, printableTokenizer } from "../text/characters.ts";
import { resolveCleaning } from "../text/clean.ts";
import { wordTokenizerOf } from "../text/words.ts";
import { promptText, readPrompt } from "./prompt.ts";

const ascii = { tokenizer: printableTokenizer(), cleaning: resolveCleaning(), name: "runs/a" };

it("joins lines, however many spaces there are, where a line break ends a text", () => {
  const spaced = { ...ascii, cleaning: resolveCleaning({ steps: { space: false } }) };
  const spaces = " ".repeat(200_000);
  expect(promptText(spaced, `a \t\n  b  c${spaces}d`)).toBe(`a b  c${spaces}d`);
});

describe("a prompt for a model of ASCII texts", () => {
  it.each([
    ["It\u2019s", "It's"],
    ["\u00dcber", "Uber"],
    ["\u201cThe fox\u201d \u2014 he said\u2026", '"The fox" - he said...'],
    ["\ufb01sh\u00a0and\u202fchips", "fish and chips"],
    ["na\u0131\u0308ve stra\u00dfe", "naive strasse"],
    ["Q&amp;A", "Q&A"],
    ["why\nnot", "why not"],
    ["Hi \u{1f602} there", "Hi there"],
    ["I \u2764\ufe0f it 1\ufe0f\u20e3 \u{1f469}\u200d\u{1f467}!", "I it 1 !"],
    // White space at the ends decides how a text goes on.
    ["Why did ", "Why did "],
    [" Why", " Why"],
    ["why did the  hen ", "why did the hen "],
    ["plain", "plain"],
    ["", ""],
    [" ", " "],
  ])("%j is read as %j", (given, read) => {
    expect(promptText(ascii, given)).toBe(read);
    expect(() => ascii.tokenizer.encode(read)).not.toThrow();
  });

  it("is an error where letters cannot be spelled, or nothing is left", () => {
    expect(() => promptText(ascii, "the \u0434\u043e\u043c")).toThrow(
      /no character "\u0434" \(U\+0434\).*"the \u0434\u043e\u043c"/,
    );
    expect(() => promptText(ascii, "\u{1f414}")).toThrow(/Nothing is left of the prompt "\u{1f414}"/u);
    expect(readPrompt(ascii, "the \u0434\u043e\u043c h")).toEqual({
      text: "the  h",
      unread: "\u0434\u043e\u043c",
    });
  });
});

it("a model that kept Unicode reads its letters, composed, and names those that it never saw", () => {
  const cleaning = resolveCleaning({ keepUnicode: true });
  const lm = { tokenizer: characterTokenizerOf(["\u00fcber \u201cdas\u201d"]), cleaning, name: "runs/u" };
  expect(promptText(lm, "\u201cu\u0308ber")).toBe("\u201c\u00fcber");
  expect(() => promptText(lm, "\u00fcber \u65e5")).toThrow(/no character "\u65e5"/);
});

it("a model whose texts end otherwise keeps the line breaks of a prompt", () => {
  const cleaning = resolveCleaning({ lineBreaks: true });
  const tokenizer = characterTokenizer([..."ab \n|"], "|");
  expect(promptText({ tokenizer, cleaning, name: "runs/p" }, "a \r\n b")).toBe("a\nb");
});

it("a model of words, and one of pieces, is cleaned alike", () => {
  const texts = ["it's uber it's uber", "why why"];
  const words = { tokenizer: wordTokenizerOf(texts), cleaning: resolveCleaning(), name: "runs/w" };
  expect(promptText(words, "It\u2019s \u00dcber")).toBe("It's Uber");
  const pieces = { tokenizer: bpeTokenizerOf(texts), cleaning: resolveCleaning(), name: "runs/b" };
  expect(promptText(pieces, "It\u2019s \u00dcber \u0434")).toBe("It's Uber \u0434");
});

it("a model of which nothing is known reads a prompt as it is", () => {
  const text = "It\u2019s\n\u00dcber\u00a0\u2026 &amp; \u65e5";
  expect(promptText({ tokenizer: bpeTokenizerOf(["some text some text"]), name: "gpt2" }, text)).toBe(text);
});

it("a model of one continuous text takes the nearest sign for one that it lacks, and leaves the rest alone", () => {
  const lm = {
    tokenizer: characterTokenizerOf(["To be, or not to be'\n"]),
    cleaning: resolveCleaning(false),
    name: "s",
  };
  expect(promptText(lm, "be\u2019\n\nto  be")).toBe("be'\n\nto  be");
});
