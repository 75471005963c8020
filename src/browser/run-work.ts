/** How runs are opened and trained, whatever keeps them: the seam between a page's own engine and that of its machine. */
import { checkOptions, optionNames } from "../core/options.ts";
import type { PreparedData } from "../data/prepare.ts";
import type { LanguageModel } from "../generate/language-model.ts";
import type { Backend } from "../runtime/backend.ts";
import { branchOptions, snapshotFolder } from "../train/branch.ts";
import type { OtherBackend } from "../train/fastest.ts";
import type { ResumeOptions, TrainOptions } from "../train/options.ts";
import type { FromScratch, TextsAndOptions } from "../train/resolve-scratch.ts";
import type { SessionHooks, SessionResult } from "../train/session.ts";
import type { FindBase } from "./model-tensors.ts";
import { openRun, readRecord } from "./open-run.ts";
import type { RunFiles, RunStore } from "./run-store.ts";
import { type FromModel, keptData, resumeRun, trainRun } from "./train-run.ts";

export interface RunWork {
  /** The model of a run, read once until the run changes. */
  open(run: string): Promise<LanguageModel>;
  /** The model as it was after a step at which the run kept its weights. */
  openSnapshot(run: string, step: number): Promise<LanguageModel>;
  /** Lets go of the model. */
  forget(run: string): void;
  /** What the run was trained on. */
  data(run: string): Promise<PreparedData>;
  /** Trains a new run, to which nothing else writes meanwhile. */
  train(run: string, request: FromScratch & TextsAndOptions, hooks: SessionHooks): Promise<SessionResult>;
  /** Trains a copy of a model further, into a new run. */
  finetune(run: string, request: FromModel & TextsAndOptions, hooks: SessionHooks): Promise<SessionResult>;
  /** Goes on with a run. */
  resume(run: string, asked: ResumeOptions, hooks: SessionHooks): Promise<SessionResult>;
  /** Trains a new run that goes on from the weights of another, with the options of that but for those asked for. */
  branch(
    run: string,
    from: BranchPoint,
    asked: Partial<TrainOptions>,
    hooks: SessionHooks,
  ): Promise<SessionResult>;
}

/** Where a new run begins. */
export interface BranchPoint {
  readonly run: string;
  /** A step at which the run kept its weights. Default: the weights that it offers. */
  readonly step?: number | undefined;
}

interface BrowserParts {
  readonly store: RunStore;
  readonly backend: Backend;
  /** Backends that trainings are measured on as well; the fastest takes each. */
  readonly others?: readonly OtherBackend[] | undefined;
  /** Finds a model that is none of the store's. */
  readonly findBase?: FindBase | undefined;
}

const partNames = optionNames<keyof BrowserParts>()("store backend others findBase");

/** Finds a model by its name: one of the store's, or another. */
export const findingBase =
  ({ store, findBase }: Pick<BrowserParts, "store" | "findBase">): FindBase =>
  async (name) => {
    const files = store.open(name);
    return (await files.list()).length > 0 ? files : findBase?.(name);
  };

/** The runs of a store, in the memory of a page. */
export function browserWork(parts: BrowserParts): RunWork {
  const { store, backend, others } = checkOptions(parts, partNames);
  const findBase = findingBase(parts);
  const models = new Map<string, LanguageModel>();

  /** Work on a run, which nothing else writes to meanwhile. */
  async function alone<T>(run: string, work: (files: RunFiles) => Promise<T>): Promise<T> {
    return store.locked(run, async () => {
      // A training needs the memory that open models take.
      models.clear();
      try {
        return await work(store.open(run));
      } finally {
        models.delete(run);
      }
    });
  }

  return {
    async open(run) {
      const known = models.get(run);
      if (known) return known;
      const lm = await openRun((await findBase(run)) ?? store.open(run), backend, "", findBase);
      models.set(run, lm);
      return lm;
    },
    openSnapshot: (run, step) => openRun(store.open(run), backend, `${snapshotFolder(step)}/`, findBase),
    forget(run) {
      models.delete(run);
    },
    data: (run) => keptData(store.open(run)),
    train: (run, request, hooks) =>
      alone(run, (files) => trainRun(files, request, { ...hooks, backend, others })),
    finetune: (run, request, hooks) =>
      alone(run, (files) => trainRun(files, request, { ...hooks, backend, others, findBase })),
    resume: (run, asked, hooks) =>
      alone(run, (files) => resumeRun(files, asked, { ...hooks, backend, others, findBase })),
    async branch(run, { run: from, step }, asked, hooks) {
      const source = store.open(from);
      const { train } = await readRecord(source);
      const options = branchOptions(train, asked, from);
      const inner = step === undefined ? "" : snapshotFolder(step);
      const lm = await openRun(source, backend, inner && `${inner}/`, findBase);
      const base = { ...lm, name: [from, inner].filter(Boolean).join("/") };
      const data = await keptData(source);
      return alone(run, (files) => trainRun(files, { base, data, options }, { ...hooks, backend, others }));
    },
  };
}
