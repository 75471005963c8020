/** The options that every command has. */
import { UsageError } from "../../core/errors.ts";
import type { Command, Options } from "../command.ts";
import { flag, inGroup, type OptionValues, text } from "./option.ts";

export const commonOptions = inGroup("General", {
  quiet: flag("Print results, warnings and errors only: no progress, no notes", { short: "q" }),
  verbose: flag("Also print the machine, the files and where the time went"),
  json: flag("Print one JSON document on standard output and nothing else there"),
});

/** Of every command with options of its own. */
export const configOptions = inGroup("General", {
  config: text("Take options from a JSON file, or from the run of this folder", {
    placeholder: "FILE",
    defaultIs: "punchline.config.json, if there is one",
  }),
  noConfig: flag("Leave out the punchline.config.json of this folder"),
});

export type CommonValues = OptionValues<typeof commonOptions> & Partial<OptionValues<typeof configOptions>>;

/** The options of a command besides its own. */
export const generalOptions = ({ options }: Pick<Command, "options">): Options =>
  Object.keys(options).length > 0 ? { ...configOptions, ...commonOptions } : commonOptions;

/** @throws UsageError for options that exclude each other */
export function checkCommon({ quiet, verbose, config, noConfig }: CommonValues): void {
  if (quiet && verbose) throw new UsageError("--quiet and --verbose exclude each other; give one.");
  if (config !== undefined && noConfig)
    throw new UsageError("--config and --no-config exclude each other; give one.");
}
