/** How copying changes along a training: the same texts asked of the weights of several steps. Runs in a browser. */
import type { PreparedData } from "../../data/prepare.ts";
import { evenly } from "../evenly.ts";
import { type CopyRate, copyRate } from "./audit.ts";
import { hasWord } from "./audit-source.ts";
import { Auditor, judgeAll } from "./auditor.ts";
import { textsOf } from "./source-texts.ts";
import { buildIndex } from "./training-index.ts";

/** Real texts of the baseline. */
const BASELINE = 500;

/** Copies among the texts of the weights of one step. */
export interface CopiesAt extends CopyRate {
  readonly step: number;
}

export interface CopiesAlong {
  /** In the order of their steps. */
  readonly checkpoints: readonly CopiesAt[];
  /** Copies among real texts that no step has seen. */
  readonly baseline: CopyRate;
}

export interface AlongOptions {
  readonly data: PreparedData;
  /** The texts of the weights of a step. */
  readonly write: (step: number) => Promise<readonly string[]>;
  /** Called after each step with what is known so far. */
  readonly onProgress?: ((found: CopiesAlong) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Looks the texts of each step up among those that the run learned from, and so many held-out ones for the baseline. */
export async function copiesAlong(
  steps: readonly number[],
  { data, write, onProgress, signal }: AlongOptions,
): Promise<CopiesAlong> {
  const auditor = new Auditor(buildIndex(data.splits.train), { neighbours: 1, cueTexts: 0 });
  const judged = (texts: readonly string[]) => judgeAll(auditor, texts.filter(hasWord), { signal });
  const baseline = copyRate(await judged(evenly(textsOf(data).heldOut, BASELINE)));
  const checkpoints: CopiesAt[] = [];
  for (const step of steps) {
    signal?.throwIfAborted();
    checkpoints.push({ step, ...copyRate(await judged(await write(step))) });
    onProgress?.({ checkpoints: [...checkpoints], baseline });
  }
  return { checkpoints, baseline };
}
