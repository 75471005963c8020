/**
 * The definition of a command: its arguments, options, examples and the function that runs.
 *
 * A command is one file in `commands/` that default-exports `defineCommand({...})`, and one entry in
 * `registry.ts` with its name and summary, so that `punchline --help` need not load it.
 *
 * @example
 * export default defineCommand({
 *   arguments: { name: argument({ describe: "Whom to greet" }) },
 *   options: { times: integer({ describe: "How often", min: 1, default: 1 }) },
 *   examples: [{ command: "punchline greet Ada --times 3", explain: "Greet three times" }],
 *   async run(ctx, { name }, { times }) {
 *     for (let i = 0; i < times; i++) ctx.print(`Hello, ${name}`);
 *     ctx.json({ name, times });
 *   },
 * });
 */
import type { Context } from "./context.ts";
import type { Option, OptionValues } from "./options/option.ts";

export interface Argument<T> {
  readonly describe: string;
  readonly presence: "required" | "optional" | "several" | "any";
  /** Carries the type; never set. */
  readonly value?: T | undefined;
}

export type Arguments = Readonly<Record<string, Argument<unknown>>>;
export type Options = Readonly<Record<string, Option<unknown>>>;

/** The types of `run`'s second parameter. */
export type ArgumentValues<A extends Arguments> = {
  readonly [K in keyof A]: A[K] extends Argument<infer T> ? T : never;
};

interface ArgumentSpec {
  readonly describe: string;
}

/** An argument that must be given. */
export function argument({ describe }: ArgumentSpec): Argument<string> {
  return { describe, presence: "required" };
}

/** An argument that may be left out; only the last ones of a command may be. */
export function optionalArgument({ describe }: ArgumentSpec): Argument<string | undefined> {
  return { describe, presence: "optional" };
}

/** One or more arguments; only the last of a command. */
export function severalArguments({ describe }: ArgumentSpec): Argument<readonly [string, ...string[]]> {
  return { describe, presence: "several" };
}

/** Any number of arguments, none too; only the last of a command. */
export function anyArguments({ describe }: ArgumentSpec): Argument<readonly string[]> {
  return { describe, presence: "any" };
}

export interface Example {
  readonly command: string;
  readonly explain: string;
}

export interface CommandDefinition<A extends Arguments = Arguments, O extends Options = Options> {
  /** A paragraph or two for the help, below the summary. */
  readonly description?: string | undefined;
  /** In order; the help shows the key in capitals. */
  readonly arguments: A;
  /** Without `--json` and `--help`, which every command has. */
  readonly options: O;
  readonly examples: readonly Example[];
  /** Does the work. Calls `ctx.json` once, whether or not `--json` is given. */
  run(ctx: Context, args: ArgumentValues<A>, options: OptionValues<O>): Promise<void>;
}

/** A command of any arguments and options. */
export interface Command extends Omit<CommandDefinition, "run"> {
  run(ctx: Context, args: unknown, options: unknown): Promise<void>;
}

/** Returns the definition; checks its types. */
export function defineCommand<const A extends Arguments, const O extends Options>(
  definition: CommandDefinition<A, O>,
): Command {
  return definition as unknown as Command;
}
