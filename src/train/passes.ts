/**
 * One pass over a stream for scoring: every token after the first counts exactly once. All batches of a
 * pass have one shape; `weights` mark the targets that count. Lanes with a carried state take several passes.
 */
import type { HostArray } from "../core/array.ts";
import { copyWindow, type TargetSpan, type TokenBatch } from "../data/batches/batch.ts";
import type { Weights } from "../generate/language-model.ts";

type Ids = ArrayLike<number>;

export interface PassSizes {
  /** Rows of a batch. */
  readonly batch: number;
  /** Tokens of a row. */
  readonly length: number;
}

/** Windows of each lane: as few as let all lanes together hold the stream. */
export const windowsOfLane = (ids: Ids, { batch, length }: PassSizes): number =>
  Math.ceil((ids.length - 1) / (batch * length));

/**
 * The stream cut into one lane a row, each read on from batch to batch with its state carried. All lanes but the last
 * that has any token are full, so that the state after a lane is that before the next one.
 */
export function* lanes(ids: Ids, sizes: PassSizes): Generator<TokenBatch> {
  const targets = ids.length - 1;
  const lane = windowsOfLane(ids, sizes) * sizes.length;
  for (let from = 0; from < lane; from += sizes.length) {
    const rows = Array.from({ length: sizes.batch }, (_, row) => {
      const start = row * lane + from;
      return { start, from: 0, to: Math.max(0, Math.min(sizes.length, lane - from, targets - start)) };
    });
    yield fill(ids, sizes, rows, from === 0);
  }
}

/**
 * Windows that overlap: of each but the first only the targets that no window before it has had count,
 * so that they have at least `length - stride` tokens of context.
 * @param stride at most `length`: with a longer one no window would have the tokens between
 */
export function* windows(ids: Ids, sizes: PassSizes, stride: number): Generator<TokenBatch> {
  const targets = ids.length - 1;
  const all: Row[] = [];
  for (let done = 0; done < targets; ) {
    const end = Math.min(targets, done === 0 ? sizes.length : done + stride);
    const start = Math.max(0, end - sizes.length);
    all.push({ start, from: done - start, to: end - start });
    done = end;
  }
  for (let k = 0; k < all.length; k += sizes.batch)
    yield fill(ids, sizes, all.slice(k, k + sizes.batch), true);
}

/**
 * Texts each by itself, one a row, read on from batch to batch with its state carried; the shorter ones come first,
 * so that the rows of a batch end together.
 */
export function* texts(rows: readonly TextRow[], sizes: PassSizes): Generator<TokenBatch> {
  const { batch, length } = sizes;
  const order = rows.toSorted((a, b) => a.ids.length - b.ids.length);
  for (let k = 0; k < order.length; k += batch) {
    const some = order.slice(k, k + batch);
    const longest = some.at(-1)!.ids.length - 1;
    for (let start = 0; start < longest; start += length) {
      const x = new Int32Array(batch * length);
      const y = new Int32Array(batch * length);
      const weights = new Float32Array(batch * length);
      const spans: TargetSpan[] = [];
      let targets = 0;
      for (const [row, { ids, counts, place }] of some.entries()) {
        const to = Math.min(length, ids.length - 1 - start);
        const from = Math.max(0, counts - 1 - start);
        if (to > 0) copyWindow(ids, start, to, x, y, row * length);
        if (to <= from) continue;
        weights.fill(1, row * length + from, row * length + to);
        spans.push({ at: row * length + from, length: to - from, place: place + start + from });
        targets += to - from;
      }
      yield { x, y, weights, targets, spans, batch, length, fresh: start === 0 };
    }
  }
}

/** A text with the token before it. */
export interface TextRow {
  readonly ids: Ids;
  /** The first token that is to be predicted; 1 at least. */
  readonly counts: number;
  /** Where the text begins in the stream of all. */
  readonly place: number;
}

/** A window for every target, the token after the window. The stream's first token is repeated before it. */
export function* endings(ids: Ids, sizes: PassSizes): Generator<TokenBatch> {
  const { length } = sizes;
  const padded = new Int32Array(ids.length + length - 1).fill(ids[0]!);
  padded.set(ids as Int32Array, length - 1);
  for (let k = 0; k < ids.length - 1; k += sizes.batch) {
    const rows = Array.from({ length: Math.min(sizes.batch, ids.length - 1 - k) }, (_, row) => ({
      start: k + row,
      from: length - 1,
      to: length,
    }));
    yield fill(padded, sizes, rows, true, length - 1);
  }
}

/** A row of a batch: where it starts in the stream, and which of its targets count. */
interface Row {
  readonly start: number;
  readonly from: number;
  readonly to: number;
}

/** @param padding ids before the stream */
function fill(
  ids: Ids,
  { batch, length }: PassSizes,
  rows: readonly Row[],
  fresh: boolean,
  padding = 0,
): TokenBatch {
  const x = new Int32Array(batch * length);
  const y = new Int32Array(batch * length);
  const weights = new Float32Array(batch * length);
  const spans: TargetSpan[] = [];
  let targets = 0;
  rows.forEach(({ start, from, to }, row) => {
    if (to <= from) return;
    copyWindow(ids, start, to, x, y, row * length);
    weights.fill(1, row * length + from, row * length + to);
    spans.push({ at: row * length + from, length: to - from, place: start + from + 1 - padding });
    targets += to - from;
  });
  return { x, y, weights, targets, spans, batch, length, fresh };
}

/** Sum over all scored tokens, in nats, and how many they are. */
export interface StreamLoss {
  readonly nats: number;
  readonly tokens: number;
}

export interface ScoreHooks {
  /** Called with the tokens scored so far. */
  readonly onTokens?: ((done: number) => void) | undefined;
  /** Called with losses, and where in the text those that count are; later ones of the same place replace the earlier. */
  readonly onLosses?: ((losses: Float32Array, spans: readonly TargetSpan[]) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Reads batches under a model. */
interface BatchReader {
  /** The state before any text. */
  zeros(batch: number): Arrays;
  read(
    parameters: Weights,
    batch: TokenBatch,
    state: Arrays,
  ): Promise<{ readonly losses: Float32Array; readonly state: Arrays }>;
}

type Arrays = Readonly<Record<string, HostArray>>;

/** Two states are alike where no number of them differs by more, as a share of it where it is above 1. */
const ALIKE = 1e-6;

/**
 * The loss of every token of `ids` after the first, each given all before it: one long text under a model that carries
 * its state, read in lanes side by side and yet as in one piece.
 *
 * At first every lane begins from nothing. Then each begins from the state in which the lane before it ended, and is
 * read again as far as that makes a difference: a network forgets, so that its state soon is what it was before. When
 * no lane has changed at its end, all of them are what one pass from the first token to the last would give. Lane k is
 * right after k rounds at the latest, so the result does not depend on the number of lanes.
 * Source: Lions, Maday and Turinici, "A parareal in time discretization of PDEs" (2001), with the network itself
 * both as the fine and as the coarse propagator.
 */
export async function scoreInLanes(
  scorer: BatchReader,
  parameters: Weights,
  ids: ArrayLike<number>,
  sizes: PassSizes,
  { onTokens, onLosses, signal }: ScoreHooks = {},
): Promise<StreamLoss> {
  const { batch, length } = sizes;
  const targets = ids.length - 1;
  const windows = windowsOfLane(ids, sizes);
  const filled = Math.ceil(targets / (windows * length));
  /** Nats of each window, and the state after some windows, as they were found last: for every lane. */
  const nats = Array.from({ length: windows }, () => new Float64Array(batch));
  const states = new Map<number, Arrays>();
  let begin = scorer.zeros(batch);
  let open: readonly number[] = Array.from({ length: filled }, (_, lane) => lane);
  let done = 0;
  while (open.length > 0) {
    let state = begin;
    let changed = open;
    let w = 0;
    for (const window of lanes(ids, sizes)) {
      signal?.throwIfAborted();
      const result = await scorer.read(parameters, window, state);
      state = result.state;
      for (const lane of changed)
        nats[w]![lane] = sumOf(result.losses.subarray(lane * length, (lane + 1) * length));
      if (onLosses) {
        const read = new Set(changed);
        onLosses(
          result.losses,
          window.spans!.filter(({ at }) => read.has(Math.floor(at / length))),
        );
      }
      if (done < targets) {
        done += window.targets;
        onTokens?.(done);
      }
      if (isKept(w, windows)) {
        const before = states.get(w);
        states.set(w, state);
        if (before) changed = changed.filter((lane) => !alike(before, state, lane, batch));
        if (changed.length === 0) break;
      }
      w++;
    }
    open = changed.map((lane) => lane + 1).filter((lane) => lane < filled);
    begin = moved(states.get(windows - 1)!, scorer.zeros(batch), batch);
  }
  return { nats: nats.reduce((all, window) => all + sumOf(window), 0), tokens: targets };
}

/** States are kept after the windows 0, 1, 3, 7 and so on, and after the last. */
const isKept = (w: number, windows: number): boolean => w === windows - 1 || (w & (w + 1)) === 0;

function sumOf(values: Float32Array | Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
}

/** The state of a lane, of every tensor. */
function* rowsOf(state: Arrays, lane: number, batch: number): Generator<readonly [string, Float32Array]> {
  for (const [name, { data }] of Object.entries(state)) {
    const size = data.length / batch;
    yield [name, (data as Float32Array).subarray(lane * size, (lane + 1) * size)];
  }
}

function alike(one: Arrays, other: Arrays, lane: number, batch: number): boolean {
  const others = new Map(rowsOf(other, lane, batch));
  for (const [name, values] of rowsOf(one, lane, batch)) {
    const now = others.get(name)!;
    if (values.some((v, i) => !(Math.abs(v - now[i]!) <= ALIKE * Math.max(1, Math.abs(v))))) return false;
  }
  return true;
}

/** What each lane begins with: the end of the lane before it, and nothing for the first. */
function moved(ends: Arrays, into: Arrays, batch: number): Arrays {
  for (let lane = 1; lane < batch; lane++) {
    const rows = new Map(rowsOf(into, lane, batch));
    for (const [name, values] of rowsOf(ends, lane - 1, batch)) rows.get(name)!.set(values);
  }
  return into;
}
