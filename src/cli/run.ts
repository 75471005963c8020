/** The command line: finds the command, parses its words, runs it, and returns the exit status. */
import { didYouMean } from "../core/did-you-mean.ts";
import { UsageError } from "../core/errors.ts";
import { version } from "../core/version.ts";
import { launchedAs } from "../ranks/launched.ts";
import type { Lead } from "../ranks/ranks.ts";
import type { Command } from "./command.ts";
import { createContext } from "./context.ts";
import { commandHelp, firstPage, type HelpStyle, programHelp } from "./help.ts";
import { createInterrupt, type Interrupt } from "./interrupt.ts";
import { commonOptions } from "./options/common.ts";
import { type ParsedWords, parseWords } from "./options/parse.ts";
import { commandLine } from "./output/command-line.ts";
import { failureOf, failureText } from "./output/failure.ts";
import { flagOf } from "./output/flags.ts";
import { type OutputStream, type Terminal, terminal } from "./output/terminal.ts";
import { type CommandEntry, registry as everyCommand } from "./registry.ts";

interface ErrorSource {
  on?(event: "error", listener: (error: Error) => void): unknown;
}

export interface Host {
  readonly stdout: OutputStream & ErrorSource;
  readonly stderr: OutputStream & ErrorSource;
  readonly env: NodeJS.ProcessEnv;
  readonly registry: readonly CommandEntry[];
}

/**
 * Runs `punchline ...words`; prints errors to standard error.
 * @param host where to run; default: this process, with all commands
 * @returns the exit status: 0 done, 1 failed, 2 wrong usage
 */
export async function runCli(words: readonly string[], host: Partial<Host> = {}): Promise<number> {
  const { stdout = process.stdout, stderr = process.stderr, env = process.env } = host;
  const out = terminal(stdout, env);
  const err = terminal(stderr, env);
  const interrupt = createInterrupt((text) => err.write(`\n${text}\n`));
  surviveClosedPipes(stdout, stderr, interrupt);
  const registry = host.registry ?? everyCommand;
  const run = (lead?: Lead) =>
    runWords(words, registry, { out, err, interrupt, debug: Boolean(env.DEBUG), lead });
  const launched = launchedAs(env);
  if (launched === undefined) return run();
  const { runAsRank } = await import("./ranks.ts");
  return runAsRank(words, launched, {
    run,
    fail: (error) => err.write(failureText(error, err.style, Boolean(env.DEBUG))),
    async parse() {
      const found = dispatch(words, registry);
      if (found.entry === undefined) return undefined;
      const { entry } = found;
      const command = (await entry.load()).default;
      const parsed = await parseWords(entry.name, command, found.rest, namesOf(registry));
      return typeof parsed === "string" ? undefined : { name: entry.name, command };
    },
  });
}

interface Speaking {
  readonly out: Terminal;
  readonly err: Terminal;
  readonly interrupt: Interrupt;
  readonly debug: boolean;
  readonly lead: Lead | undefined;
}

const namesOf = (registry: readonly CommandEntry[]): string[] => registry.map(({ name }) => name);

async function runWords(
  words: readonly string[],
  registry: readonly CommandEntry[],
  { out, err, interrupt, debug, lead }: Speaking,
): Promise<number> {
  try {
    if (words[0] === "completion" && words[1] === "--") {
      out.write(await completions(words.slice(2), registry));
      return 0;
    }
    const found = dispatch(words, registry);
    if (found.entry === undefined) {
      out.write(`${found.text(helpStyle(out))}\n`);
      return 0;
    }
    const command = (await found.entry.load()).default;
    const parsed = await parseWords(found.entry.name, command, found.rest, namesOf(registry));
    if (parsed === "help" || parsed === "help-all") {
      const all = parsed === "help-all";
      out.write(`${commandHelp(found.entry, command, { ...helpStyle(out), all })}\n`);
    } else await runCommand(found.entry.name, command, parsed, { stdout: out, stderr: err, interrupt, lead });
    return 0;
  } catch (error) {
    if (interrupt.received !== undefined && isAbort(error, interrupt)) {
      interrupt.dispose();
      // A rank of several must still tell the others.
      if (!lead) process.kill(process.pid, interrupt.received);
      return 1;
    }
    err.write(failureText(error, err.style, debug));
    return failureOf(error).status;
  } finally {
    interrupt.dispose();
  }
}

/** The answer to a shell's script; loads no command. */
async function completions(words: readonly string[], registry: readonly CommandEntry[]): Promise<string> {
  const [{ answerText, complete }, { readTable }] = await Promise.all([
    import("./completion/complete.ts"),
    import("./completion/read-table.ts"),
  ]);
  return answerText(complete(words, await readTable(registry)));
}

type Dispatch =
  | { readonly entry: CommandEntry; readonly rest: readonly string[] }
  | { readonly entry?: undefined; readonly text: (style: HelpStyle) => string };

const commonFlags = Object.entries(commonOptions).flatMap(([key, { short }]) => [
  flagOf(key),
  ...(short === undefined ? [] : [`-${short}`]),
]);

/** Finds the command among the words. The common options may come before it, and `help COMMAND` is `COMMAND --help`. */
function dispatch(words: readonly string[], registry: readonly CommandEntry[]): Dispatch {
  const at = words.findIndex((word) => !word.startsWith("-"));
  const before = at < 0 ? words : words.slice(0, at);
  if (before.includes("--version") || before.includes("-V")) return { text: () => version };
  const all = before.includes("--help-all") || (words[at] === "help" && words.includes("--help-all"));
  const wantsHelp = all || before.includes("--help") || before.includes("-h") || words[at] === "help";
  const name = words[at] === "help" ? words[at + 1] : words[at];
  const unknown = before.find((word) => !["--help", "--help-all", "-h", ...commonFlags].includes(word));
  if (unknown !== undefined) {
    throw new UsageError(`Unknown option ${unknown}; options of a command follow its name.`);
  }
  if (name === undefined) {
    if (wantsHelp) return { text: (style) => programHelp(registry, style) };
    if (words.length === 0) return { text: firstPage };
    throw new UsageError('A command is needed; see "punchline --help".');
  }
  const entry = registry.find((candidate) => candidate.name === name);
  if (entry === undefined) {
    const names = registry.map((candidate) => candidate.name);
    throw new UsageError(`Unknown command "${name}"; ${didYouMean(name, names)}`);
  }
  if (wantsHelp) return { entry, rest: [all ? "--help-all" : "--help"] };
  return { entry, rest: [...before, ...words.slice(at + 1)] };
}

async function runCommand(
  name: string,
  command: Command,
  { args, options, common, configuration }: ParsedWords,
  parts: {
    readonly stdout: Terminal;
    readonly stderr: Terminal;
    readonly interrupt: Interrupt;
    readonly lead: Lead | undefined;
  },
): Promise<void> {
  const { context, documents, end } = createContext({
    ...parts,
    ...common,
    commandLine: commandLine(name, command, args, options),
  });
  const { platform, arch, versions } = process;
  context.detail(`Punchline ${version}, Node ${versions.node}, ${platform}-${arch}.`);
  if (configuration) {
    if (common.verbose) context.detail(configuration.detail);
    else context.note(configuration.note);
  }
  try {
    await command.run(context, args, options);
  } finally {
    end();
  }
  if (documents() === 0) throw new Error("A command ended without its JSON document.");
}

/** A closed pipe (`| head`) is no failure; a command that reads the interrupt signal may still save its work. */
function surviveClosedPipes(stdout: ErrorSource, stderr: ErrorSource, interrupt: Interrupt): void {
  stdout.on?.("error", (error) => {
    if (!("code" in error) || error.code !== "EPIPE") throw error;
    if (!interrupt.request("Standard output was closed.")) process.exit(0);
  });
  stderr.on?.("error", () => {});
}

function isAbort(error: unknown, interrupt: Interrupt): boolean {
  return error === interrupt.signal.reason || (error instanceof Error && error.name === "AbortError");
}

function helpStyle({ columns, style }: Terminal): HelpStyle {
  return { columns: Math.min(columns, 80), style };
}
