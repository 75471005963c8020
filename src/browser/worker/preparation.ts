/** Prepared files of a worker: one is prepared once, whatever is asked of it after the other in its usual vocabulary. */
import type { PreparedData, PrepareOptions, PrepareProgress } from "../../data/prepare.ts";
import type { Tokenizer } from "../../text/tokenizer.ts";
import type { Preparation } from "./calls.ts";
import { prepareGivenTexts } from "./prepare.ts";

export interface PreparationHooks extends Pick<PrepareOptions, "signal" | "onProgress"> {
  /** Of a model that is trained further. Default: what suits the texts. */
  readonly vocabulary?: Tokenizer | undefined;
}

export type PrepareInWorker = (preparation: Preparation, hooks: PreparationHooks) => Promise<PreparedData>;

/** Milliseconds between two reports. */
const EVERY = 100;

export function preparation(): PrepareInWorker {
  let last: { readonly key: string; readonly data: PreparedData } | undefined;
  return async (asked, { vocabulary, onProgress, signal }) => {
    const key = vocabulary ? undefined : keyOf(asked);
    if (key !== undefined && last?.key === key) return last.data;
    let said = Number.NEGATIVE_INFINITY;
    let phase: PrepareProgress["phase"] | undefined;
    const data = await prepareGivenTexts(asked, {
      vocabulary,
      signal,
      onProgress: (progress) => {
        // What is done next is said at once: its first part may take seconds.
        if (progress.phase === phase && performance.now() - said < EVERY) return;
        said = performance.now();
        phase = progress.phase;
        onProgress?.(progress);
      },
    });
    if (key !== undefined) last = { key, data };
    return data;
  };
}

/** A message carries another object for the same file each time; lists are small, and are prepared again. */
function keyOf({ texts, ...asked }: Preparation): string | undefined {
  if (!(texts instanceof Blob)) return undefined;
  const { name, size, lastModified } = texts;
  return JSON.stringify([name, size, lastModified, asked.name, asked.reading, asked.options]);
}
