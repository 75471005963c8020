/** Memorisation during training: the audit of every snapshot that a run has kept, with its losses. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { UsageError } from "../../core/errors.ts";
import { checkOptions, checkText, option, optionNames } from "../../core/options.ts";
import type { PreparedData } from "../../data/prepare.ts";
import { loadModel } from "../../generate/load.ts";
import { sample } from "../../generate/sample.ts";
import { type BackendChoice, backendOptionNames } from "../../runtime/backend.ts";
import { evenly } from "../evenly.ts";
import { evaluateTexts } from "../likelihood.ts";
import { localModel } from "../local-model.ts";
import { reasonOf } from "../quality/measure-run.ts";
import { copyRate } from "./audit.ts";
import { askable, type SnapshotAudit } from "./audit-model.ts";
import { type Auditor, judgeAll } from "./auditor.ts";
import { measureExtraction } from "./extraction.ts";
import { textsOf } from "./source-texts.ts";

/** Texts of each side that the losses are measured on. */
const SCORED = 100;

export interface SnapshotOptions {
  readonly auditor: Auditor;
  readonly data: PreparedData;
  /** Texts written by each snapshot. */
  readonly n: number;
  readonly prompt: string;
  readonly temperature: number;
  readonly maxLength: number;
  readonly seed: number;
  /** The number of training texts, and of held-out texts, that each has to complete; 0 for none. */
  readonly asked: number;
  readonly prefix: number;
  readonly backend?: BackendChoice | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

const snapshotOptionNames = optionNames<keyof SnapshotOptions>()(
  "auditor data n prompt temperature maxLength seed asked prefix backend onProgress signal",
  { backend: backendOptionNames },
);

export interface SnapshotsAudit {
  /** In the order of their steps. */
  readonly checkpoints: readonly SnapshotAudit[];
  /** Snapshots that could not be read, with the reason. */
  readonly skipped: readonly { readonly step: number; readonly reason: string }[];
}

/**
 * Audits all snapshots of a run with the same seed, texts and beginnings, so that only the weights differ.
 * @throws UsageError where the run has kept none, or none can be audited
 */
export async function auditSnapshots(folder: string, options: SnapshotOptions): Promise<SnapshotsAudit> {
  checkOptions(options, snapshotOptionNames);
  checkText(folder, "folder");
  const steps = await snapshotSteps(folder);
  if (steps.length === 0)
    throw new UsageError(
      `${folder} has kept no weights along its training; train it with ${option("snapshots", 8)}.`,
      { folder },
    );
  const checkpoints: SnapshotAudit[] = [];
  const skipped: { step: number; reason: string }[] = [];
  for (const [i, step] of steps.entries()) {
    options.signal?.throwIfAborted();
    options.onProgress?.(i, steps.length);
    try {
      checkpoints.push(await auditSnapshot(folder, step, options));
    } catch (error) {
      if (options.signal?.aborted) throw error;
      skipped.push({ step, reason: reasonOf(error) });
    }
  }
  if (checkpoints.length === 0)
    throw new UsageError(`None of the snapshots of ${folder} can be audited: ${skipped[0]!.reason}`);
  options.onProgress?.(steps.length, steps.length);
  return { checkpoints, skipped };
}

async function snapshotSteps(folder: string): Promise<number[]> {
  const names = await readdir(join(folder, "checkpoints")).catch(() => []);
  return names
    .flatMap((name) => /^step-(\d+)$/.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);
}

async function auditSnapshot(folder: string, step: number, options: SnapshotOptions): Promise<SnapshotAudit> {
  const { auditor, data, n, prompt, temperature, maxLength, seed, asked, prefix, signal } = options;
  const lm = await loadModel(join(folder, "checkpoints", `step-${step}`), options.backend);
  const written = await sample(lm, { n, prompt, temperature, maxLength, seed, slide: true, signal });
  const whole = written.map((one) => one.prompt + one.text);
  const judged = await judgeAll(auditor, whole, { signal });
  const { copies, rate, interval } = copyRate(judged);
  const texts = textsOf(data);
  const loss = async (some: readonly string[]) =>
    (await evaluateTexts(lm, evenly(some, SCORED), { kind: data.kind, signal })).loss;
  const local = asked > 0 && lm.model.predicts === "each" ? localModel(lm, signal) : undefined;
  try {
    const extraction =
      local &&
      (await measureExtraction(
        // Without scores: chances under sampling are reported for the final model, not for each snapshot.
        { cut: local.cut, complete: local.complete },
        askable(lm, texts, asked),
        { prefix, batch: 256, signal },
      ));
    return {
      step,
      copies,
      n: judged.length,
      rate,
      interval,
      val_loss: texts.heldOut.length > 0 ? await loss(texts.heldOut) : null,
      train_loss: await loss(texts.training),
      extraction: extraction && { training: extraction.training, heldout: extraction.heldout },
    };
  } finally {
    await local?.release();
  }
}
