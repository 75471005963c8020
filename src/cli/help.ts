/**
 * The help texts, at most 80 columns wide by default: of the program without any words, of `punchline --help`, and of a
 * command. `--help` of a command fits on a screen: its options are those marked as usual. `--help-all` has all.
 */
import type { Argument, Command } from "./command.ts";
import { generalOptions } from "./options/common.ts";
import type { Option } from "./options/option.ts";
import { flagOf, isNegative } from "./output/flags.ts";
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

/** What a newcomer may want, in the order in which it is wanted. */
const firstSteps: Readonly<Record<string, readonly Definition[]>> = {
  "Start here": [
    ["punchline demo", "Train, fine-tune and compare on built-in jokes, as one page"],
    ["punchline suggest", "Type, and a built-in GPT-2 suggests the rest"],
  ],
  "Your own model": [
    ["punchline train --out runs/a --max-minutes 3", "Train, on the built-in jokes"],
    ['punchline sample runs/a --prompt "Why did"', "Let it write"],
    ["punchline novelty runs/a", "See what it copied"],
  ],
  More: [
    ["punchline --help", "All commands"],
    ["punchline COMMAND --help", "One command, with examples"],
    ["punchline completion SHELL", "Complete words with Tab in bash, zsh or fish"],
  ],
};

/** The page of `punchline` without any words. */
export function firstPage(help: HelpStyle): string {
  const { style } = help;
  const coloured = (list: readonly Definition[]) =>
    list.map(([command, does]): Definition => [style.cyan(command), does]);
  return [
    "Punchline trains, samples and audits small language models on your own text.",
    ...Object.entries(firstSteps).flatMap(([title, list]) => [
      "",
      style.bold(title),
      ...beside(coloured(list), help),
    ]),
  ].join("\n");
}

/** Commands with what they do beside them, or below where the terminal is too narrow. */
function beside(list: readonly Definition[], { columns }: HelpStyle): string[] {
  return definitions(list, columns, { termWidth: termWidthOf(list, columns * 1.5) });
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
    [style.cyan("-q, --quiet"), "On every command: no progress and no notes"],
    [style.cyan("--verbose"), "On every command: also machine, files, where the time went"],
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

/** Most examples of the short help. */
const EXAMPLES = 3;

/** The help of a command: on one screen, or with `all` of its options. */
export function commandHelp(
  entry: CommandEntry,
  command: Command,
  help: HelpStyle & { readonly all?: boolean },
): string {
  const { columns, style, all = false } = help;
  const args = Object.entries(command.arguments).map(
    ([key, { describe }]): Definition => [style.cyan(key.toUpperCase()), describe],
  );
  const usage = Object.entries(command.arguments).map(([key, argument]) => argumentForm(key, argument));
  return [
    `${entry.summary}.`,
    "",
    `${style.bold("Usage")}  ${["punchline", entry.name, ...usage, "[options]"].join(" ")}`,
    ...(all && command.description ? ["", ...wrap(command.description, columns)] : []),
    ...exampleLines(command, help),
    ...sections([["Arguments", args], ...optionLists(command, help)], help),
    ...(all ? [] : ["", ...wrap(moreText(command, style), columns)]),
  ].join("\n");
}

/** The options by group; those without a group come first, the groups in the order of their options. */
function optionLists(
  command: Command,
  { style, all }: HelpStyle & { readonly all?: boolean },
): [title: string, list: Definition[]][] {
  const lists = new Map<string, Definition[]>([["Options", []]]);
  for (const [key, option] of Object.entries(
    all ? { ...command.options, ...generalOptions(command) } : command.options,
  )) {
    if (!all && !option.usual) continue;
    const title = (all && option.group) || "Options";
    lists.set(title, [...(lists.get(title) ?? []), optionItem(key, option, style, all)]);
  }
  lists
    .get("General")
    ?.push(
      [`${style.cyan("-h")}, ${style.cyan("--help")}`, "Show the short help"],
      [`    ${style.cyan("--help-all")}`, "Show this help"],
    );
  return [...lists];
}

/** The last line of the short help. */
function moreText({ options }: Command, style: Style): string {
  const hidden = Object.values(options).filter(({ usual }) => !usual).length;
  const more =
    hidden === 0 ? "explains more" : hidden === 1 ? "shows one more" : `shows ${hidden} more options`;
  return `${style.cyan("--help-all")} ${more}; ${style.cyan("--json")} prints a document for programs.`;
}

function argumentForm(key: string, { presence }: Argument<unknown>): string {
  const name = key.toUpperCase();
  const form = presence === "several" || presence === "any" ? `${name}...` : name;
  return presence === "optional" || presence === "any" ? `[${form}]` : form;
}

function optionItem(key: string, option: Option<unknown>, style: Style, all = false): Definition {
  const either = option.off !== undefined && !isNegative(key);
  const long = flagOf(key).replace("--", either ? "--[no-]" : "--");
  const short = option.short ? `${style.cyan(`-${option.short}`)}, ` : "    ";
  const value = option.placeholder ? ` ${option.placeholder}` : "";
  const standard = option.defaultText === undefined ? "required" : `default:\u00a0${option.defaultText}`;
  const repeated = all && option.kind === "list" ? ["may be repeated"] : [];
  const range = all && option.range ? [option.range] : [];
  const facts = [...option.facts, ...range, ...repeated, standard];
  return [`${short}${style.cyan(long)}${value}`, `${option.describe} (${facts.join("; ")})`];
}
/** A command on lines that a shell joins, broken between words that are not quoted. */
function shellLines(command: string, columns: number): string[] {
  const whole = command.replace(/"[^"]*"|'[^']*'/g, (quoted) => quoted.replaceAll(" ", "\u00a0"));
  const lines = wrap(whole, columns - 6);
  return lines.map((line, i) => `${i === 0 ? "  $ " : "    "}${line}${i < lines.length - 1 ? " \\" : ""}`);
}

function exampleLines(
  { examples }: Command,
  { columns, style, all }: HelpStyle & { readonly all?: boolean },
): string[] {
  const shown = Object.entries(examples).slice(0, all ? undefined : EXAMPLES);
  const lines = shown.flatMap(([line, explain]) => [
    ...wrap(explain, columns - 2).map((text) => style.dim(`  ${text}`)),
    ...shellLines(line, columns),
  ]);
  return lines.length === 0 ? [] : ["", style.bold("Examples"), ...lines];
}
