/** What a training step eats, and what every sequence of batches can do. */
import { InputError } from "../../core/errors.ts";

export interface Batch {
  /** Ids, [batch, length], row-major. */
  readonly x: Int32Array;
  /** The id after each of `x`, [batch, length]: its target. */
  readonly y: Int32Array;
  /** [batch, length]: 1 where the target counts, 0 where it fills up. Absent where all count. */
  readonly weights?: Float32Array;
  /** How many targets count: what a summed loss is divided by. */
  readonly targets: number;
  readonly batch: number;
  readonly length: number;
  /** Whether the hidden state must be reset before this batch, in every row. */
  readonly fresh: boolean;
}

/** Where a sequence of batches stands: plain JSON, with enough to refuse a state of other data or settings. */
export interface BatchState {
  readonly kind: string;
  /** Batches given so far. */
  readonly position: number;
  readonly seed: number;
  /** Ids of the stream. */
  readonly tokens: number;
  readonly settings: Readonly<Record<string, number | string>>;
}

/** An endless sequence of batches of one shape, epoch after epoch, that depends only on data, settings and seed. */
export interface BatchSource {
  readonly kind: string;
  /** Batches until every window has been given once; may be a fraction. */
  readonly batchesPerEpoch: number;
  /** Passes over the data so far; a fraction. */
  readonly epoch: number;
  next(): Batch;
  state(): BatchState;
  /**
   * Goes on where `state` was taken: the next batch is the one that would have come then.
   * @throws InputError `batch-state` where it was taken from other data or settings.
   */
  restore(state: BatchState): void;
}

/** A source whose batch number `position`, counted from 0, is `at(position)`. */
export function createBatchSource(
  identity: Omit<BatchState, "position">,
  batchesPerEpoch: number,
  at: (position: number) => Batch,
): BatchSource {
  let position = 0;
  return {
    kind: identity.kind,
    batchesPerEpoch,
    get epoch() {
      return position / batchesPerEpoch;
    },
    next: () => at(position++),
    state: () => ({ ...identity, position }),
    restore(state) {
      const mine: Record<string, unknown> = { ...identity, ...identity.settings };
      const theirs: Record<string, unknown> = { ...state, ...state.settings };
      for (const name of ["kind", "seed", "tokens", ...Object.keys(identity.settings)]) {
        if (mine[name] !== theirs[name]) {
          throw new InputError(
            "batch-state",
            `The saved place in the data belongs to ${name} ${String(theirs[name])} and this run has ` +
              `${String(mine[name])}; resume with the same data and settings.`,
            { name, saved: theirs[name], now: mine[name] },
          );
        }
      }
      if (!Number.isSafeInteger(state.position) || state.position < 0) {
        throw new InputError(
          "batch-state",
          `The saved place in the data, ${state.position}, is no batch number.`,
        );
      }
      position = state.position;
    },
  };
}

/** An array of ids, of any width. */
export type Ids = ArrayLike<number>;

/** Copies `length` ids from `start` and the ones after them into row `row` of `x` and `y`. */
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

/** The error of a window that does not fit, with what would fit. */
export function tooShort(tokens: number, seqLen: number, batchSize: number): InputError {
  const targets = Math.max(0, tokens - 1);
  const advice =
    targets >= seqLen
      ? `choose a batch size of at most ${Math.floor(targets / seqLen)}, or a shorter window`
      : targets > 0
        ? `choose a window of at most ${Math.max(1, Math.floor(targets / batchSize))}`
        : "give a longer text";
  const rows = batchSize === 1 ? "A window" : `${batchSize} windows`;
  return new InputError(
    "too-short",
    `${rows} of ${seqLen} tokens with the token after it need ${batchSize * seqLen + 1} tokens, and the text has ` +
      `${tokens}: ${advice}, or give more text.`,
    { tokens, seqLen, batchSize },
  );
}
