/** What a transformer decoder carries from call to call: how much it has read, and each layer's keys and values. */

import { int32 } from "../core/array.ts";
import { remember } from "../core/remember.ts";
import type { Dim } from "../core/shape.ts";
import { constant } from "../graph/leaves.ts";
import { checkTensor } from "../graph/operands.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { Spec } from "../graph/tree.ts";
import {
  type Cache,
  type CacheEntry,
  type CachePast,
  type CacheSizes,
  cacheSpecs,
  keptOf,
  type Windows,
} from "../nn/attention.ts";
import { dropAxes, reshape, sum, unflatten } from "../ops/broadcast.ts";
import { cacheMask, HIDDEN } from "../ops/cached-attention.ts";
import { add } from "../ops/elementwise.ts";
import { cachePlaces } from "../ops/growing-attention.ts";
import { indexAlong } from "../ops/indexing.ts";
import { concatenate, slice } from "../ops/movement.ts";
import { cast, equal, where } from "../ops/select.ts";
import type { ModelInput, State } from "./model.ts";

/** `length`, int32 [batch], the tokens in use, and each layer's `key{k}` and `value{k}`. */
export const decodingSpecs = (batch: Dim, sizes: CacheSizes): Record<string, Spec> => ({
  length: { dtype: "int32", shape: [batch] },
  ...cacheSpecs(batch, sizes),
});

/**
 * A decoder's cache within one call.
 *
 * @example
 * const past = DecodingState.of(input);
 * const { hidden, added } = stack(p, x, (k) => ({ ids, mask, past: past?.layer(k) }), mode);
 * return { logits, state: past?.next(added) ?? {} };
 */
export class DecodingState {
  /** Position of each new token: int32 [batch, length]. */
  readonly positions: Tensor;
  readonly #input: ModelInput;
  readonly #windows: Windows;
  /** What the new tokens see, or where they go, by the window of a layer. */
  readonly #entries = new Map<number | undefined, CacheEntry>();
  readonly #entryOf: (cache: Tensor, window: number | undefined) => CacheEntry;
  readonly #before: State;
  readonly #length: Tensor;

  private constructor(before: State, input: ModelInput, inPlace: boolean, windows: Windows) {
    const { ids, seen } = input;
    const start = before.length!;
    this.#input = input;
    this.#windows = windows;
    this.#before = before;
    this.positions = input.positions ?? add(indexAlong(ids, 1), reshape(start, [...start.shape, 1]));
    const places = inPlace ? cachePlaces(ids, start) : undefined;
    if (places) {
      this.#entryOf = () => ({ places });
    } else if (seen) this.#entryOf = (cache, window) => ({ mask: seenMask(cache, ids, seen, window) });
    else
      this.#entryOf = (cache, window) => ({
        mask: cacheMask(cache, ids, start, window === undefined ? {} : { window, latest: true }),
      });
    this.#length = places && !input.attentionMask ? places.ends : add(start, newTokens(input));
  }

  /**
   * The state in `input`, or undefined where it has none and the text begins here.
   * @param inPlace whether the next state has whole caches; not with windows
   * @param windows as in {@link CacheSizes}
   */
  static of(input: ModelInput, inPlace = false, windows: Windows = []): DecodingState | undefined {
    return input.state?.length ? new DecodingState(input.state, input, inPlace, windows) : undefined;
  }

  /** What attention of a layer needs of earlier calls. */
  layer(k: number): CachePast {
    const cache = { key: this.#before[`key${k}`]!, value: this.#before[`value${k}`]! };
    const window = this.#windows[k];
    return { cache, ...remember(this.#entries, window, () => this.#entryOf(cache.key, window)) };
  }

  /** @param added keys and values of each layer: of the new tokens, or of all where they are kept in place */
  next(added: readonly Cache[]): State {
    const next: Record<string, Tensor> = { length: this.#length };
    added.forEach((cache, layer) => {
      for (const part of ["key", "value"] as const)
        next[`${part}${layer}`] = this.#kept(layer, this.#before[`${part}${layer}`]!, cache[part]);
    });
    return next;
  }

  /** What a layer with a window keeps of its earlier tokens and the new ones; of any other layer, the new ones. */
  #kept(layer: number, before: Tensor, added: Tensor): Tensor {
    const window = this.#windows[layer];
    if (window === undefined || this.#input.seen) return added;
    const count = keptOf(window);
    return slice(concatenate([before, added], 2), 2, -count, count);
  }
}

/**
 * What new tokens see of a full cache with padding among its tokens: themselves and what is before them and real.
 * @param window tokens that one sees, itself included. Default: all.
 */
function seenMask(cache: Tensor, ids: Tensor, seen: Tensor, window: number | undefined): Tensor {
  const [batch, total] = seen.shape as [Dim, Dim];
  // More than any cache has, for each row.
  const used = add(reshape(slice(seen, 1, 0, 1), [batch]), constant(int32([1], [2 ** 30])));
  const all = cacheMask(cache, ids, used, { window });
  const padding = equal(reshape(seen, [batch, 1, 1, total]), constant(int32([], [0])));
  return where(padding, HIDDEN, all);
}

/** Real tokens of each row of a call: int32 [batch], or [1] where all rows are full. */
function newTokens({ ids, attentionMask }: ModelInput): Tensor {
  if (attentionMask) return cast(dropAxes(sum(cast(attentionMask, "float32"), 1, true), [1]), "int32");
  const length = ids.shape[1]!;
  if (typeof length === "number") return constant(int32([1], [length]));
  const last = reshape(slice(indexAlong(ids, 1), 1, -1, 1), [ids.shape[0]!]);
  return add(last, constant(int32([1], [1])));
}

/**
 * The last real token of each row.
 * @param x [batch · length, width], or [batch, length, width]
 * @returns [batch, width], or, of three axes and without a mask, [batch, 1, width]
 */
export function lastRows(x: Tensor, input: ModelInput): Tensor {
  checkTensor(x, "lastRows");
  checkTensor(input?.ids, "lastRows");
  const [batch, length] = input.ids.shape as [number, number];
  const rows = x.shape.length === 3 ? x : unflatten(x, input.ids);
  if (!input.attentionMask) {
    const last = slice(rows, 1, -1, 1);
    return x.shape.length === 3 ? last : reshape(last, [batch, x.shape[1]!]);
  }
  const last = add(newTokens(input), constant(int32([1], [-1])));
  const chosen = equal(indexAlong(input.ids, 1), reshape(last, [batch, 1]));
  return sum(where(reshape(chosen, [batch, length, 1]), rows, 0), 1);
}
