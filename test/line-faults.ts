/** Whether commands, options, scripts and files exist that a line of shell or prose names. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { generalOptions } from "../src/cli/options/common.ts";
import { flagOf, negativeOf } from "../src/cli/output/flags.ts";
import { registry } from "../src/cli/registry.ts";
import { root } from "./cli.ts";

const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

/** What a line of shell names that is not there. */
export async function faultsOf(line: string): Promise<string[]> {
  const faults: string[] = [];
  for (const [, script, rest = ""] of line.matchAll(/\bnpm run (?:-s )?([\w:-]+)(?: -- ([\w-]+))?/g)) {
    if (!manifest.scripts[script!]) faults.push(`no script ${script}`);
    const benchmark = script === "bench" && rest !== "all" && /^[a-z]/.test(rest);
    if (benchmark && !existsSync(join(root, `bench/${rest}.ts`))) faults.push(`no benchmark ${rest}`);
  }
  for (const [file] of line.matchAll(/\b(?:src|test|bench|examples|docs|\.ci)\/[\w./-]*\w/g)) {
    if (!existsSync(join(root, file))) faults.push(`no file ${file}`);
  }
  for (const [, words] of line
    .replace(/ # .*$/, "")
    .matchAll(/(?:^|[$|;&] |npx )punchline ((?:"[^"]*"|[^|;&<>])+)/g)) {
    const [name = "", ...rest] = words!.split(/\s+(?=(?:[^"]*"[^"]*")*[^"]*$)/);
    if (name.startsWith("-") || /^[A-Z]+$/.test(name)) continue;
    const entry = registry.find((candidate) => candidate.name === name);
    if (!entry) {
      faults.push(`no command ${name}`);
      continue;
    }
    const command = (await entry.load()).default;
    const known = new Set(["--help", "--help-all", "-h"]);
    for (const [key, option] of Object.entries({ ...command.options, ...generalOptions(command) })) {
      known.add(flagOf(key));
      if (option.short) known.add(`-${option.short}`);
      if (option.off !== undefined) known.add(negativeOf(flagOf(key)));
    }
    for (const word of rest) {
      const flag = /^--?[a-zA-Z][\w-]*/.exec(word)?.[0];
      if (flag !== undefined && !known.has(flag)) faults.push(`no option ${flag} of ${name}`);
    }
  }
  return faults;
}
