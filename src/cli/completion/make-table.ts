/** Makes the table of what a shell may complete from the definitions of the commands. */
import { builtInSources } from "../../data/sources/built-in-names.ts";
import { builtInNames } from "../../hub/built-in.ts";
import type { Argument, Command } from "../command.ts";
import { generalOptions } from "../options/common.ts";
import type { Option } from "../options/option.ts";
import { flagOf, isNegative, negativeOf } from "../output/flags.ts";
import type { CommandEntry } from "../registry.ts";
import type { CompletedCommand, CompletedOption, CompletionTable, Kind, Value } from "./table.ts";

/** Loads every command. */
export async function tableOf(registry: readonly CommandEntry[]): Promise<CompletionTable> {
  const commands = registry.map(async ({ name, summary, load }) =>
    completed(name, summary, (await load()).default),
  );
  return { commands: await Promise.all(commands), models: builtInNames, sources: builtInSources };
}

function completed(name: string, about: string, command: Command): CompletedCommand {
  const places = Object.entries(command.arguments);
  const options = Object.entries({ ...command.options, ...generalOptions(command) });
  return {
    name,
    about,
    arguments: places.map(([key, argument]) => argumentValue(key, argument)),
    several: places.some(([, { presence }]) => presence === "several" || presence === "any"),
    options: [
      ...options.flatMap(([key, option]) => flagsFor(key, option)),
      { flag: "--help", about: "Show the short help", short: "-h" },
      { flag: "--help-all", about: "Show all options" },
    ],
  };
}

function flagsFor(key: string, option: Option<unknown>): CompletedOption[] {
  const { kind, describe, placeholder, choices, words, commas, short, bare, off } = option;
  const flag = flagOf(key);
  const about = describe.split(/[:;]/)[0]!;
  const own: CompletedOption = {
    flag,
    about,
    short: short === undefined ? undefined : `-${short}`,
    value: kind === "flag" ? undefined : { kind: kinds[placeholder], words: choices ?? words, commas },
    bare: bare === undefined ? undefined : true,
    several: kind === "list" ? true : undefined,
  };
  if (off === undefined || isNegative(key)) return [own];
  return [own, { flag: negativeOf(flag), about: `Not: ${about}` }];
}

const argumentValue = (key: string, { words }: Argument<unknown>): Value => ({
  kind: kinds[key.toUpperCase().replace(/S$/, "")],
  words,
});

/** By the name of a value in the help. */
const kinds: Readonly<Record<string, Kind>> = {
  FILE: "file",
  DIR: "folder",
  FOLDER: "folder",
  SOURCE: "source",
  MODEL: "model",
  RUN: "model",
  SAMPLE: "samples",
};
