/**
 * Near copies among more texts than memory holds, and the same texts dropped as in memory: as many as fit are loaded and
 * compared with each other, then all later ones that are left come by and are compared with those kept; so on with the next
 * that are left. Each text is so compared with every earlier one that was kept, and nothing is estimated. The texts are read
 * once for each such load, and the time grows with the square of their number, as it does in memory.
 */
import { getHeapStatistics } from "node:v8";
import { normalise } from "../../text/normalise.ts";
import { createNearJoin, type NearJoin, type NearThresholds } from "../near-join.ts";
import { memoryOfTexts } from "../prepare-opened.ts";
import type { TextSpool } from "./spool.ts";

/** A text that is near an earlier one, which is kept; by their numbers. */
export interface NearCopy {
  readonly dropped: number;
  readonly kept: number;
}

interface NearCopySearch {
  readonly thresholds: NearThresholds;
  /** Whether a text is left to compare: it has not been dropped. */
  isLeft(i: number): boolean;
  /** Called now and then with the part of the work that is done, 0 to 1. */
  onProgress(part: number): void;
  /** Bytes for the texts that are loaded at a time. */
  readonly memory?: number | undefined;
}

/** Bytes for the texts that are loaded at a time, where Node may use enough. */
const MOST = 600 * 2 ** 20;

/** Finds the near copies; each is to be dropped before the next is asked for. It yields undefined after each text. */
export function* nearCopies(
  spool: TextSpool,
  { thresholds, isLeft, onProgress, memory = loadable() }: NearCopySearch,
): Generator<NearCopy | undefined> {
  const { count } = spool;
  for (let from = 0; from < count; ) {
    /** Texts before `from` were compared with all. */
    const begin = from;
    let load: Load | undefined = new Load(memory);
    let compare: ((text: string) => number) | undefined;
    const numbers = load.numbers;
    for (const { i, text } of spool.texts((i) => i >= begin && isLeft(i))) {
      const key = normalise(text);
      if (load?.add(i, key)) continue;
      if (load) {
        const join = load.join(thresholds);
        yield* copiesWithin(join, numbers);
        compare = join.find;
        load = undefined;
        from = i;
      }
      const found = compare!(key);
      yield found < 0 ? undefined : { dropped: i, kept: numbers[found]! };
      if (i % 4096 === 0) onProgress(partDone(begin, from, i, count));
    }
    if (!load) continue;
    yield* copiesWithin(load.join(thresholds), numbers);
    return;
  }
}

/** Texts in memory, and their numbers. */
class Load {
  readonly numbers: number[] = [];
  readonly #keys: string[] = [];
  readonly #memory: number;
  #characters = 0;

  constructor(memory: number) {
    this.#memory = memory;
  }

  /** @returns whether there was room; there is for one, whatever its length */
  add(i: number, key: string): boolean {
    this.#characters += key.length;
    if (memoryOfTexts(this.numbers.length + 1, this.#characters) > this.#memory && this.numbers.length > 0)
      return false;
    this.numbers.push(i);
    this.#keys.push(key);
    return true;
  }

  join(thresholds: NearThresholds): NearJoin {
    return createNearJoin(this.#keys, thresholds);
  }
}

function* copiesWithin(join: NearJoin, numbers: readonly number[]): Generator<NearCopy | undefined> {
  for (const dropped of numbers) {
    const found = join.place();
    yield found < 0 ? undefined : { dropped, kept: numbers[found]! };
  }
}

/** Of all pairs of texts, those compared when those from `begin` to `end` are loaded and text `i` has come by. */
function partDone(begin: number, end: number, i: number, count: number): number {
  const left = (from: number) => ((count - from) / count) ** 2;
  const pass = left(begin) - left(end);
  return 1 - left(begin) + (pass * (i - end)) / (count - end);
}

/** Other things need their part of what Node may use. */
const loadable = (): number => Math.min(MOST, getHeapStatistics().heap_size_limit / 3);
