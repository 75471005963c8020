/** Runs on disk, opened and trained by Node's own engine: as the command line does. */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { RunWork } from "../../browser/run-work.ts";
import { loadModel } from "../../generate/load.ts";
import type { LocalModel } from "../../generate/local-model.ts";
import { builtInFolder, isBuiltIn } from "../../hub/built-in.ts";
import type { BackendChoice } from "../../runtime/backend.ts";
import { branchOptions, snapshotFolder } from "../../train/branch.ts";
import { branchBase } from "../../train/branch-run.ts";
import { prepareLike } from "../../train/run-data.ts";
import { files } from "../../train/run-record.ts";
import { resume, train } from "../../train/train.ts";
import { runFolder } from "./folder-store.ts";

/** Models that are kept open, those used last. */
const KEPT = 3;

/** @param root the folder of the runs */
export function nativeWork(root: string, backend: BackendChoice): RunWork {
  const models = new Map<string, { readonly lm: LocalModel; readonly written: string }>();

  /** When its weights were written: the command line may have trained it further. */
  async function writtenAt(folder: string): Promise<string> {
    const times = [files.weights, files.adapterWeights].map((name) =>
      stat(join(folder, name)).then(
        ({ mtimeMs, size }) => `${mtimeMs} ${size}`,
        () => "",
      ),
    );
    return (await Promise.all(times)).join();
  }

  /** The folder of a run, or of a built-in model. */
  const modelFolder = (name: string): string =>
    isBuiltIn(name) ? builtInFolder(name) : runFolder(root, name);

  return {
    async open(run) {
      const folder = modelFolder(run);
      const written = await writtenAt(folder);
      const known = models.get(run);
      models.delete(run);
      const lm = known?.written === written ? known.lm : await loadModel(folder, { ...backend, name: run });
      models.set(run, { lm, written });
      for (const old of [...models.keys()].slice(0, -KEPT)) models.delete(old);
      return lm;
    },
    openSnapshot: (run, step) =>
      loadModel(join(runFolder(root, run), snapshotFolder(step)), { ...backend, name: run }),
    forget(run) {
      models.delete(run);
    },
    data: (run) => prepareLike(runFolder(root, run)),
    train: (run, request, hooks) => train({ ...request, ...hooks, backend, out: runFolder(root, run) }),
    finetune: (run, { base: { name = "" }, data, options, signal }, hooks) =>
      train({
        ...hooks,
        base: { folder: modelFolder(name), name },
        data,
        options,
        out: runFolder(root, run),
        backend,
        signal,
      }),
    async branch(run, { run: from, step }, asked, hooks) {
      const folder = runFolder(root, from);
      const base = await branchBase(step === undefined ? folder : join(folder, snapshotFolder(step)));
      const { sources, data: origin, train: kept } = base.record;
      return train({
        ...hooks,
        base: { folder: base.folder, name: base.name },
        data: await prepareLike(folder),
        options: branchOptions(kept, asked, from),
        backend,
        out: runFolder(root, run),
        ...(sources.length > 0 ? { origin: { sources, options: origin } } : {}),
      });
    },
    resume: (run, options, hooks) => resume(runFolder(root, run), { ...hooks, options, backend }),
  };
}
