/** What a training step eats, and what every endless sequence of batches can do. */
import { InputError, UsageError } from "../../core/errors.ts";

export interface TokenBatch {
  /** Ids, [batch, length], row-major. */
  readonly x: Int32Array;
  /** The id after each of `x`, [batch, length]: its target. With `at`, what stood at each of its places, [n]. */
  readonly y: Int32Array;
  /** Of each of `y`, 1 where the target counts, 0 where it fills up. Absent where all count. */
  readonly weights?: Float32Array;
  /** Places that are to be predicted, counted through the batch row by row, [n]. Absent: what follows each place. */
  readonly at?: Int32Array;
  /** Place of each token in its document, [batch, length]. Absent: counted on from the row's beginning. */
  readonly positions?: Int32Array;
  /**
   * Number of the document in its row that each token belongs to, -1 for padding: [batch, length]. Documents of a
   * row do not see each other. Absent: a row is one.
   */
  readonly documents?: Int32Array;
  /** How many targets count: what a summed loss is divided by. */
  readonly targets: number;
  readonly batch: number;
  readonly length: number;
  /** Whether the hidden state must be reset before this batch, in every row. */
  readonly fresh: boolean;
  /** Rows that start over, of a batch that is not fresh. Absent: none. */
  readonly restarts?: readonly number[];
}

/** Endless batches, epoch after epoch, that depend on the data, the settings and the seed alone. */
export interface BatchSource {
  /** Targets that count until the data has been gone through once. */
  readonly targetsPerEpoch: number;
  /** Targets that count in a batch, on average. */
  readonly targetsPerBatch: number;
  /** How whole items stand in rows, where they do. */
  readonly layout?: RowLayout;
  next(): TokenBatch;
  /** Where the sequence stands, as plain JSON. */
  state(): BatchState;
  /**
   * Goes on where `state` was taken: the next batch is the one that would have come then.
   * @throws InputError `batch-state` where it was taken from other data or settings, or is no state
   */
  restore(state: unknown): void;
}

/** What has become of whole items. */
export interface RowLayout {
  readonly items: number;
  /** Whether a row takes several. */
  readonly packed: boolean;
  /** Rows that they take. */
  readonly rows: number;
  /** Tokens of a row. */
  readonly length: number;
  /** Share of the rows' places that are taken, 0 to 1. */
  readonly filled: number;
  /** Items longer than a row, and what becomes of them. */
  readonly long: number;
  readonly longItems: "split" | "truncate";
  /** Items of which nothing is learned, since their prompts alone fill a row. */
  readonly unlearned: number;
}

/** A place in a sequence of batches, with what is needed to refuse it elsewhere. */
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

/** An array of ids, of any width. */
export type Ids = ArrayLike<number>;

/** Copies the `length` ids from `start` to `x` and the ones after them to `y`, both from place `at`. */
export function copyWindow(
  ids: Ids,
  start: number,
  length: number,
  x: Int32Array,
  y: Int32Array,
  at: number,
): void {
  for (let t = 0; t < length; t++) {
    x[at + t] = ids[start + t]!;
    y[at + t] = ids[start + t + 1]!;
  }
}

/** Refuses sizes that are not whole numbers of at least 1. */
export function checkSizes(sizes: Readonly<Record<string, number>>): void {
  for (const [name, size] of Object.entries(sizes)) {
    if (!Number.isSafeInteger(size) || size < 1) {
      throw new UsageError(`The ${name} of batches must be a whole number of at least 1; got ${size}.`);
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
