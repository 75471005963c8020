/** Texts of a page, prepared as at the command line: a list, one long text, or a file. */
import { InputError } from "../../core/errors.ts";
import { checkNames, optionNames } from "../../core/options.ts";
import {
  type PreparedData,
  type PrepareOptions,
  prepareTextInTurns,
  prepareTexts,
} from "../../data/prepare.ts";
import { type CheckMemory, memoryOfTexts, prepareOpened } from "../../data/prepare-opened.ts";
import { renamed } from "../../data/rows.ts";
import { fileBytes } from "../../data/sources/bytes.ts";
import { wholeText } from "../../data/sources/decode.ts";
import { fileSource, isData } from "../../data/sources/formats.ts";
import type { TextBatch, TextSource } from "../../data/sources/source.ts";
import { blobFile } from "../blob-file.ts";
import { csvLibrary } from "../csv-library.ts";
import type { FileReading, Preparation, Texts, TextsView } from "./calls.ts";
import { countTexts, type TextCounts } from "./texts-view.ts";

type Hooks = Pick<PrepareOptions, "signal" | "onProgress" | "vocabulary">;

const readingNames = optionNames<keyof FileReading>()(
  "whole column promptColumn fileFormat encoding delimiter header maxLine",
);

/** @throws InputError with one sentence for the user, as `prepareData` does */
export async function prepareGivenTexts(
  { texts, name, reading = {}, options = {} }: Preparation,
  hooks: Hooks,
): Promise<PreparedData> {
  checkNames(reading, readingNames);
  const { fractions } = options;
  if (texts instanceof Blob) {
    if (reading.whole) {
      const prepared = await prepareTextInTurns(
        await textOf(texts, reading),
        { fractions, ...hooks },
        texts.name,
      );
      const source = { source: texts.name, format: "text", column: null, rows: 1 };
      return { ...prepared, summary: { ...prepared.summary, sources: [source] } };
    }
    const sources = [await opened(texts, reading)];
    const prepared = await prepareOpened({ sources, checkMemory }, { ...options, ...hooks });
    const { rows } = prepared;
    return rows && name !== undefined ? { ...prepared, rows: renamed(rows, () => name) } : prepared;
  }
  if (typeof texts === "string") return prepareTextInTurns(texts, { fractions, ...hooks }, "The text");
  const rows = Array.from(texts, (_, i) => i + 1);
  const batch: TextBatch = { texts, source: name ?? "the list", rows, unit: "entry" };
  return prepareTexts([batch], { ...options, ...hooks }, "The list");
}

/** What texts are, before anything is done with them. */
export async function viewOf(
  { texts, reading = {} }: Pick<Preparation, "texts" | "reading">,
  signal: AbortSignal,
): Promise<TextsView> {
  checkNames(reading, readingNames);
  const asOne = typeof texts === "string" || reading.whole === true;
  if (!(texts instanceof Blob) || asOne) {
    const counts = countTexts(await listOf(texts, reading));
    return { ...counts, unit: asOne ? "text" : "items", columns: [], notes: [] };
  }
  const source = await opened(texts, reading);
  let counts: TextCounts = countTexts([]);
  for await (const batch of source.batches()) {
    signal.throwIfAborted();
    const more = countTexts(batch.texts);
    counts = {
      texts: counts.texts + more.texts,
      characters: counts.characters + more.characters,
      first: counts.texts === 0 ? more.first : counts.first,
      beyondAscii: counts.beyondAscii + more.beyondAscii,
    };
    checkMemory(source.name, counts.texts, counts.characters);
  }
  const { format, column, columns = [], promptColumn, reading: found } = source;
  return { ...counts, unit: "items", format, column, columns, promptColumn, notes: found?.notes ?? [] };
}

async function listOf(texts: Texts, reading: FileReading): Promise<readonly string[]> {
  if (texts instanceof Blob) return [await textOf(texts, reading)];
  return typeof texts === "string" ? [texts] : texts;
}

const opened = async (file: File, { whole: _, ...options }: FileReading): Promise<TextSource> =>
  fileSource(await fileBytes(blobFile(file), isData), options, csvLibrary);

const textOf = async (file: File, { encoding }: FileReading): Promise<string> =>
  wholeText(await fileBytes(blobFile(file), () => true), {
    encoding,
    instead: "give a smaller file, or take it as a list of texts.",
  });

/** Bytes that texts may take in a page: browsers end one that has some 4 GB. */
const MOST = 2.5e9;

const checkMemory: CheckMemory = (source, texts, characters) => {
  if (memoryOfTexts(texts, characters) <= MOST) return;
  throw new InputError(
    "memory",
    `${source}: ${texts} texts with ${characters} characters, and what follows, need more than the ${MOST / 1e9} GB that a page may take; give a part of them, or use the command line.`,
    { source, texts, characters },
  );
};
