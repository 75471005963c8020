/**
 * The scores of a whole vocabulary as weights, by the WebAssembly kernels: in JavaScript they took longer than a small
 * model's step.
 */
import type { Kernels } from "./kernels.generated.ts";
import { instantiate } from "./wasm.ts";

const PAGE = 65_536;
/** Where the scores begin; what is before them the compiler may use. */
const START = 1_024;

/** Memory of one thread, which grows with the largest vocabulary: scores, and behind them weights. */
interface Scratch {
  readonly memory: WebAssembly.Memory;
  readonly kernels: Kernels;
}

let scratch: Scratch | undefined;

/** Puts scores into the memory. @returns where the weights go */
function loaded(scores: Float32Array): { readonly kernels: Kernels; readonly at: number } {
  const bytes = Math.ceil(scores.length / 4) * 16;
  if (!scratch) {
    const memory = new WebAssembly.Memory({ initial: 1 });
    scratch = { memory, kernels: instantiate(memory) };
  }
  const { memory, kernels } = scratch;
  const missing = START + 2 * bytes - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / PAGE));
  new Float32Array(memory.buffer, START, scores.length).set(scores);
  return { kernels, at: START + bytes };
}

export interface Weights {
  /** exp of the scores' distance from the best, so that it has 1. Good until the next call of this file. */
  readonly weights: Float32Array;
  readonly total: number;
  readonly best: number;
  /** The first place up to which more than `share` of the weight lies. */
  placeOf(share: number): number;
}

/** Largest number of the kernels: infinity would make no number of the best score's distance, 0. */
const LARGEST = 3e38;

/**
 * @param scores of at least one token, none of them NaN and the best finite
 * @param scale what the distances are multiplied by: 1 / temperature, 0 or more
 */
export function weigh(scores: Float32Array, scale = 1): Weights {
  const { kernels, at } = loaded(scores);
  const n = scores.length;
  const best = kernels.largest(START, n);
  const total = kernels.exponentials(at, START, n, best, Math.min(scale, LARGEST));
  const weights = new Float32Array(scratch!.memory.buffer, at, n);
  return { weights, total, best, placeOf: (share) => kernels.placeOf(at, n, share) };
}

/** The natural logarithm of the sum of exp of the scores, to 1e-7. */
export function logSumExp(scores: Float32Array): number {
  const { total, best } = weigh(scores);
  return best + Math.log(total);
}
