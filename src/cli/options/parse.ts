/** Parses a command's words into arguments and options, with commander; every error is a UsageError. */
import type { Command as Commander, CommanderError, Option as CommanderOption } from "commander";
import { nearestName, UsageError } from "../../core/errors.ts";
import type { Argument, Command } from "../command.ts";
import { flagOf } from "../output/flags.ts";
import type { Option } from "./option.ts";

export interface ParsedWords {
  readonly args: Readonly<Record<string, unknown>>;
  readonly options: Readonly<Record<string, unknown>>;
  readonly json: boolean;
}

/**
 * Parses the words after the command's name. Returns `"help"` if `--help` is among them.
 * @throws UsageError for an unknown option, a missing or superfluous argument, or an invalid value
 */
export async function parseWords(
  name: string,
  command: Command,
  words: readonly string[],
): Promise<ParsedWords | "help"> {
  const commander = await import("commander");
  const parser = new commander.Command(name);
  declare(parser, command, commander.Option);
  try {
    parser.parse([...words], { from: "user" });
  } catch (error) {
    if (!(error instanceof commander.CommanderError)) throw error;
    if (error.code === "commander.helpDisplayed") return "help";
    throw usageErrorOf(error, name, command);
  }
  const given = parser.opts();
  return {
    args: Object.fromEntries(Object.keys(command.arguments).map((key, i) => [key, parser.processedArgs[i]])),
    options: Object.fromEntries(
      Object.entries(command.options).map(([key, option]) => [key, given[key] ?? option.default]),
    ),
    json: given.json === true,
  };
}

function declare(parser: Commander, command: Command, OptionClass: typeof CommanderOption): void {
  const silent = { writeOut() {}, writeErr() {}, outputError() {} };
  parser.exitOverride().configureOutput(silent).showSuggestionAfterError(false);
  parser.allowExcessArguments(false).helpOption("-h, --help");
  for (const [key, argument] of Object.entries(command.arguments)) {
    parser.argument(argumentSyntax(key, argument));
  }
  for (const [key, option] of Object.entries(command.options)) {
    const flag = flagOf(key);
    const flags = `${option.short ? `-${option.short}, ` : ""}${flag}`;
    if (option.kind === "flag") {
      const declared = new OptionClass(flags);
      declared.negate = false; // commander would take `--no-key` for the opposite of `--key`
      parser.addOption(declared);
      if (option.default || option.either) parser.addOption(new OptionClass(flag.replace("--", "--no-")));
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
  }
  parser.addOption(new OptionClass("--json"));
}

/** An argument in commander's syntax: `<source...>`, `[model]`. */
function argumentSyntax(key: string, { presence }: Argument<unknown>): string {
  if (presence === "optional") return `[${key}]`;
  if (presence === "any") return `[${key}...]`;
  return presence === "several" ? `<${key}...>` : `<${key}>`;
}

/** The error in place of commander's own. */
function usageErrorOf(error: CommanderError, name: string, command: Command): UsageError {
  const quoted = /'([^']*)'/.exec(error.message)?.[1] ?? "";
  const help = `see "punchline ${name} --help".`;
  switch (error.code) {
    case "commander.unknownOption": {
      const flag = quoted.split("=")[0]!;
      const near = nearestFlag(flag, command.options);
      return new UsageError(`Unknown option ${flag}; ${near ? `did you mean "${near}"?` : help}`);
    }
    case "commander.missingArgument":
      return new UsageError(`"punchline ${name}" needs ${quoted.toUpperCase()}; ${help}`);
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

function nearestFlag(flag: string, options: Readonly<Record<string, Option<unknown>>>): string | undefined {
  const names = Object.entries(options).flatMap(([key, option]) => {
    const positive = flagOf(key);
    const negative = positive.replace("--", "--no-");
    if (option.either) return [positive, negative];
    return option.kind === "flag" && option.default ? [negative] : [positive];
  });
  const bare = [...names, "--json", "--help"].map((name) => name.slice(2));
  const near = nearestName(flag.replace(/^-+/, ""), bare);
  return near === undefined ? undefined : `--${near}`;
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1).replace(/\.$/, "");
}
