/**
 * Options from a JSON file: `punchline.config.json` in the current folder, `--config FILE`, or the record of a run.
 *
 * A file has a section for each command, or it has the options of the one command that it is given to. Keys are the
 * names of options and arguments. What the command line gives goes first.
 *
 * @example
 * { "train": { "model": "char-gru", "width": 256 }, "sample": { "temperature": 0.8 } }
 */
import { existsSync } from "node:fs";
import { dirname, isAbsolute, join, relative, resolve } from "node:path";
import { didYouMean, namesLike, oneOf } from "../../core/did-you-mean.ts";
import { PunchlineError, UsageError } from "../../core/errors.ts";
import type { JsonObject } from "../../core/json.ts";
import { type JsonPlaces, jsonPlaces } from "../../core/json-places.ts";
import { shown } from "../../core/options.ts";
import { isFolder } from "../../files/exists.ts";
import { jsonObject } from "../../files/json-file.ts";
import { readTextFile } from "../../files/regular-file.ts";
import type { Command } from "../command.ts";
import { flagsOf, typedFlag } from "../output/command-line.ts";
import { formatCount } from "../output/format.ts";
import type { CommonValues } from "./common.ts";
import type { Option } from "./option.ts";

const FILE = "punchline.config.json";
/** Options that a note names one by one. */
const NAMED = 8;

type Values = Readonly<Record<string, unknown>>;

/** The words of a command line after they were read, by the names of options and arguments. */
export interface GivenWords {
  readonly name: string;
  readonly command: Pick<Command, "arguments" | "options">;
  /** Of the command line alone, without defaults. */
  readonly args: Values;
  readonly options: Values;
  /** The names of all commands. */
  readonly commands: readonly string[];
}

export interface Configuration {
  readonly args: Values;
  readonly options: Values;
  /** Which file, and what was taken from it: a sentence. */
  readonly note: string;
  /** The same with all options by name. */
  readonly detail: string;
}

/**
 * What a file says about a command, less what the command line says; undefined without a file.
 * @throws UsageError for an unknown name or a value of another kind, with the file and the line
 */
export async function configurationFor(
  given: GivenWords,
  { config, noConfig }: Pick<CommonValues, "config" | "noConfig">,
): Promise<Configuration | undefined> {
  if (noConfig || (config === undefined && !existsSync(FILE))) return undefined;
  const file = config === undefined ? FILE : await fileOf(config);
  const text = await readTextFile(file);
  const content = jsonObject(text, file);
  const places = jsonPlaces(text);
  if (content.format === "punchline-run") {
    const { optionsOfRecord } = await import("./record-options.ts");
    const values = await optionsOfRecord(text, file, given.name, given.options);
    return merged(given, file, { read: checked(given, values, () => file) });
  }
  const section = sectionOf(content, given, { file, places, chosen: config !== undefined });
  const read = checked(
    given,
    section.values,
    (key) => `${file}, line ${places.lineOf(...section.path, key)}`,
  );
  return merged(given, file, { read: fromFolder(given, read, dirname(file)), none: section.none });
}

/** The file itself, or the record in the folder of a run. */
async function fileOf(place: string): Promise<string> {
  if (place.trim() === "")
    throw new UsageError("--config needs a JSON file, or the folder of a run.", { option: "config" });
  if (!(await isFolder(place))) return place;
  const record = join(place, "run.json");
  if (existsSync(record)) return record;
  throw new UsageError(
    `--config ${place}: the folder has no run.json, so it is not a run; give a run's folder or a JSON file.`,
    { option: "config", value: place },
  );
}

interface Section {
  readonly values: JsonObject;
  /** The keys that lead to it. */
  readonly path: readonly string[];
  /** Whether the file has sections, and none for this command. */
  readonly none?: boolean;
}

const isSection = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The part of the file that is about the command. `$schema`, which editors want, is left out. */
function sectionOf(
  { $schema: _, ...content }: JsonObject,
  { name, commands }: GivenWords,
  { file, places, chosen }: { readonly file: string; readonly places: JsonPlaces; readonly chosen: boolean },
): Section {
  const entries = Object.entries(content);
  const place = (key: string) => `${file}, line ${places.lineOf(key)}`;
  const flat = entries.find(([, value]) => !isSection(value));
  const inSections = entries.some(([key, value]) => isSection(value) && commands.includes(key));
  if (flat && (inSections || !chosen)) {
    const [key, value] = flat;
    const move = `as in { "${name}": { ${shown(key)}: ${shown(value)} } }`;
    throw new UsageError(
      `${place(key)}: ${shown(key)} is outside of the section of a command; move it into one, ${move}.`,
      { file, key },
    );
  }
  if (flat) return { values: content, path: [] };
  const unknown = entries.find(([key]) => !commands.includes(key));
  if (unknown)
    throw new UsageError(
      `${place(unknown[0])}: there is no command ${shown(unknown[0])}; ${didYouMean(unknown[0], commands)}`,
      { file, key: unknown[0] },
    );
  const own = content[name];
  return isSection(own) ? { values: own, path: [name] } : { values: {}, path: [], none: entries.length > 0 };
}

interface Checked {
  readonly args: Values;
  readonly options: Values;
}

/** The values as the command line would have read them. @param placeOf file and line of a key */
function checked({ name, command }: GivenWords, values: Values, placeOf: (key: string) => string): Checked {
  const args: Record<string, unknown> = {};
  const options: Record<string, unknown> = {};
  const { options: known, arguments: places } = command;
  for (const [key, value] of Object.entries(values)) {
    const named = shown(key);
    const own = Object.hasOwn(known, key) ? key : Object.keys(known).find((k) => known[k]!.former === key);
    try {
      if (own !== undefined) options[own] = optionValue(known[own]!, value, named);
      else if (Object.hasOwn(places, key)) args[key] = argumentValue(places[key]!.presence, value, named);
      else {
        const near = namesLike(key, [...Object.keys(known), ...Object.keys(places)]).map((k) => `"${k}"`);
        const end = near.length > 0 ? `did you mean ${oneOf(near)}?` : `see "punchline ${name} --help".`;
        throw new UsageError(`"${name}" has no option ${named}; ${end}`, { option: key });
      }
    } catch (error) {
      if (!(error instanceof PunchlineError)) throw error;
      throw new UsageError(`${placeOf(key)}: ${error.message}`, { ...error.details, key });
    }
  }
  return { args, options };
}

const mustBe = (named: string, wanted: string, value: unknown): UsageError =>
  new UsageError(`${named} must be ${wanted}, not ${shown(value)}.`);

function argumentValue(presence: string, value: unknown, named: string): unknown {
  const several = presence === "several" || presence === "any";
  const texts = several && Array.isArray(value) ? value : [value];
  if (texts.length > 0 && texts.every((text) => typeof text === "string")) return several ? texts : value;
  throw mustBe(named, several ? "a text or a list of texts" : "a text", value);
}

/** The value of an option in JSON, as the option itself reads it. */
function optionValue(option: Option<unknown>, value: unknown, named: string): unknown {
  if (option.kind === "flag") {
    const { on, off } = option;
    if (value !== true && value !== false && value !== on && value !== off)
      throw mustBe(named, "true or false", value);
    const set = value === true || value === on ? on : off;
    return set === option.default ? undefined : set;
  }
  if (option.kind !== "list") return singleValue(option, value, named);
  return (Array.isArray(value) ? value : [value]).map((item) => singleValue(option, item, named));
}

function singleValue(option: Option<unknown>, value: unknown, named: string): unknown {
  const written = wordOf(option, value);
  if (written === undefined)
    throw mustBe(named, isSection(value) || value === null ? "a value" : "one value", value);
  const read = option.read(written, named);
  if (Array.isArray(value) && !Array.isArray(read)) throw mustBe(named, "one value, not a list", value);
  if (typeof value === "string" && typeof read === "number")
    throw mustBe(named, "a number, without quotes", value);
  if (typeof value === "number" && typeof read !== "number") throw mustBe(named, "a text, in quotes", value);
  return read;
}

/** A JSON value as a word of the command line. */
function wordOf({ bare, off }: Option<unknown>, value: unknown): string | undefined {
  if (typeof value === "string" || typeof value === "number") return String(value);
  if (Array.isArray(value) && value.every((item) => typeof item === "string")) return value.join(",");
  if (value === true && bare !== undefined) return bare;
  return value === false && off !== undefined ? String(off) : undefined;
}

/** Paths of a file in another folder, as they are seen from the current one. */
function fromFolder({ command }: GivenWords, { args, options }: Checked, folder: string): Checked {
  if (resolve(folder) === process.cwd()) return { args, options };
  const moved = (values: Values, kindOf: (key: string) => string | undefined) =>
    Object.fromEntries(
      Object.entries(values).map(([key, value]) => {
        const move = (item: unknown) =>
          typeof item === "string" && isPath(item, kindOf(key), folder) ? movedPath(item, folder) : item;
        return [key, Array.isArray(value) ? value.map(move) : move(value)];
      }),
    );
  return {
    args: moved(args, (key) => key.toUpperCase().replace(/S$/, "")),
    options: moved(options, (key) => command.options[key]!.placeholder),
  };
}

/** Whether a value is a path: of files always; of sources and models, which may have a name, if it looks like one. */
function isPath(value: string, kind: string | undefined, folder: string): boolean {
  if (kind === "FILE" || kind === "DIR") return true;
  if (kind === "SOURCE") return /[./\\]/.test(value) && !value.startsWith("hf:");
  if (kind === "MODEL" || kind === "RUN" || kind === "SAMPLE")
    return /^\.{1,2}[/\\]/.test(value) || existsSync(join(folder, value));
  return false;
}

function movedPath(path: string, folder: string): string {
  if (isAbsolute(path)) return path;
  const moved = relative(process.cwd(), resolve(folder, path));
  // A name alone could be that of a built-in model.
  return /[/\\]/.test(moved) ? moved : `./${moved}`;
}

/** What is left of a file beside the words of the command line, and the sentence about it. */
function merged(
  { name, command, args: words, options: flags }: GivenWords,
  file: string,
  { read, none = false }: { readonly read: Checked; readonly none?: boolean | undefined },
): Configuration {
  const isGiven = (key: string) =>
    [key, ...(command.options[key]?.rivals ?? [])].some((other) => flags[other] !== undefined);
  const values = Object.entries(read.options).filter(([, value]) => value !== undefined);
  const taken = values.filter(([key]) => !isGiven(key));
  const args = Object.entries(read.args);
  const takenArgs = args.filter(([key]) => words[key] === undefined);
  const shownWords = [
    ...takenArgs.map(([key, value]) => `${key.toUpperCase()} ${[value].flat().join(" ")}`),
    ...taken.map(([key, value]) =>
      flagsOf(key, { ...command.options[key]!, default: undefined }, value).join(" "),
    ),
  ].filter((word) => word !== "");
  const replaced = [
    ...args.filter(([key]) => words[key] !== undefined).map(([key]) => key.toUpperCase()),
    ...values.filter(([key]) => isGiven(key)).map(([key]) => typedFlag(key, command.options[key]!)),
  ];
  const sentence = (list: string) => {
    const rest = replaced.length > 0 ? `; the command line replaces its ${replaced.join(", ")}` : "";
    return `From ${file}: ${list}${rest}.`;
  };
  const nothing = none ? `nothing, as it has no section for "${name}"` : "nothing";
  const all = shownWords.length > 0 ? shownWords.join(" ") : nothing;
  const short =
    shownWords.length > NAMED ? `${formatCount(shownWords.length)} options; --verbose lists them` : all;
  return {
    args: Object.fromEntries(takenArgs),
    options: Object.fromEntries(taken),
    note: sentence(short),
    detail: sentence(all),
  };
}
