/**
 * From sources of any size to a token file: the same texts, splits and tokens as `prepareData` gives, in memory that does
 * not grow with their length. A text takes some eleven bytes of memory; the rest is on the disk while the file is made,
 * in the folder of the file.
 */
import { dirname } from "node:path";
import { UsageError } from "../../core/errors.ts";
import { turns } from "../../core/turns.ts";
import { makeFolder } from "../../files/make-folder.ts";
import { normalise } from "../../text/normalise.ts";
import { tokenizerInTurns } from "../choose-tokenizer.ts";
import { nearThresholds } from "../duplicates.ts";
import { createFingerprint, hashText } from "../hash.ts";
import { itemsSummary, refuseTooFew, spread, spreadPlaces } from "../items-summary.ts";
import type { PrepareOptions } from "../prepare.ts";
import { opened } from "../prepare-opened.ts";
import { openAll, type PrepareDataOptions } from "../prepare-sources.ts";
import { countDropped, type Shaped, shapeTexts } from "../shape-texts.ts";
import type { TextBatch } from "../sources/source.ts";
import { checkFractions, type SplitName, splitNames, splitsByHash } from "../split.ts";
import { type DataSummary, lengthsOfCounts } from "../summary.ts";
import { GrowingArray } from "./growing-array.ts";
import { nearCopies } from "./near-copies.ts";
import { RepeatFinder } from "./repeats.ts";
import { PairSpool, TextSpool } from "./spool.ts";
import { writeTokenFile } from "./write.ts";

/**
 * Cleans, deduplicates and splits sources as `prepareData` does, and writes their tokens to `path`. The file appears when
 * it is whole; missing folders are made.
 * @throws InputError and UsageError as `prepareData` does
 */
export async function prepareTokenFile(
  path: string,
  sources: string | readonly string[],
  options: PrepareDataOptions = {},
): Promise<DataSummary> {
  const all = await openAll(sources, options);
  const { batches, from, described, ...prepared } = opened({ ...all, checkMemory() {} }, all.options);
  await makeFolder(dirname(path));
  const spool = new TextSpool(path);
  try {
    const read = await readInto(spool, path, batches, prepared.options, from);
    return await write(path, spool, read, prepared.options, described);
  } finally {
    spool.close();
  }
}

/** What was read: everything but the texts, which are in the spool. */
interface Read {
  readonly shaped: Shaped;
  /** Of each text in the spool: its split as a place in `splitNames`, or {@link DROPPED}. */
  readonly places: Uint8Array;
  /** Numbers of texts that are near an earlier one, a few, each with that one. */
  readonly nearPairs: readonly (readonly [dropped: number, kept: number])[];
}

/** In place of a split: dropped as a copy, dropped as a near copy, and kept although it is a copy. */
const [DROPPED, NEAR, COPY] = [255, 254, 253];

async function readInto(
  spool: TextSpool,
  path: string,
  batches: AsyncIterable<TextBatch>,
  options: PrepareOptions,
  from: string,
): Promise<Read> {
  const { exactDuplicates = true, nearDuplicates = true, onProgress = () => {}, signal } = options;
  const near = nearDuplicates && nearThresholds(nearDuplicates === true ? {} : nearDuplicates);
  const fractions = checkFractions(options.fractions ?? {});
  const report = (phase: "read" | "duplicates" | "split", rows: number, totalRows: number) =>
    onProgress({ phase, rows, totalRows, bytes: 0, totalBytes: 0 });
  const hashes = new GrowingArray(Uint32Array);
  const heldOut = new GrowingArray(Uint8Array);
  const finder = near || exactDuplicates ? new RepeatFinder(path) : undefined;
  const pairs = new PairSpool(path);
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
      },
      drop() {},
      onRows: (rows) => report("read", rows, 0),
    });
    const count = spool.count;
    const places = new Uint8Array(count);
    const turn = turns(signal);
    for (const i of finder?.repeats() ?? []) {
      if (i === undefined) await turn();
      else {
        places[i] = exactDuplicates ? DROPPED : COPY;
        if (exactDuplicates) countDropped(shaped.dropped, "duplicate");
      }
    }
    if (near) {
      const search = nearCopies(spool, {
        thresholds: near,
        isLeft: (i) => places[i] === 0,
        onProgress: (part) => report("duplicates", Math.floor(part * count), count),
      });
      for (const found of search) {
        await turn();
        if (!found) continue;
        places[found.dropped] = NEAR;
        pairs.add(found.dropped, found.kept);
        countDropped(shaped.dropped, "near_duplicate");
      }
    }
    const nearPairs = spreadPairs(places, pairs, shaped.dropped.near_duplicate ?? 0);
    for (let i = 0; i < count; i++)
      if (places[i] === NEAR) places[i] = DROPPED;
      else if (places[i] === COPY) places[i] = 0;
    report("split", 0, count);
    divide(places, hashes, heldOut, fractions, (own) => refuseTooFew(shaped, own, fractions, from));
    return { shaped, places, nearPairs };
  } finally {
    finder?.close();
    pairs.close();
  }
}

/** A few of the pairs, spread over the texts that are near an earlier one. */
function spreadPairs(places: Uint8Array, pairs: PairSpool, count: number): Read["nearPairs"] {
  const chosen = spreadPlaces(count);
  const numbers: number[] = [];
  for (let i = 0, k = 0; i < places.length && numbers.length < chosen.length; i++)
    if (places[i] === NEAR && k++ === chosen[numbers.length]) numbers.push(i);
  const kept = new Map<number, number>();
  if (numbers.length > 0)
    for (const [dropped, of] of pairs.all()) if (numbers.includes(dropped)) kept.set(dropped, of);
  return numbers.map((i) => [i, kept.get(i)!]);
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
