/**
 * What a shell may complete: commands, arguments and options as data, so that no command is loaded for it. The build
 * writes it beside the program; sources, which have no build, make it from the commands.
 */

/** What a value is: paths are completed by the shell. */
export type Kind = "file" | "folder" | "source" | "model" | "samples";

export interface Value {
  readonly kind?: Kind | undefined;
  readonly words?: readonly string[] | undefined;
  /** Whether it may be several of the words with commas between them. */
  readonly commas?: boolean | undefined;
}

export interface CompletedOption {
  readonly flag: string;
  readonly about: string;
  /** Absent for a switch. */
  readonly value?: Value | undefined;
  /** Whether the value may be left out. */
  readonly bare?: boolean | undefined;
  readonly several?: boolean | undefined;
  /** The `-x` of the flag. */
  readonly short?: string | undefined;
}

export interface CompletedCommand {
  readonly name: string;
  readonly about: string;
  readonly arguments: readonly Value[];
  /** Whether the last argument may be repeated. */
  readonly several: boolean;
  readonly options: readonly CompletedOption[];
}

export interface CompletionTable {
  readonly commands: readonly CompletedCommand[];
  readonly models: readonly string[];
  readonly sources: readonly string[];
}

/** The name of the file in the build. */
export const TABLE = "completions.json";
