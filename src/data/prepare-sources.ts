/**
 * From the names of sources to splits that are ready for training.
 *
 * @example
 * const data = await prepareData(["one-liners"]);
 * const stream = encodeSplit(data, "train");
 */
import { getHeapStatistics } from "node:v8";
import { InputError, UsageError } from "../core/errors.ts";
import { checkOptions, checkTexts, option, optionNames } from "../core/options.ts";
import {
  insideOfPrepareOptions,
  type PreparedData,
  type PrepareOptions,
  prepareTextInTurns,
} from "./prepare.ts";
import { type CheckMemory, memoryOfTexts, prepareOpened } from "./prepare-opened.ts";
import { joinPrompt } from "./shape-texts.ts";
import { citiesKind } from "./sources/cities.ts";
import { checkLength, type DecodeOptions, wholeText } from "./sources/decode.ts";
import { openFile } from "./sources/disk.ts";
import { fileKind } from "./sources/file.ts";
import { oneLinersKind } from "./sources/one-liners.ts";
import { openSource, type SourceKind, type SourceOptions, type TextSource } from "./sources/source.ts";
import { tokenFileOf } from "./sources/token-files.ts";
import type { SourceSummary } from "./summary.ts";

/** The built-in kinds of sources, in the order in which they are tried. */
export const sourceKinds: readonly SourceKind[] = [oneLinersKind, citiesKind, fileKind];

export interface PrepareDataOptions extends PrepareOptions, SourceOptions {
  /**
   * A source whose texts are the whole validation split. Texts of the other sources that repeat one of them are
   * dropped. Not together with `fractions.validation`.
   */
  readonly validationSource?: string | undefined;
}

const prepareDataNames = optionNames<keyof PrepareDataOptions>()(
  "cleaning vocabulary end minCount maxWords vocabularySize signal allowLoss exactDuplicates nearDuplicates fractions separator minLength maxLength onProgress column promptColumn fileFormat encoding delimiter header maxLine allJokes includeAttacks kinds validationSource",
  insideOfPrepareOptions,
);

/**
 * Reads, cleans, deduplicates and splits one or several sources, taken as one in their order.
 * @param sources `one-liners`, `cities`, `hf:owner/dataset` or files: .csv .tsv .json .jsonl .parquet .txt, also as .gz or .zip
 * @throws InputError or UsageError whose message is one sentence for the user.
 */
export async function prepareData(
  sources: string | readonly string[],
  options: PrepareDataOptions = {},
): Promise<PreparedData> {
  const { options: own, ...opened } = await openAll(sources, options);
  return prepareOpened({ ...opened, checkMemory: heapCheck() }, own);
}

/** Opens sources, those that are held out first, and the options with the fractions that this leaves. */
export async function openAll(
  sources: string | readonly string[],
  options: PrepareDataOptions,
): Promise<{
  readonly sources: readonly TextSource[];
  readonly heldOut: number;
  readonly options: PrepareDataOptions;
}> {
  if (typeof sources !== "string") checkTexts(sources, "sources");
  const { validationSource, fractions } = checkOptions(options, prepareDataNames);
  const heldOut = validationSource === undefined ? [] : [validationSource];
  if (validationSource !== undefined && fractions?.validation !== undefined)
    throw new UsageError(
      `${option("fractions.validation")} and ${option("validationSource")} both say what validation is made of; give one of them.`,
      { option: "validationSource", value: validationSource },
    );
  // Held-out texts come first, so that of two duplicates the training text is dropped.
  const names = [...heldOut, ...namesOf(sources)];
  const opened: TextSource[] = [];
  for (const name of names) opened.push(await openSource(name, options, sourceKinds));
  const split =
    validationSource === undefined
      ? options
      : { ...options, fractions: { validation: 0, test: fractions?.test ?? 0 } };
  return { sources: opened, heldOut: heldOut.length, options: split };
}

/** Reads files whole as one continuous text and splits it by position; see `prepareText`. */
export async function prepareRawText(
  files: string | readonly string[],
  options: PrepareOptions & Pick<SourceOptions, "encoding"> = {},
): Promise<PreparedData> {
  checkOptions(options, prepareDataNames);
  const names = namesOf(files);
  const encodings: string[] = [];
  const text = await readRawText(names, { ...options, onEncoding: (name) => encodings.push(name) });
  const prepared = await prepareTextInTurns(text, options, names.join(", "));
  const summaries: SourceSummary[] = names.map((source, i) => ({
    source,
    format: "text",
    column: null,
    rows: 1,
    encoding: encodings[i] === "utf-8" ? undefined : encodings[i],
  }));
  return { ...prepared, summary: { ...prepared.summary, sources: summaries } };
}

/** The contents of text files (gzip is unpacked) one after the other, exactly as they are. */
export async function readRawText(
  files: string | readonly string[],
  options: DecodeOptions = {},
): Promise<string> {
  const texts: string[] = [];
  let length = 0;
  for (const name of namesOf(files)) {
    const instead = `give a smaller file, or read it in pieces: a text a line, without ${option("prepareText")}.`;
    const text = await wholeText(await openFile(name, () => true), { ...options, instead });
    texts.push(text);
    length += text.length;
    checkLength(name, length, instead);
  }
  return texts.join("");
}

/** All texts of sources as they are, each with its prompt: no cleaning, nothing dropped. */
export async function readTexts(
  sources: readonly string[],
  { separator, ...options }: SourceOptions & { readonly separator?: string | undefined } = {},
): Promise<string[]> {
  const texts: string[] = [];
  for (const name of sources) {
    const source = await openSource(name, options, sourceKinds);
    for await (const batch of source.batches())
      for (const [i, text] of batch.texts.entries())
        texts.push(batch.prompts?.[i] ? joinPrompt(batch.prompts[i], text, separator).text : text);
  }
  return texts;
}

/** Reading stops before the process would be killed for what it holds. */
export function heapCheck(): CheckMemory {
  const usedBefore = getHeapStatistics().used_heap_size;
  return (source, texts, characters) => {
    const needed = usedBefore + memoryOfTexts(texts, characters);
    const limit = getHeapStatistics().heap_size_limit;
    if (needed <= limit) return;
    const megabytes = (bytes: number) => Math.ceil(bytes / 2 ** 20);
    throw new InputError(
      "memory",
      `${source}: ${texts} texts with ${characters} characters, and what follows, need more than the ${megabytes(limit)} MB that Node may use; ` +
        `make a token file of them, which is read from the disk ("punchline data ${source} --out ${tokenFileOf(source)}"), give a part of them, or allow more, such as NODE_OPTIONS=--max-old-space-size=${2 * megabytes(needed)}.`,
      { source, texts, characters, limit },
    );
  };
}

function namesOf(sources: string | readonly string[]): readonly string[] {
  const names = typeof sources === "string" ? [sources] : sources;
  if (names.length === 0) throw new UsageError("No source is given; name a file or one-liners.");
  return names;
}
