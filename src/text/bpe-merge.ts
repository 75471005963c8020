/**
 * Byte-level BPE of one word, however long: the best merge first, of equal ones the leftmost (Sennrich et al. 2016).
 * A heap holds the pairs of neighbours, so that n bytes take n log n steps and one array of numbers. Runs in a browser.
 */
import { byteCharacters } from "./bpe-bytes.ts";
import { Heap } from "./heap.ts";
import type { HuggingFaceJson } from "./huggingface-files.ts";

/** The ids of a word, or undefined where `json` is not the plain kind of vocabulary that this reads. */
export function wordMerger(json: HuggingFaceJson): ((word: string) => Int32Array) | undefined {
  const {
    vocab,
    merges,
    dropout,
    continuing_subword_prefix,
    end_of_word_suffix,
    ignore_merges,
    byte_fallback,
  } = json.model;
  if (dropout || continuing_subword_prefix || end_of_word_suffix || ignore_merges || byte_fallback)
    return undefined;
  if (!Array.isArray(merges)) return undefined;
  const idOfByte = byteCharacters.map((character) => vocab[character]);
  if (idOfByte.some((id) => id === undefined)) return undefined;
  const ranks = new Map<number, { readonly rank: number; readonly id: number }>();
  for (const [rank, merge] of (merges as readonly unknown[]).entries()) {
    const parts: unknown = typeof merge === "string" ? merge.split(" ") : merge;
    if (!Array.isArray(parts) || parts.length !== 2) return undefined;
    const [left, right, id] = [vocab[parts[0]], vocab[parts[1]], vocab[`${parts[0]}${parts[1]}`]];
    if (left === undefined || right === undefined || id === undefined) return undefined;
    const key = left * KEYS + right;
    if (!ranks.has(key)) ranks.set(key, { rank, id });
  }
  const encoder = new TextEncoder();
  return (word) => {
    const ids = Int32Array.from(encoder.encode(word), (byte) => idOfByte[byte]!);
    return mergeAll(ids, (left, right) => ranks.get(left * KEYS + right));
  };
}

const KEYS = 2 ** 26;

/** Merges `ids` in place as far as they go. */
function mergeAll(
  ids: Int32Array,
  mergeOf: (left: number, right: number) => { readonly rank: number; readonly id: number } | undefined,
): Int32Array {
  const n = ids.length;
  const next = Int32Array.from(ids, (_, i) => (i + 1 < n ? i + 1 : -1));
  const previous = Int32Array.from(ids, (_, i) => i - 1);
  const heap = new Heap<number>((a, b) => a < b);
  // One number orders by rank, then by place; a word is shorter than 2^30 bytes, a vocabulary smaller than 2^23.
  const propose = (place: number) => {
    const second = place < 0 ? -1 : next[place]!;
    const merge = second < 0 ? undefined : mergeOf(ids[place]!, ids[second]!);
    if (merge) heap.push(merge.rank * PLACES + place);
  };
  for (let place = 0; place + 1 < n; place++) propose(place);
  for (let top = heap.pop(); top !== undefined; top = heap.pop()) {
    const place = top % PLACES;
    const second = next[place]!;
    if (ids[place]! < 0 || second < 0) continue;
    const merge = mergeOf(ids[place]!, ids[second]!);
    // The pair may have changed since it was proposed; what is there now has its own proposal.
    if (!merge || merge.rank !== Math.floor(top / PLACES)) continue;
    ids[place] = merge.id;
    ids[second] = -1;
    const after = next[second]!;
    next[place] = after;
    if (after >= 0) previous[after] = place;
    propose(place);
    propose(previous[place]!);
  }
  return ids.filter((id) => id >= 0);
}

const PLACES = 2 ** 30;
