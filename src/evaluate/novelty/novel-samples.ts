/** Samples until there are enough new texts: those that the audit calls copies are rejected and sampled again. */
import { checkOptions, optionNames } from "../../core/options.ts";
import { Random } from "../../core/random.ts";
import { turns } from "../../core/turns.ts";
import type { Sample } from "../../generate/sample.ts";
import type { AuditedText, Auditor } from "./auditor.ts";
import type { CopyKind } from "./copies.ts";

export interface NovelOptions {
  /** How many new texts are wanted. */
  readonly n: number;
  /** Of the first round; the others follow from it. */
  readonly seed: number;
  /** Most texts judged for each one wanted. Default 20. */
  readonly tries?: number | undefined;
  /** The least texts of a round, for models that write several as fast as one. Default 1. */
  readonly atLeast?: number | undefined;
  /** The auditor of the parts of the source that the model was not trained on: texts found there are not new either. */
  readonly elsewhere?: Auditor | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

const novelOptionNames = optionNames<keyof NovelOptions>()(
  "n seed tries atLeast elsewhere onProgress signal",
);

export interface NovelSample extends Sample {
  /** Of the nearest training text, which is below the threshold. */
  readonly similarity: number;
  readonly nearest: string | null;
}

export interface NovelSamples {
  /** At most as many as wanted. */
  readonly samples: readonly NovelSample[];
  readonly thrown_away: number;
  /** Why they were rejected: a kind of copy, or without a word. */
  readonly kinds: Readonly<Record<CopyKind | "empty", number>>;
  /** Why there are fewer than wanted: only repeats of rejected texts came, or the tries were used up. */
  readonly ended?: "repeats" | "tries" | undefined;
}

/** It stops after so many rounds in a row with nothing but repeats of rejected texts. */
const HOPELESS = 5;

/**
 * Writes texts in rounds, in each as many as are still missing. The same seed and `n` give the same texts.
 *
 * @param write writes `n` texts from a seed
 * @param auditor decides what is a copy; it judges prompt and text together
 */
export async function writeNovel(
  write: (n: number, seed: number) => Promise<readonly Sample[]>,
  auditor: Auditor,
  options: NovelOptions,
): Promise<NovelSamples> {
  checkOptions(options, novelOptionNames);
  const { n, seed, tries = 20, atLeast = 1, elsewhere, onProgress, signal } = options;
  const samples: NovelSample[] = [];
  const kinds = { exact: 0, near: 0, span: 0, empty: 0 };
  const rejected = new Set<string>();
  const turn = turns(signal);
  let judged = 0;
  let hopeless = 0;
  let ended: NovelSamples["ended"];
  for (let round = 0; samples.length < n; round++) {
    ended = judged >= tries * n ? "tries" : hopeless >= HOPELESS ? "repeats" : undefined;
    if (ended) break;
    const again = round === 0 ? seed : new Random(seed, "novel", round).below(2 ** 31, 0);
    hopeless++;
    for (const sample of await write(Math.max(n - samples.length, atLeast), again)) {
      await turn();
      if (samples.length === n || judged >= tries * n) break;
      judged++;
      const text = sample.prompt + sample.text;
      const audited = auditor.audit(text);
      const fault = faultOf(audited) ?? (elsewhere && faultOf(elsewhere.audit(text)));
      if (fault === undefined) {
        const [nearest] = audited.nearest;
        samples.push({ ...sample, similarity: nearest?.similarity ?? 0, nearest: nearest?.text ?? null });
      } else {
        kinds[fault]++;
        if (!rejected.has(text)) hopeless = 0;
        rejected.add(text);
      }
    }
    onProgress?.(samples.length, n);
  }
  return { samples, thrown_away: judged - samples.length, kinds, ended };
}

function faultOf({ copy_kind, words }: AuditedText): CopyKind | "empty" | undefined {
  return words === 0 ? "empty" : copy_kind;
}
