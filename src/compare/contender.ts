/** One column of a comparison: a model as one program runs it, asked what it predicts and ready to be timed. */

import { batchCases, casesOf, lengthCases } from "./cases.ts";
import type { Engine } from "./engine.ts";
import type { CompareOptions } from "./options.ts";
import type { Compared } from "./results.ts";
import type { SpeedCase } from "./speed.ts";

export interface Contender {
  /** What it says of itself, all but the times. */
  readonly told: Omit<Compared, "speed">;
  readonly cases: readonly SpeedCase[];
  readonly lengths: readonly SpeedCase[];
  readonly batches: readonly SpeedCase[];
  /** Floating-point operations to read one token of a text of so many; undefined where only its service knows. */
  readonly flopsPerToken: ((tokens: number) => number) | undefined;
  release(): Promise<void>;
}

/** What is to be timed of an engine. */
export const timingsOf = (
  model: string,
  engine: Engine,
  { sweep = false }: CompareOptions,
): Pick<Contender, "cases" | "lengths" | "batches"> => ({
  cases: casesOf(model, engine),
  lengths: sweep ? lengthCases(model, engine) : [],
  batches: sweep ? batchCases(model, engine) : [],
});
