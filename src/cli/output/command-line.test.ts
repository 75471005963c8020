import { expect, test } from "vitest";
import { argument, severalArguments } from "../command.ts";
import { eitherFlag, flag, integer, list, number, text } from "../options/option.ts";
import { commandLine } from "./command-line.ts";

const command = {
  arguments: { model: argument(""), source: severalArguments("") },
  options: {
    n: integer("", { short: "n", default: 3 }),
    topK: integer(""),
    temperature: number("", { default: 1 }),
    prompt: text("", { default: "" }),
    data: list(""),
    quick: flag(""),
    cleaning: flag("", { default: true }),
    raw: eitherFlag(""),
  },
};
const defaults = Object.fromEntries(Object.entries(command.options).map(([key, o]) => [key, o.default]));
const line = (options: object) =>
  commandLine(
    "x",
    command,
    { model: "runs/a", source: ["a.csv", "my jokes.txt"] },
    { ...defaults, ...options },
  );

test("a command line leaves defaults out", () => {
  expect(line({})).toBe('punchline x runs/a a.csv "my jokes.txt"');
});

test("a command line has what was given, as it is typed", () => {
  const given = {
    n: 5,
    topK: 0,
    prompt: "Why did",
    data: ["a", "b"],
    quick: true,
    cleaning: false,
    raw: false,
  };
  expect(line(given)).toBe(
    'punchline x runs/a a.csv "my jokes.txt" -n 5 --top-k 0 --prompt "Why did" --data a --data b --quick --no-cleaning --no-raw',
  );
});
