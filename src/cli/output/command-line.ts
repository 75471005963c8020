/** A command as a person can type it again. */
import type { Command } from "../command.ts";
import type { Option } from "../options/option.ts";
import { flagOf, negativeOf } from "./flags.ts";

/** The command with its arguments, and with its options that differ from their defaults. */
export function commandLine(
  name: string,
  command: Pick<Command, "arguments" | "options">,
  args: Readonly<Record<string, unknown>>,
  options: Readonly<Record<string, unknown>>,
): string {
  const given = Object.keys(command.arguments).flatMap((key) => args[key] ?? []);
  const flags = Object.entries(command.options).flatMap(([key, option]) =>
    flagsOf(key, option, options[key]),
  );
  return ["punchline", name, ...given.map((word) => quoted(String(word))), ...flags].join(" ");
}

/** The flag of an option as one types it: `-n` of an option that is called `n`, else the long one. */
export const typedFlag = (key: string, { short }: Pick<Option<unknown>, "short">): string =>
  key === short ? `-${short}` : flagOf(key);

/** An option with its value as words; none for its default. */
export function flagsOf(key: string, option: Option<unknown>, value: unknown): string[] {
  const { kind, default: standard, on, off } = option;
  const flag = typedFlag(key, option);
  if (Array.isArray(value) && kind === "list") return value.flatMap((item) => [flag, quoted(String(item))]);
  if (value === undefined || value === standard) return [];
  if (value === off) return [negativeOf(flag)];
  if (kind === "flag" && value === on) return [flag];
  return [flag, quoted(String(value))];
}

/** A word, quoted if a shell needs it. */
export const quoted = (word: string): string => (/^[\w./~:@%+,-]+$/.test(word) ? word : JSON.stringify(word));
