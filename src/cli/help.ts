/** The text of `punchline --help` and `punchline COMMAND --help`, at most 80 columns wide by default. */
import type { Argument, Command } from "./command.ts";
import type { Option } from "./options/option.ts";
import { flagOf } from "./output/flags.ts";
import { definitions, termWidthOf, wrap } from "./output/layout.ts";
import type { Style } from "./output/terminal.ts";
import { type CommandEntry, groups } from "./registry.ts";

export interface HelpStyle {
  readonly columns: number;
  readonly style: Style;
}

type Definition = readonly [term: string, explanation: string];

/** Lists of definitions with titles, their explanations all in the same column. */
function sections(
  lists: readonly (readonly [title: string, list: readonly Definition[]])[],
  { columns, style }: HelpStyle,
): string[] {
  const termWidth = termWidthOf(
    lists.flatMap(([, list]) => list),
    columns,
  );
  return lists.flatMap(([title, list]) =>
    list.length === 0 ? [] : ["", style.bold(title), ...definitions(list, columns, { termWidth })],
  );
}

/** The help of the whole program; loads no command. */
export function programHelp(registry: readonly CommandEntry[], help: HelpStyle): string {
  const { style } = help;
  const items = (group: string) =>
    registry
      .filter((entry) => entry.group === group)
      .map(({ name, summary }): Definition => [style.cyan(name), summary]);
  const common: Definition[] = [
    [style.cyan("-h, --help"), "Show help; of one command: punchline COMMAND --help"],
    [style.cyan("--version"), "Show the version"],
    [style.cyan("--json"), "On every command: one JSON document on standard output"],
  ];
  return [
    "Train, fine-tune, sample, audit and compare small language models.",
    "",
    `${style.bold("Usage")}  punchline COMMAND [arguments] [options]`,
    ...sections([...groups.map((group) => [group, items(group)] as const), ["Options", common]], help),
    "",
    "Exit status: 0 done, 1 failed, 2 wrong usage.",
  ].join("\n");
}

export function commandHelp(entry: CommandEntry, command: Command, help: HelpStyle): string {
  const { columns, style } = help;
  const args = Object.entries(command.arguments).map(
    ([key, { describe }]): Definition => [style.cyan(key.toUpperCase()), describe],
  );
  // Options without a group come first; the groups follow in the order of their options.
  const optionGroups = new Map<string, Definition[]>([["Options", []]]);
  for (const [key, option] of Object.entries(command.options)) {
    const group = option.group ?? "Options";
    optionGroups.set(group, [...(optionGroups.get(group) ?? []), optionItem(key, option, style)]);
  }
  optionGroups.set("General", [
    [`    ${style.cyan("--json")}`, "Print one JSON document on standard output and nothing else there"],
    [`${style.cyan("-h")}, ${style.cyan("--help")}`, "Show this help"],
  ]);
  const usage = Object.entries(command.arguments).map(([key, argument]) => argumentForm(key, argument));
  return [
    `${entry.summary}.`,
    "",
    `${style.bold("Usage")}  ${["punchline", entry.name, ...usage, "[options]"].join(" ")}`,
    ...(command.description ? ["", ...wrap(command.description, columns)] : []),
    ...sections([["Arguments", args], ...optionGroups], help),
    ...exampleLines(command, columns, style),
  ].join("\n");
}

function argumentForm(key: string, { presence }: Argument<unknown>): string {
  const name = key.toUpperCase();
  const form = presence === "several" || presence === "any" ? `${name}...` : name;
  return presence === "optional" || presence === "any" ? `[${form}]` : form;
}

function optionItem(key: string, option: Option<unknown>, style: Style): Definition {
  const negative = option.kind === "flag" && option.default === true;
  const long = flagOf(key).replace("--", option.either ? "--[no-]" : negative ? "--no-" : "--");
  const short = option.short ? `${style.cyan(`-${option.short}`)}, ` : "    ";
  const value = option.placeholder ? ` ${option.placeholder}` : "";
  const standard =
    option.kind === "value" && option.default !== undefined
      ? [`default:\u00a0${String(option.default)}`]
      : [];
  const facts = [...option.facts, ...standard].join("; ");
  return [`${short}${style.cyan(long)}${value}`, option.describe + (facts ? ` (${facts})` : "")];
}

function exampleLines({ examples }: Command, columns: number, style: Style): string[] {
  const lines = Object.entries(examples).flatMap(([command, explain]) => [
    ...wrap(explain, columns - 2).map((line) => style.dim(`  ${line}`)),
    `  $ ${command}`,
  ]);
  return lines.length === 0 ? [] : ["", style.bold("Examples"), ...lines];
}
