/**
 * From sources of any size to a token file: the same texts, splits and tokens as `prepareData` gives, in memory that does
 * not grow with their length. A text takes about ten bytes of memory; the rest is on the disk while the file is made,
 * in the folder of the file. Near copies are the exception: to find them all, the texts have to be in memory.
 */
import { InputError, UsageError } from "../../core/errors.ts";
import { option } from "../../core/options.ts";
import { turns } from "../../core/turns.ts";
import { normalise } from "../../text/normalise.ts";
import { tokenizerInTurns } from "../choose-tokenizer.ts";
import { findDuplicates } from "../duplicates.ts";
import { createFingerprint, hashText } from "../hash.ts";
import { itemsSummary, refuseTooFew, repeatOf, spread, spreadPairs } from "../items-summary.ts";
import type { PrepareOptions } from "../prepare.ts";
import { type CheckMemory, opened } from "../prepare-opened.ts";
import { heapCheck, openAll, type PrepareDataOptions } from "../prepare-sources.ts";
import { countDropped, type Shaped, shapeTexts } from "../shape-texts.ts";
import type { TextBatch } from "../sources/source.ts";
import { checkFractions, type SplitName, splitNames, splitsByHash } from "../split.ts";
import { type DataSummary, lengthsOfCounts } from "../summary.ts";
import { GrowingArray } from "./growing-array.ts";
import { RepeatFinder } from "./repeats.ts";
import { TextSpool } from "./spool.ts";
import { writeTokenFile } from "./write.ts";

/**
 * Cleans, deduplicates and splits sources as `prepareData` does, and writes their tokens to `path`. The file appears when
 * it is whole.
 * @throws InputError and UsageError as `prepareData` does; `memory` where near copies are looked for among more texts than
 * memory holds
 */
export async function prepareTokenFile(
  path: string,
  sources: string | readonly string[],
  options: PrepareDataOptions = {},
): Promise<DataSummary> {
  const all = await openAll(sources, options);
  const { batches, from, described, ...prepared } = opened(
    { ...all, checkMemory: nearCheck(all.options) },
    all.options,
  );
  const spool = new TextSpool(path);
  try {
    const read = await readInto(spool, path, batches, prepared.options, from);
    return await write(path, spool, read, prepared.options, described);
  } finally {
    spool.close();
  }
}

const isNear = ({ nearDuplicates = true }: PrepareOptions): boolean => nearDuplicates !== false;

/** Texts are held in memory only where near copies are looked for. */
function nearCheck(options: PrepareOptions): CheckMemory {
  if (!isNear(options)) return () => {};
  const check = heapCheck();
  return (source, texts, characters) => {
    try {
      check(source, texts, characters);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      throw new InputError(
        error.code,
        `${source}: to find near copies, all texts have to be in memory, and after ${texts} of them it is used up. ` +
          `Leave that out with ${option("nearDuplicates", false)}: exact copies are found among any number of texts.`,
        error.details,
        error,
      );
    }
  };
}

/** What was read: everything but the texts, which are in the spool. */
interface Read {
  readonly shaped: Shaped;
  /** Of each text in the spool: its split as a place in `splitNames`, or {@link DROPPED}. */
  readonly places: Uint8Array;
  /** Numbers of texts that are near an earlier one, a few, each with that one. */
  readonly nearPairs: readonly (readonly [dropped: number, kept: number])[];
}

const DROPPED = 255;

async function readInto(
  spool: TextSpool,
  path: string,
  batches: AsyncIterable<TextBatch>,
  options: PrepareOptions,
  from: string,
): Promise<Read> {
  const { exactDuplicates = true, nearDuplicates = true, onProgress = () => {}, signal } = options;
  const near = nearDuplicates === true ? {} : nearDuplicates;
  const fractions = checkFractions(options.fractions ?? {});
  const report = (phase: "read" | "duplicates" | "split", rows: number, totalRows: number) =>
    onProgress({ phase, rows, totalRows, bytes: 0, totalBytes: 0 });
  const hashes = new GrowingArray(Uint32Array);
  const heldOut = new GrowingArray(Uint8Array);
  /** The normalised texts, where near copies are looked for. */
  const keys: string[] = [];
  const finder = near === false && exactDuplicates ? new RepeatFinder(path) : undefined;
  try {
    const shaped = await shapeTexts(batches, options, from, {
      keep(item) {
        if (item.learned)
          throw new UsageError(
            `${from} has conversations, of which only the assistant's turns are learned, and token files do not hold what is learned; fine-tune from ${from} itself.`,
            { from },
          );
        const key = normalise(item.text);
        spool.add(item);
        hashes.push(hashText(key));
        heldOut.push(Number(item.heldOut === true));
        finder?.add(key);
        if (near !== false) keys.push(key);
      },
      drop() {},
      onRows: (rows) => report("read", rows, 0),
    });
    const count = spool.count;
    const places = new Uint8Array(count);
    const drop = (i: number, reason: string) => {
      if (places[i] === DROPPED) return;
      places[i] = DROPPED;
      countDropped(shaped.dropped, reason);
    };
    let nearPairs: Read["nearPairs"] = [];
    if (near !== false) {
      const onDone = (done: number) => report("duplicates", done, count);
      const repeats = await findDuplicates(keys, near, onDone, signal);
      for (let i = 0; i < count; i++) {
        const reason = repeatOf(repeats, i, exactDuplicates);
        if (reason !== undefined) drop(i, reason);
      }
      nearPairs = spreadPairs(repeats.near);
    }
    const turn = turns(signal);
    for (const i of finder?.repeats() ?? []) {
      if (i === undefined) await turn();
      else drop(i, "duplicate");
    }
    report("split", 0, count);
    divide(places, hashes, heldOut, fractions, (own) => refuseTooFew(shaped, own, fractions, from));
    return { shaped, places, nearPairs };
  } finally {
    finder?.close();
  }
}

/** Gives every text that was not dropped its split. @param check of the number of texts that are not held out */
function divide(
  places: Uint8Array,
  hashes: GrowingArray<Uint32Array>,
  heldOut: GrowingArray<Uint8Array>,
  fractions: { readonly validation: number; readonly test: number },
  check: (own: number) => void,
): void {
  const isOwn = (i: number) => places[i] !== DROPPED && heldOut.at(i) === 0;
  let own = 0;
  for (let i = 0; i < places.length; i++) if (isOwn(i)) own++;
  check(own);
  const kept = new Uint32Array(own);
  let k = 0;
  for (let i = 0; i < places.length; i++) if (isOwn(i)) kept[k++] = hashes.at(i);
  const splits = splitsByHash(kept, fractions);
  k = 0;
  for (let i = 0; i < places.length; i++) {
    if (isOwn(i)) places[i] = splits[k++]!;
    else if (places[i] !== DROPPED) places[i] = splitNames.indexOf("validation");
  }
}

/** Texts that are looked at for words that a vocabulary lacks. */
const LOOKED_AT = 500;

async function write(
  path: string,
  spool: TextSpool,
  { shaped, places, nearPairs }: Read,
  options: PrepareOptions,
  described: (summary: DataSummary) => DataSummary,
): Promise<DataSummary> {
  const { onProgress = () => {}, signal } = options;
  const { prompted, cleaner } = shaped;
  const splits: Record<SplitName, number> = { train: 0, validation: 0, test: 0 };
  for (const place of places) if (place !== DROPPED) splits[splitNames[place]!]++;
  const kept = splits.train + splits.validation + splits.test;

  const textsOf = (name: SplitName) => {
    const wanted = splitNames.indexOf(name);
    return spool.texts((i) => places[i] === wanted);
  };
  const again = (name: SplitName): Iterable<string> => ({
    *[Symbol.iterator]() {
      for (const { text } of textsOf(name)) yield text;
    },
  });
  const texts = Object.fromEntries(splitNames.map((name) => [name, again(name)])) as Record<
    SplitName,
    Iterable<string>
  >;
  const tokenizer = await tokenizerInTurns(options, shaped.vocabulary, texts, shaped.end);

  const fingerprint = createFingerprint();
  fingerprint.add("items");
  const lengths = new Map<number, number>();
  const chosen = spread(splits.train);
  const examples: string[] = [];
  const first: string[] = [];
  let done = 0;
  let summary: DataSummary | undefined;
  const content = {
    kind: "items" as const,
    tokenizer,
    cleaning: cleaner.cleaning,
    prompted,
    *texts(name: SplitName) {
      fingerprint.add(`${name} ${splits[name]}`);
      const prompts = new GrowingArray(Uint32Array);
      let n = 0;
      for (const item of textsOf(name)) {
        const { text } = item;
        fingerprint.add(text);
        if (prompted) prompts.push(item.prompt);
        lengths.set(text.length, (lengths.get(text.length) ?? 0) + 1);
        if (name === "train") {
          for (const place of chosen) if (place === n) examples.push(text);
          if (n < LOOKED_AT) first.push(text);
        }
        n++;
        if (++done % 8192 === 0)
          onProgress({ phase: "tokens", rows: done, totalRows: kept, bytes: 0, totalBytes: 0 });
        yield item;
      }
      if (prompted) fingerprint.addParts(promptParts(prompts));
    },
    described() {
      const digest = fingerprint.digest();
      summary = described(
        itemsSummary(shaped, options, {
          tokenizer,
          fractions: checkFractions(options.fractions ?? {}),
          splits,
          lengths: lengthsOfCounts(lengths),
          examples,
          texts: first,
          nearPairs: pairTexts(spool, nearPairs),
          compared: spool.count,
          fingerprint: digest,
        }),
      );
      return { summary, fingerprint: digest };
    },
  };
  await writeTokenFile(path, content, signal);
  return summary!;
}

function* promptParts(prompts: GrowingArray<Uint32Array>): Generator<string> {
  yield "prompts ";
  for (let i = 0; i < prompts.length; i++) yield i === 0 ? String(prompts.at(i)) : ` ${prompts.at(i)}`;
}

/** The texts of pairs of numbers. */
function pairTexts(spool: TextSpool, pairs: Read["nearPairs"]): [dropped: string, kept: string][] {
  const wanted = new Set(pairs.flat());
  const found = new Map<number, string>();
  if (wanted.size > 0) for (const { i, text } of spool.texts((i) => wanted.has(i))) found.set(i, text);
  return pairs.map(([dropped, kept]) => [found.get(dropped)!, found.get(kept)!]);
}
