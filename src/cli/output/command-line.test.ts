import { expect, test } from "vitest";
import { argument, severalArguments } from "../command.ts";
import {
  eitherFlag,
  flag,
  integer,
  integers,
  list,
  names,
  number,
  numberOrOff,
  text,
  wordFlag,
} from "../options/option.ts";
import { commandLine } from "./command-line.ts";

const command = {
  arguments: { model: argument(""), source: severalArguments("") },
  options: {
    n: integer("", { short: "n", default: 3 }),
    topK: integer("", { defaultIs: "all" }),
    temperature: number("", { default: 1 }),
    prompt: text("", { default: "" }),
    data: list("", { defaultIs: "none" }),
    models: names("", { placeholder: "A,B", defaultIs: "all" }),
    layers: integers("", { defaultIs: "all" }),
    quick: flag(""),
    cleaning: flag("", { default: true }),
    raw: eitherFlag("", { defaultIs: "off" }),
    header: wordFlag("", { on: "yes", off: "no", defaultIs: "detected" }),
    tied: wordFlag("", { on: "on", off: "off", defaultIs: "on" }),
    near: numberOrOff("", { default: 0.7 }),
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
    models: ["char-rnn", "char-gru"],
    layers: [1, 2],
    quick: true,
    cleaning: false,
    raw: false,
    header: "yes",
    tied: "off",
    near: "off",
  };
  expect(line(given)).toBe(
    'punchline x runs/a a.csv "my jokes.txt" -n 5 --top-k 0 --prompt "Why did" --data a --data b --models char-rnn,char-gru --layers 1,2 --quick --no-cleaning --no-raw --header --no-tied --no-near',
  );
});
