/**
 * Parses a command's words into arguments and options, with commander, and adds those of a configuration file; every
 * error of the words is a UsageError.
 */
import type { Command as Commander, CommanderError, Option as CommanderOption } from "commander";
import { namesLike, oneOf } from "../../core/did-you-mean.ts";
import { UsageError } from "../../core/errors.ts";
import type { Argument, Command, Options } from "../command.ts";
import { flagOf, isNegative, negativeOf } from "../output/flags.ts";
import { type CommonValues, checkCommon, generalOptions } from "./common.ts";
import { type Configuration, configurationFor } from "./configuration.ts";

export interface ParsedWords {
  readonly args: Readonly<Record<string, unknown>>;
  readonly options: Readonly<Record<string, unknown>>;
  readonly common: CommonValues;
  /** What came from a file. */
  readonly configuration: Configuration | undefined;
}

/**
 * Parses the words after the command's name. Returns `"help"` or `"help-all"` if that is asked for.
 * @param commands the names of all commands, which a configuration file may have sections for
 * @throws UsageError for an unknown option, a missing or superfluous argument or option, or an invalid value
 */
export async function parseWords(
  name: string,
  command: Command,
  words: readonly string[],
  commands: readonly string[],
): Promise<ParsedWords | "help" | "help-all"> {
  if (wordsBeforeEnd(words).includes("--help-all")) return "help-all";
  const commander = await import("commander");
  const parser = new commander.Command(name);
  declare(parser, command, commander.Option);
  try {
    parser.parse(switchesIn(words, command.options), { from: "user" });
  } catch (error) {
    if (!(error instanceof commander.CommanderError)) throw error;
    if (error.code === "commander.helpDisplayed") return "help";
    throw usageErrorOf(error, name, command);
  }
  const given = underPresentNames(switched(parser.opts(), command.options), command.options);
  const args = Object.fromEntries(
    Object.keys(command.arguments).map((key, i) => [key, givenArgument(parser.processedArgs[i])]),
  );
  const common = valuesOf(generalOptions(command), given) as CommonValues;
  checkCommon(common);
  const configuration =
    common.config === undefined && common.noConfig === undefined
      ? undefined
      : await configurationFor({ name, command, args, options: given, commands }, common);
  const options = valuesOf(command.options, { ...given, ...configuration?.options });
  checkNeeded(command.options, options);
  return {
    args: argumentsOf(name, command, { ...args, ...configuration?.args }),
    options,
    common,
    configuration,
  };
}

type Values = Readonly<Record<string, unknown>>;

const valuesOf = (options: Options, given: Values): Values =>
  Object.fromEntries(Object.entries(options).map(([key, option]) => [key, given[key] ?? option.default]));

/** With the values of switches, and of `--no-...`, instead of true and false. */
const switched = (given: Values, options: Options): Values =>
  Object.fromEntries(
    Object.entries(given).map(([key, value]) => {
      const { on, off } = options[key] ?? {};
      return [key, value === true ? (on ?? true) : value === false ? (off ?? false) : value];
    }),
  );

const givenArgument = (value: unknown): unknown =>
  Array.isArray(value) && value.length === 0 ? undefined : value;

/** @throws UsageError for one that is missing */
function argumentsOf(name: string, { arguments: wanted }: Command, given: Values): Values {
  return Object.fromEntries(
    Object.entries(wanted).map(([key, { presence }]) => {
      const needed = presence === "required" || presence === "several";
      if (needed && given[key] === undefined)
        throw new UsageError(
          `"punchline ${name}" needs ${key.toUpperCase()}; see "punchline ${name} --help".`,
        );
      return [key, given[key] ?? (presence === "any" ? [] : undefined)];
    }),
  );
}

/** An option by its earlier name, if its value shows that it is meant. */
function underPresentNames(given: Values, options: Options): Values {
  const renamed = { ...given };
  for (const [key, { former, choices }] of Object.entries(options)) {
    const value = former === undefined ? undefined : renamed[former];
    if (former === undefined || typeof value !== "string" || !choices?.includes(value)) continue;
    renamed[key] ??= value;
    delete renamed[former];
  }
  return renamed;
}

/** @throws UsageError for an option that must be given and is not, or is empty */
function checkNeeded(options: Options, values: Values): void {
  for (const [key, { needed }] of Object.entries(options))
    if (needed !== undefined && !values[key]) throw new UsageError(`${flagOf(key)} is needed: ${needed}.`);
}

const wordsBeforeEnd = (words: readonly string[]): readonly string[] =>
  words.includes("--") ? words.slice(0, words.indexOf("--")) : words;

function declare(parser: Commander, command: Command, OptionClass: typeof CommanderOption): void {
  const silent = { writeOut() {}, writeErr() {}, outputError() {} };
  parser.exitOverride().configureOutput(silent).showSuggestionAfterError(false);
  parser.allowExcessArguments(false).helpOption("-h, --help");
  for (const [key, argument] of Object.entries(command.arguments)) {
    parser.argument(argumentSyntax(key, argument));
  }
  for (const [key, option] of Object.entries({ ...command.options, ...generalOptions(command) })) {
    const flag = flagOf(key);
    const flags = `${option.short ? `-${option.short}, ` : ""}${flag}`;
    if (option.kind === "flag") {
      const declared = new OptionClass(flags);
      declared.negate = false; // commander would take `--no-key` for the opposite of `--key`
      parser.addOption(declared);
      if (!isNegative(key)) parser.addOption(new OptionClass(negativeOf(flag)));
      continue;
    }
    const reader = (text: string, earlier: unknown) => {
      const value = option.read(text, flag);
      return option.kind === "list" ? [...((earlier ?? []) as unknown[]), value] : value;
    };
    const declared =
      option.bare === undefined
        ? new OptionClass(`${flags} <value>`)
        : new OptionClass(`${flags} [value]`).preset(option.bare);
    parser.addOption(declared.argParser(reader));
    if (option.off !== undefined) parser.addOption(new OptionClass(negativeOf(flag)));
  }
}

/** `--header yes`, `--header=no`, as these switches were written before, become `--header` and `--no-header`. */
function switchesIn(words: readonly string[], options: Options): string[] {
  const flags = new Map(
    Object.entries(options).flatMap(([key, { kind, on, off }]) =>
      kind === "flag" && typeof on === "string" ? [[flagOf(key), { on, off }]] : [],
    ),
  );
  const end = wordsBeforeEnd(words).length;
  const result: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const [flag = "", joined] = words[i]!.split(/=(.*)/s);
    const value = joined ?? words[i + 1];
    const known = i < end ? flags.get(flag) : undefined;
    if (known === undefined || (value !== known.on && value !== known.off)) {
      result.push(words[i]!);
      continue;
    }
    result.push(value === known.on ? flag : negativeOf(flag));
    if (joined === undefined) i++;
  }
  return result;
}

/** An argument in commander's syntax: `[source...]`, `[model]`. Those that are needed may come from a file. */
const argumentSyntax = (key: string, { presence }: Argument<unknown>): string =>
  presence === "several" || presence === "any" ? `[${key}...]` : `[${key}]`;

/** The error in place of commander's own. */
function usageErrorOf(error: CommanderError, name: string, command: Command): UsageError {
  const quoted = /'([^']*)'/.exec(error.message)?.[1] ?? "";
  const help = `see "punchline ${name} --help".`;
  switch (error.code) {
    case "commander.unknownOption": {
      const flag = quoted.split("=")[0]!;
      const near = flagsLike(flag, { ...command.options, ...generalOptions(command) });
      return new UsageError(
        `Unknown option ${flag}; ${near.length > 0 ? `did you mean ${oneOf(near)}?` : help}`,
      );
    }
    case "commander.optionMissingArgument": {
      const flag = /--[\w-]+/.exec(quoted)?.[0] ?? quoted;
      return new UsageError(`${flag} needs a value; ${help}`);
    }
    case "commander.excessArguments": {
      const n = Object.keys(command.arguments).length;
      const takes = n === 0 ? "no arguments" : n === 1 ? "one argument" : `${n} arguments`;
      return new UsageError(
        `"punchline ${name}" takes ${takes} but got more; quote words that belong together.`,
      );
    }
    default:
      return new UsageError(`${sentence(error.message.replace(/^error: /, ""))}; ${help}`);
  }
}

function flagsLike(flag: string, options: Options): string[] {
  const names = Object.entries(options).flatMap(([key, option]) => {
    const flag = flagOf(key);
    return option.off === undefined || isNegative(key) ? [flag] : [flag, negativeOf(flag)];
  });
  return namesLike(flag, [...names, "--help"]).map((near) => `"${near}"`);
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1).replace(/\.$/, "");
}
