/**
 * One long text under a model that carries its state, read in lanes side by side and yet as in one piece.
 *
 * At first every lane begins from nothing. Then each begins from the state in which the lane before it ended, and is
 * read again as far as that makes a difference: a network forgets, so that its state soon is what it was before. When
 * no lane has changed at its end, all of them are what one pass from the first token to the last would give. Lane k is
 * right after k rounds at the latest, so the result does not depend on the number of lanes.
 * Source: Lions, Maday and Turinici, "A parareal in time discretization of PDEs" (2001), with the network itself
 * both as the fine and as the coarse propagator.
 */
import type { HostArray } from "../core/array.ts";
import type { Weights } from "../generate/language-model.ts";
import type { BatchScorer, ScoreHooks, StreamLoss } from "./batch-scorer.ts";
import { lanes, type PassSizes, windowsOfLane } from "./passes.ts";

type Arrays = Readonly<Record<string, HostArray>>;

/** Two states are alike where no number of them differs by more, as a share of it where it is above 1. */
const ALIKE = 1e-6;

/** The loss of every token of `ids` after the first, each given all before it. */
export async function scoreInLanes(
  scorer: BatchScorer,
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
