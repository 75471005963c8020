/** A command as a person can type it again. */
import type { Command } from "../command.ts";
import type { Option } from "../options/option.ts";
import { flagOf } from "./flags.ts";

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

function flagsOf(key: string, { kind, short, default: standard }: Option<unknown>, value: unknown): string[] {
  const flag = key === short ? `-${short}` : flagOf(key);
  if (Array.isArray(value)) return value.flatMap((item) => [flag, quoted(String(item))]);
  if (value === undefined || value === standard) return [];
  if (kind === "flag") return [value === true ? flag : flag.replace("--", "--no-")];
  return [flag, quoted(String(value))];
}

/** A word, quoted if a shell needs it. */
export const quoted = (word: string): string => (/^[\w./~:@%+,-]+$/.test(word) ? word : JSON.stringify(word));
