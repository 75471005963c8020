/**
 * The definition of a command: its arguments, options, examples and the function that runs.
 *
 * A command is one file in `commands/` that default-exports `defineCommand({...})`, and one entry in
 * `registry.ts` with its name and summary, so that `punchline --help` need not load it.
 *
 * @example
 * export default defineCommand({
 *   arguments: { name: argument("Whom to greet") },
 *   options: usual({ times: integer("How often", { min: 1, default: 1 }) }),
 *   examples: { "punchline greet Ada --times 3": "Greet three times" },
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
  /** Values that a completion offers. */
  readonly words?: readonly string[] | undefined;
  /** Carries the type; never set. */
  readonly value?: T | undefined;
}

export type Arguments = Readonly<Record<string, Argument<unknown>>>;
export type Options = Readonly<Record<string, Option<unknown>>>;

/** The types of `run`'s second parameter. */
export type ArgumentValues<A extends Arguments> = {
  readonly [K in keyof A]: A[K] extends Argument<infer T> ? T : never;
};

const taking =
  <T>(presence: Argument<T>["presence"]) =>
  (describe: string, words?: readonly string[]): Argument<T> => ({ describe, presence, words });

/** An argument that must be given. */
export const argument = taking<string>("required");
/** An argument that may be left out; only the last ones of a command may be. */
export const optionalArgument = taking<string | undefined>("optional");
/** One or more arguments; only the last of a command. */
export const severalArguments = taking<readonly [string, ...string[]]>("several");
/** Any number of arguments, none too; only the last of a command. */
export const anyArguments = taking<readonly string[]>("any");

export interface CommandDefinition<A extends Arguments = Arguments, O extends Options = Options> {
  /** A paragraph or two for the help, below the summary. */
  readonly description?: string | undefined;
  /** In order; the help shows the key in capitals. */
  readonly arguments: A;
  /** Without those that every command has: `commonOptions` and `--help`. */
  readonly options: O;
  /** Commands, each with what it is for. */
  readonly examples: Readonly<Record<string, string>>;
  /** Whether several processes can share the work, as `mpirun` starts them: `ctx.lead`. Default false. */
  readonly ranks?: boolean | undefined;
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
