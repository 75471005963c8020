/** Finds training texts among the test or validation texts, by the rule of the audit. */
import { checkOptions, checkTexts, optionNames } from "../../core/options.ts";
import { type CopyRate, copyRate, sourceOf } from "./audit.ts";
import { Auditor, type AuditorOptions, judgeAll } from "./auditor.ts";
import type { CopyKind } from "./copies.ts";
import type { TrainingIndex } from "./training-index.ts";

export interface Leak {
  /** Index of the text among those checked. */
  readonly row: number;
  readonly text: string;
  readonly kind: CopyKind;
  /** The nearest training text and its index; for a copy of several texts, the one with the longest shared run. */
  readonly trainingText: string;
  readonly source: number;
  readonly similarity: number;
}

export interface LeakAudit extends CopyRate {
  /** In the order of the texts. */
  readonly leaks: readonly Leak[];
}

interface LeakOptions extends Pick<AuditorOptions, "rule"> {
  /** Called now and then with the number of texts checked. */
  readonly onProgress?: ((done: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

const leakOptionNames = optionNames<keyof LeakOptions>()("rule onProgress signal");

/**
 * Which of `texts` (a test or validation split) are copies of the indexed training texts. Yields to the event loop
 * now and then.
 */
export async function auditLeaks(
  texts: readonly string[],
  index: TrainingIndex,
  options: LeakOptions = {},
): Promise<LeakAudit> {
  checkTexts(texts);
  const { onProgress, signal } = checkOptions(options, leakOptionNames);
  const auditor = new Auditor(index, { ...options, neighbours: 1, cueTexts: 0 });
  const judged = await judgeAll(auditor, texts, { onTurn: onProgress, signal });
  const leaks = judged.flatMap((one, row): Leak[] => {
    const { text, copy_kind: kind, nearest } = one.audited;
    if (!kind) return [];
    const source = sourceOf(one);
    const similarity = source === nearest[0]?.source ? nearest[0].similarity : 0;
    return [{ row, text, kind, source, trainingText: index.texts[source]!, similarity }];
  });
  return { ...copyRate(judged), leaks };
}
