/** One batch of a training step, an endless sequence of batches, and their order. */
import { float32, int32 } from "../../core/array.ts";
import { InputError, UsageError } from "../../core/errors.ts";
import { Random } from "../../core/random.ts";
import type { Ids } from "../ids.ts";

export interface TokenBatch {
  /** Ids, [batch, length], row-major. */
  readonly x: Int32Array;
  /** The targets: the id after each of `x`, [batch, length]; with `at`, the hidden id at each of its places, [n]. */
  readonly y: Int32Array;
  /** The weight of each of `y`: 1 where the target counts, 0 for padding. Absent where all count. */
  readonly weights?: Float32Array | undefined;
  /** Flat indices into `x` of the places to predict, [n]. Absent: the id after each place is predicted. */
  readonly at?: Int32Array | undefined;
  /** Position of each token in its document, [batch, length]. Absent: counted from the row's beginning. */
  readonly positions?: Int32Array | undefined;
  /**
   * The document that each token belongs to, numbered within its row, -1 for padding: [batch, length]. Documents of
   * a row do not see each other. Absent: each row is one document.
   */
  readonly documents?: Int32Array | undefined;
  /** How many targets count: divide a summed loss by it. */
  readonly targets: number;
  readonly batch: number;
  readonly length: number;
  /** Whether the hidden state must be reset before this batch, in every row. */
  readonly fresh: boolean;
  /** Where the targets that count are in the text. Only of passes that score. */
  readonly spans?: readonly TargetSpan[] | undefined;
  /** In a batch that is not fresh, the rows whose hidden state must be reset. Absent: none. */
  readonly restarts?: readonly number[] | undefined;
}

/** `length` targets from index `at` of `y` on, which are the tokens of a stream from `place` on. */
export interface TargetSpan {
  readonly at: number;
  readonly length: number;
  readonly place: number;
}

/** The tensors that a model reads of a batch, without its state. */
export function tensorsOf({ x, y, weights, at, positions, documents, batch, length }: TokenBatch) {
  const shape = [batch, length];
  const predicted = at ? [at.length] : shape;
  return {
    ids: int32(shape, x),
    targets: int32(predicted, y),
    ...(weights ? { weights: float32(predicted, weights) } : {}),
    ...(at ? { at: int32(predicted, at) } : {}),
    ...(positions ? { positions: int32(shape, positions) } : {}),
    ...(documents ? { documents: int32(shape, documents) } : {}),
  };
}

/** Endless batches, epoch after epoch, determined by the data, the settings and the seed. */
export interface BatchSource {
  /** Targets that count in one pass over the data. */
  readonly targetsPerEpoch: number;
  /** Targets that count in a batch, on average. */
  readonly targetsPerBatch: number;
  /** How items are laid out in rows; absent for windows of a stream. */
  readonly layout?: RowLayout | undefined;
  next(): TokenBatch;
  /** The place in the sequence, as plain JSON. */
  state(): BatchState;
  /**
   * Continues from the place of `state`: the next batch is the one that would have come then.
   * @throws InputError `batch-state` where it belongs to other data or settings, or is no state
   */
  restore(state: unknown): void;
}

/** How items were laid out in rows. */
export interface RowLayout {
  readonly items: number;
  /** Whether a row may have several. */
  readonly packed: boolean;
  /** Rows in all. */
  readonly rows: number;
  /** Tokens of a row. */
  readonly length: number;
  /** Share of the rows' places that hold a token, 0 to 1. */
  readonly filled: number;
  /** Items longer than a row, and whether they were split, cut off or left out. */
  readonly long: number;
  readonly longItems: "split" | "truncate" | "leave";
  /** Items without any target, since their prompts alone fill a row. */
  readonly unlearned: number;
}

/** A place in a sequence of batches, with the settings that another sequence is refused by. */
export interface BatchState {
  readonly kind: string;
  /** Batches given so far. */
  readonly position: number;
  readonly seed: number;
  /** Ids of the stream. */
  readonly tokens: number;
  readonly [setting: string]: number | string;
}

/** A source whose batch number `position`, counted from 0, is `at(position)`. */
export function createBatchSource(
  identity: { readonly kind: string; readonly seed: number; readonly tokens: number } & Readonly<
    Record<string, number | string>
  >,
  sizes: Pick<BatchSource, "targetsPerEpoch" | "targetsPerBatch" | "layout">,
  at: (position: number) => TokenBatch,
): BatchSource {
  let position = 0;
  return {
    ...sizes,
    next: () => at(position++),
    state: () => ({ ...identity, position }),
    restore(state) {
      const saved = (state ?? {}) as Partial<BatchState>;
      for (const [name, now] of Object.entries(identity)) {
        if (saved[name] === now) continue;
        throw new InputError(
          "batch-state",
          `The saved place in the data belongs to ${name} ${String(saved[name])} and this run has ${now}; ` +
            "resume with the same data and settings.",
          { name, saved: saved[name], now },
        );
      }
      if (!Number.isSafeInteger(saved.position) || saved.position! < 0) {
        throw new InputError(
          "batch-state",
          `The saved place in the data, ${saved.position}, is no batch number; resume from another checkpoint.`,
        );
      }
      position = saved.position!;
    },
  };
}

let window = new Int32Array(0);

/** Copies the `length` ids from `start` to `x` and the ones after them to `y`, both from place `at`. */
export function copyWindow(
  ids: Ids,
  start: number,
  length: number,
  x: Int32Array,
  y: Int32Array,
  at: number,
): void {
  if ("copy" in ids) {
    // One reading for both.
    if (window.length < length + 1) window = new Int32Array(length + 1);
    ids.copy(start, start + length + 1, window, 0);
    x.set(window.subarray(0, length), at);
    y.set(window.subarray(1, length + 1), at);
  } else
    for (let t = 0; t < length; t++) {
      x[at + t] = ids[start + t]!;
      y[at + t] = ids[start + t + 1]!;
    }
}

/** Refuses sizes that are not whole numbers of at least 1. */
export function checkSizes(sizes: Readonly<Record<string, number>>): void {
  for (const [name, size] of Object.entries(sizes)) {
    if (!Number.isSafeInteger(size) || size < 1) {
      throw new UsageError(`The ${name} of batches must be a whole number of at least 1; got ${size}.`, {
        option: name,
        value: size,
        expected: "a whole number of at least 1",
      });
    }
  }
}

/** The error of windows that do not fit, with what would fit. */
export function tooShort(tokens: number, length: number, rows: number): InputError {
  const targets = Math.max(0, tokens - 1);
  const shorter = Math.floor(targets / rows);
  const fewer = Math.floor(targets / length);
  const choices = [
    ...(shorter >= 1 ? [`choose a sequence length of at most ${shorter}`] : []),
    ...(rows > 1 && fewer >= 1 ? [`a batch size of at most ${fewer}`] : []),
    "give more text",
  ];
  return new InputError(
    "too-short",
    `The text has ${tokens} tokens, and ${rows === 1 ? "a window" : `a batch of ${rows} windows`} of ${length} ` +
      `needs ${rows * length + 1}, the target of its last token included; ${choices.join(", or ")}.`,
    { tokens, length, batch: rows },
  );
}

/**
 * The `k`-th of `count` items, numbered from 0, when each epoch goes through all of them in its own order. Holds
 * the order of the current epoch, four bytes an item.
 */
export function createOrder(count: number, seed: number): (k: number) => number {
  const shuffle = new Random(seed, "shuffle");
  let epoch = -1;
  let order = new Uint32Array(0);
  return (k) => {
    const wanted = Math.floor(k / count);
    if (wanted !== epoch) {
      order = shuffle.at(wanted).permutation(count) as Uint32Array<ArrayBuffer>;
      epoch = wanted;
    }
    return order[k % count]!;
  };
}
