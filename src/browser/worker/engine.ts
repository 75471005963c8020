/** What the worker does for each of its calls: everything that takes time. */
import { InputError, PunchlineError } from "../../core/errors.ts";
import { checkOptions, optionNames } from "../../core/options.ts";
import type { PreparedData, PrepareProgress } from "../../data/prepare.ts";
import { evenly } from "../../evaluate/evenly.ts";
import { copiesAlong } from "../../evaluate/novelty/along.ts";
import { uniformLoss, unigramLoss } from "../../evaluate/reference.ts";
import { evaluateTyping } from "../../evaluate/typing.ts";
import { CANDIDATES, rankByKeystrokesSaved } from "../../generate/keystrokes-saved.ts";
import type { LanguageModel } from "../../generate/language-model.ts";
import { sample } from "../../generate/sample.ts";
import { createSuggester, type Suggester } from "../../generate/suggest.ts";
import { watch } from "../../generate/watch.ts";
import { checkTensors } from "../../hub/match-tensors.ts";
import type { Backend } from "../../runtime/backend.ts";
import { snapshotSteps } from "../../train/branch.ts";
import type { OtherBackend } from "../../train/fastest.ts";
import { resolveScratch } from "../../train/resolve-scratch.ts";
import { files as names, parseJson, parseRecord } from "../../train/run-record.ts";
import type { SessionHooks, SessionResult } from "../../train/session.ts";
import type { TrainState } from "../../train/state.ts";
import { streamOf } from "../../train/streams.ts";
import { windowsOfTraining } from "../../train/training-windows.ts";
import { type FindBase, openTensors } from "../model-tensors.ts";
import { checkFits, readModel, readRecord, readTokenizer } from "../open-run.ts";
import { readHistory } from "../run-results.ts";
import {
  checkFilePath,
  checkRunName,
  givenFiles,
  type ModelFiles,
  type RunFiles,
  type RunStore,
  readJson,
  readText,
} from "../run-store.ts";
import { browserWork, findingBase, type RunWork } from "../run-work.ts";
import type { EngineCalls, Guesses, StoredRun, TrainingRequest } from "./calls.ts";
import { noveltyOf } from "./novelty.ts";
import { type PreparationHooks, preparation } from "./preparation.ts";
import { viewOf } from "./prepare.ts";
import { preparedView } from "./prepared-view.ts";
import type { CallContext, Handlers } from "./serve.ts";

export interface EngineOptions {
  readonly store: RunStore;
  readonly backend: Backend;
  /** Backends that trainings are measured on as well; the fastest that computes the same takes each. Default: none. */
  readonly others?: readonly OtherBackend[] | undefined;
  /** How its runs are opened and trained. Default: as in a browser. */
  readonly work?: RunWork | undefined;
  /** Finds a model that is none of the store's by its name, such as one beside the page. Default: none is known. */
  readonly findBase?: FindBase | undefined;
}

const engineNames = optionNames<keyof EngineOptions>()("store backend others work findBase");

/** Handlers for every call, over one store and one backend. */
export function engineHandlers(options: EngineOptions): Handlers<EngineCalls> {
  const { store, backend, others, findBase: find } = checkOptions(options, engineNames);
  const { work = browserWork({ store, backend, others, findBase: find }) } = options;
  const prepare = preparation();
  const findBase = findingBase(options);
  let typing: { readonly lm: LanguageModel; readonly suggester: Suggester } | undefined;

  /** That of the run which is typed with: after one more letter it reads one more, not all of them. */
  async function suggesterOf(run: string): Promise<Suggester> {
    const lm = await work.open(run);
    if (typing?.lm !== lm) {
      typing?.suggester.release();
      typing = { lm, suggester: createSuggester(lm) };
    }
    return typing.suggester;
  }

  /** A training, with what guessing costs said first. */
  async function training(
    data: PreparedData,
    { emit, signal }: CallContext<EngineCalls["train"]["event"]>,
    train: (hooks: SessionHooks) => Promise<SessionResult>,
  ) {
    emit({ type: "guesses", ...guessesOf(data) });
    return (await train({ signal, onEvent: (event) => emit(event) })).summary;
  }

  const resolved = async (request: TrainingRequest, hooks: PreparationHooks) =>
    resolveScratch({ ...scratchOf(request), data: await prepare(request, hooks), signal: hooks.signal });

  return {
    inspect: (request, { signal }) => viewOf(request, signal),
    prepare: async (request, { signal, emit }) =>
      preparedView(await prepare(request, { signal, onProgress: emit })),
    async windows({ most = 8, ...request }, { signal }) {
      const shown = [];
      for await (const window of windowsOfTraining(await resolved(request, { signal }), signal)) {
        // Of lanes those of the first, each of which goes on where the one before ended.
        if (window.kind === "stream" && window.row > 0) continue;
        shown.push(window);
        if (shown.length >= most) break;
      }
      return shown;
    },
    async train({ run, ...request }, context) {
      checkRunName(run);
      const onProgress = (progress: PrepareProgress) => context.emit({ type: "preparing", ...progress });
      const { data } = await resolved(request, { signal: context.signal, onProgress });
      const asked = { ...scratchOf(request), data, signal: context.signal };
      return training(data, context, (hooks) => work.train(run, asked, hooks));
    },
    async finetune({ run, base: name, train: options, ...texts }, context) {
      checkRunName(run);
      const base = await findBase(name);
      if (!base)
        throw new InputError("no-base", `There is no model ${name} here; open its folder first.`, { name });
      const { signal, emit } = context;
      const onProgress = (progress: PrepareProgress) => emit({ type: "preparing", ...progress });
      const data = await prepare(texts, { vocabulary: await readTokenizer(base), signal, onProgress });
      const asked = { base, data, options, signal };
      return training(data, context, (hooks) => work.finetune(run, asked, hooks));
    },
    async resume({ run, train = {} }, context) {
      const data = await work.data(run);
      return training(data, context, (hooks) => work.resume(run, train, hooks));
    },
    async branch({ run, from, train = {} }, context) {
      checkRunName(run);
      const data = await work.data(from.run);
      return training(data, context, (hooks) => work.branch(run, from, train, hooks));
    },
    async runs() {
      const found = await Promise.all((await store.list()).map((name) => listed(store.open(name))));
      return found.sort((a, b) => (b.record?.created ?? "").localeCompare(a.record?.created ?? ""));
    },
    async history({ run }) {
      const files = store.open(run);
      const record = await readRecord(files);
      const data = await work.data(run).catch(() => undefined);
      const { log, samples } = await readHistory(files);
      const snapshots = snapshotSteps((await files.list()).map(({ name }) => name));
      return {
        record,
        state: await stateOf(files),
        log,
        samples,
        guesses: data && guessesOf(data),
        snapshots,
      };
    },
    async remove({ run }) {
      await store.locked(run, () => store.remove(run));
      work.forget(run);
      return undefined;
    },
    async exportRun({ run }) {
      const files = store.open(run);
      const listed = await files.list();
      return Promise.all(listed.map(async ({ name }) => ({ name, bytes: (await files.read(name))! })));
    },
    async importRun({ run, files: given, architectures }) {
      checkRunName(run);
      for (const { name } of given) checkFilePath(name);
      // A folder that holds no whole model is refused before anything of it is kept.
      const described = await checkedModel(givenFiles(run, given), { findBase, architectures });
      return store.locked(run, async () => {
        const files = store.open(run);
        if ((await files.list()).length > 0)
          throw new InputError("taken", `There is a run ${run} already; rename or delete it first.`, { run });
        try {
          for (const { name, bytes } of given) await files.write(name, [bytes]);
        } catch (error) {
          await store.remove(run);
          throw error;
        }
        return described;
      });
    },
    async sample({ run, ...options }, { signal }) {
      const samples = await sample(await work.open(run), { ...options, signal });
      return samples.map(({ prompt, text }) => ({ prompt, text }));
    },
    async novelty({ run, ...request }, { emit, signal }) {
      const data = await work.data(run);
      return noveltyOf(request, { data, openModel: () => work.open(run), emit, signal });
    },
    async copiesAlong({ run, ...options }, { emit, signal }) {
      const steps = snapshotSteps((await store.open(run).list()).map(({ name }) => name));
      if (steps.length === 0)
        throw new InputError(
          "no-snapshots",
          `${run} has kept no weights along its training, so nothing is known of how it came to this; train a new run that keeps some.`,
          { run },
        );
      return copiesAlong(steps, {
        data: await work.data(run),
        signal,
        onProgress: (found) => emit({ ...found, total: steps.length }),
        async write(step) {
          const lm = await work.openSnapshot(run, step);
          const samples = await sample(lm, { ...options, slide: true, signal });
          return samples.map(({ prompt, text }) => prompt + text);
        },
      });
    },
    async suggest({ run, text, n = 3 }, { signal }) {
      const suggester = await suggesterOf(run);
      const { words } = await suggester.suggest(text, { n: CANDIDATES * n, kinds: ["words"], signal });
      return rankByKeystrokesSaved(words, n);
    },
    async typing({ run, texts = 20 }, { emit, signal }) {
      const { splits } = await work.data(run);
      const unseen = [...splits.validation, ...splits.test];
      const onProgress = (done: number, total: number) => emit({ done, total });
      return evaluateTyping(await work.open(run), evenly(unseen, texts), { onProgress, signal });
    },
    async watch({ run, ...options }, { emit, signal }) {
      for await (const token of watch(await work.open(run), { ...options, signal })) emit(token);
      return undefined;
    },
  };
}

const scratchOf = ({ model, modelOptions, train }: TrainingRequest) => ({
  model,
  modelOptions,
  options: train,
});

function guessesOf(data: PreparedData): Guesses {
  const { tokenizer } = data;
  const train = streamOf(data, "train", tokenizer);
  const held = streamOf(data, "validation", tokenizer);
  return {
    uniform: uniformLoss(tokenizer.size),
    unigram: unigramLoss(train, held.length > 0 ? held : train, tokenizer.size),
  };
}

async function stateOf(files: ModelFiles): Promise<TrainState | undefined> {
  const text = await readText(files, names.state);
  if (text === undefined) return undefined;
  const path = `${files.name}/${names.state}`;
  const state = parseJson<TrainState>(text, path);
  const { counters } = await import("../../train/state-shape.ts");
  if (state && counters.safeParse(state).success) return state;
  throw new InputError("not-a-state", `${path} does not hold the counters of a training.`, {
    name: files.name,
  });
}

/** A run for a list, which a damaged one must not keep from being shown. */
async function listed(files: RunFiles): Promise<StoredRun> {
  try {
    return await stored(files);
  } catch (error) {
    if (!(error instanceof PunchlineError)) throw error;
    const bytes = await bytesOf(files);
    return { name: files.name, record: undefined, state: undefined, bytes, problem: error.message };
  }
}

const bytesOf = async (files: Required<Pick<ModelFiles, "list">>): Promise<number> =>
  (await files.list()).reduce((sum, file) => sum + file.bytes, 0);

/** @throws InputError where the files hold no whole model, or not one of the `architectures` */
async function checkedModel(
  files: Required<ModelFiles>,
  {
    findBase,
    architectures,
  }: { readonly findBase: FindBase; readonly architectures: readonly string[] | undefined },
): Promise<StoredRun> {
  if (!(await files.blob(names.config)))
    throw new InputError(
      "no-file",
      `There is no ${names.config} among these files, so they are no model; drop a whole run folder.`,
    );
  const described = await stored(files);
  const model = await readModel(files);
  const { type } = model.architecture;
  if (architectures && !architectures.includes(type))
    throw new InputError(
      "architecture",
      `${files.name} is a ${type}, and only ${architectures.join(" or ")} can be used here.`,
      { type, architectures },
    );
  checkFits(files.name, model);
  const { size } = await readTokenizer(files);
  if (size > model.config.vocab_size)
    throw new InputError(
      "tokenizer-size",
      `${files.name}: the tokenizer has ${size} ids but the model only ${model.config.vocab_size}; they do not belong together.`,
      { name: files.name },
    );
  const tensors = await openTensors(files, findBase);
  await checkTensors(model.parameters, tensors, model.architecture.checkpointMapping);
  return described;
}

async function stored(files: Required<Pick<ModelFiles, "list">> & ModelFiles): Promise<StoredRun> {
  const record = await readText(files, names.run);
  const config = await readJson(files, names.config).catch(() => undefined);
  return {
    name: files.name,
    record: record === undefined ? undefined : await parseRecord(record, `${files.name}/${names.run}`),
    state: await stateOf(files),
    architecture: typeof config?.model_type === "string" ? config.model_type : undefined,
    bytes: await bytesOf(files),
  };
}
