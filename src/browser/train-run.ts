/**
 * Trains a model into a run of a browser, and goes on with one: the files are those of a run folder, and a training that
 * was closed in the middle goes on to the bit.
 */
import { InputError, UsageError } from "../core/errors.ts";
import { checkNames, checkOptions, option, optionNames } from "../core/options.ts";
import { version } from "../core/version.ts";
import { speltBy } from "../data/prepare.ts";
import { isPrepared, prepareGiven } from "../data/vocabularies.ts";
import type { LanguageModel } from "../generate/language-model.ts";
import { adapterConfig, checkBase } from "../hub/adapter.ts";
import { vocabularyFingerprint, weightsFingerprint } from "../hub/fingerprint-pieces.ts";
import { readTensors } from "../hub/match-tensors.ts";
import type { TensorSource } from "../hub/tensor-source.ts";
import { countParameters, type Model } from "../models/model.ts";
import { architectureOf, resettingAt } from "../models/registry.ts";
import type { Backend } from "../runtime/backend.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import { TOKENIZER_FINGERPRINT } from "../text/vocabulary-text.ts";
import { checkpointFrom, runWeights, weightsFrom } from "../train/checkpoint-tensors.ts";
import { type OtherBackend, onFastest, onItsDevice } from "../train/fastest.ts";
import { keptLines, parseKeptLines } from "../train/kept-data.ts";
import { type ResumeOptions, resumeTrainOptions, trainOptionNames } from "../train/options.ts";
import {
  type FromScratch,
  type ResolvedRequest,
  resolveScratch,
  scratchModel,
  suited,
  type TextsAndOptions,
  textStart,
} from "../train/resolve-scratch.ts";
import { describingFiles, files as names, type RunRecord } from "../train/run-record.ts";
import { type SessionHooks, type SessionResult, session } from "../train/session.ts";
import {
  adaptModel,
  finetuneOptionsOf,
  initialise,
  initialiseAll,
  type Setup,
  setUp,
} from "../train/setup.ts";
import { type FindBase, openAdapter, openTensors, readTensorFile } from "./model-tensors.ts";
import { MOST_MEMORY, readModel, readRecord, readTokenizer } from "./open-run.ts";
import { storedResults } from "./run-results.ts";
import { type ModelFiles, type RunFiles, readText } from "./run-store.ts";

const machine = { held: 0.1e9, available: MOST_MEMORY };

/** A model to be trained further in its own vocabulary: its files, or one that is open already. */
export interface FromModel {
  readonly base: ModelFiles | LanguageModel;
  readonly model?: undefined;
  readonly modelOptions?: undefined;
}

const requestNames = optionNames<keyof (FromScratch & TextsAndOptions)>()(
  "model modelOptions base data options signal",
  { options: trainOptionNames },
);

export interface RunHooks extends SessionHooks {
  readonly backend: Backend;
  /**
   * Backends that are measured against the first with the training's own batch: the fastest that computes the same takes
   * it, and goes on with it after a pause. Default: none.
   */
  readonly others?: readonly OtherBackend[] | undefined;
  /** Finds the base of a run of adapters. Default: none is known. */
  readonly findBase?: FindBase | undefined;
}

/**
 * Trains a new model, or a copy of one that there is, into `files`.
 * @throws UsageError for an option that cannot be honoured, a run that there is already, or too little memory
 */
export async function trainRun(
  files: RunFiles,
  request: (FromScratch | FromModel) & TextsAndOptions,
  hooks: RunHooks,
): Promise<SessionResult> {
  checkOptions(request, requestNames);
  if (await files.read(names.run))
    throw new UsageError(`There is a run ${files.name} already; choose another name, or go on with it.`, {
      option: "out",
      value: files.name,
    });
  const { base } = request;
  const { model, data, options } = await (base ? resolveFurther(request) : resolveScratch(request));
  const adaptation = adaptModel(model, options);
  const adaptable =
    base !== undefined && options.lora === undefined && model.architecture.loraTargets !== undefined;
  const first = setUp({ adaptation, data, options, backend: hooks.backend, machine, adaptable });
  let baseFingerprint: string | undefined;
  if (base) baseFingerprint = await takeBase(base, first, model);
  else initialiseAll(first);
  const setup = await onFastest(first, hooks.others ?? [], hooks.signal);
  const record: RunRecord = {
    format: "punchline-run",
    version: 1,
    punchline: version,
    created: new Date().toISOString(),
    model: model.architecture.type,
    base: base?.name,
    baseFingerprint,
    modelOptions: request.modelOptions ?? {},
    parameters: countParameters(setup.model),
    trainable: setup.trainable,
    sources: [],
    kind: data.kind,
    data: {},
    cleaning: data.cleaning,
    fingerprint: data.fingerprint,
    train: options,
    device: setup.backend.device,
    threads: null,
    platform: `browser, ${globalThis.navigator?.userAgent ?? "unknown"}`,
  };
  const adapter = adaptation.adapter && base && adapterConfig({ ...adaptation.adapter, base: base.name });
  const described = { config: setup.model.config, tokenizer: setup.data.tokenizer, record, adapter };
  for (const [name, text] of Object.entries(describingFiles(described))) await files.write(name, [text]);
  await files.write(names.texts, [...keptLines(setup.data)]);
  return begin(files, setup, hooks, baseFingerprint);
}

async function resolveFurther({
  base,
  options = {},
  data: given,
  signal,
}: FromModel & TextsAndOptions): Promise<ResolvedRequest> {
  const { model, tokenizer } =
    "model" in base ? base : { model: await readModel(base), tokenizer: await readTokenizer(base) };
  const resolved = finetuneOptionsOf(model, options);
  const data = isPrepared(given)
    ? speltBy(given, tokenizer, tokenizer.kind)
    : await prepareGiven(given, { vocabulary: tokenizer, signal });
  return suited({ options: resolved, data, model }, options, true);
}

/**
 * Puts the weights of a base into the arena, and new ones for the adapters that it lacks.
 * @param model as it is without adapters
 * @returns the fingerprint of the weights, where the base is files
 */
async function takeBase(
  base: ModelFiles | LanguageModel,
  setup: Setup,
  model: Model,
): Promise<string | undefined> {
  const { arena, adaptation, options } = setup;
  initialise({ parameters: adaptation.model.parameters.slice(model.parameters.length) }, arena, options.seed);
  if (!("model" in base)) return readFrozen(await wholeBase(base), setup, model);
  if (adaptation.adapter)
    throw new UsageError(
      `Adapters are kept without ${base.name}, so its files have to be found again; give them as ${option("base")}, or train all weights.`,
      { name: base.name },
    );
  copyWeights(base, setup, model);
  return undefined;
}

/** @throws UsageError for an adapter, which is no whole model */
async function wholeBase(base: ModelFiles): Promise<TensorSource> {
  if (await base.read(names.adapterConfig))
    throw new UsageError(
      `${base.name} is an adapter itself, and a training needs a whole model; start from the model that it adapts.`,
      { name: base.name },
    );
  return openTensors(base, async () => undefined);
}

/** Reads the weights of `model` into the arena. @returns their fingerprint */
async function readFrozen(source: TensorSource, { arena }: Setup, model: Model): Promise<string> {
  const slots = model.parameters.map(({ name, shape }) => ({
    name,
    shape,
    data: arena.parameters[name]!.data,
  }));
  await readTensors(slots, source, model.architecture.checkpointMapping);
  return weightsFingerprint(source);
}

function copyWeights({ weights, name }: LanguageModel, { arena }: Setup, model: Model): void {
  for (const parameter of model.parameters) {
    const source = weights[parameter.name]!;
    if ("stored" in source)
      throw new UsageError(
        `The weights of ${name} are in a file; open the model with its weights in memory.`,
        {
          name,
        },
      );
    arena.parameters[parameter.name]!.data.set(source.data as Float32Array);
  }
}

/**
 * Goes on with a run from its last checkpoint, or from the beginning where it has none.
 * @param asked what a resume may change, such as a new limit
 */
export async function resumeRun(
  files: RunFiles,
  asked: ResumeOptions,
  hooks: RunHooks,
): Promise<SessionResult> {
  checkNames(asked, trainOptionNames);
  const record = await readRecord(files);
  const { findBase = async () => undefined } = hooks;
  const tuned = record.base !== undefined;
  const options = resumeTrainOptions(record.train, asked);
  const data = await keptData(files);
  const unadapted = tuned
    ? await readModel(files)
    : scratchModel(architectureOf(record.model), record.modelOptions, data);
  const model = resettingAt(unadapted, textStart(data, options));
  const adaptation = adaptModel(model, options);
  const setup = setUp({ adaptation, data, options, backend: hooks.backend, machine });
  const itsDevice = () => onItsDevice(setup, record.device, hooks.others ?? []);
  const source = await readTensorFile(files, names.optimizer);
  if (!source) {
    if (record.base === undefined) initialiseAll(setup);
    else {
      const base = await findBase(record.base);
      if (!base)
        throw new UsageError(
          `${files.name} was closed before its first checkpoint, and ${record.base} is not in this browser; delete it and fine-tune again.`,
          { name: files.name },
        );
      checkBase(record.base, record.baseFingerprint, (await takeBase(base, setup, model))!);
    }
    return begin(files, await itsDevice(), hooks, record.baseFingerprint);
  }
  if (adaptation.adapter) {
    const { tensors, name } = (await openAdapter(files, findBase))!;
    checkBase(name, record.baseFingerprint, await readFrozen(tensors, setup, model));
  } else if (adaptation.trainable.size < model.parameters.length) {
    const weights = await readTensorFile(files, names.weights);
    if (weights) await weightsFrom(weights, runWeights(adaptation), setup.arena);
  }
  const checkpoint = await checkpointFrom(source, setup.arena, `${files.name}/${names.optimizer}`);
  const weights = runWeights(adaptation, {
    vocabulary: await vocabularyMetadata(data.tokenizer),
    ...record,
  });
  const results = await storedResults(files, setup.arena, weights, checkpoint.state.step);
  await files.write(names.run, [
    describingFiles({
      config: setup.model.config,
      tokenizer: data.tokenizer,
      record: { ...record, train: options },
    })[names.run]!,
  ]);
  return session(await itsDevice(), { hooks, results, name: files.name, checkpoint });
}

/** The texts of a run. @throws InputError where it keeps none */
export async function keptData(files: RunFiles) {
  const text = await readText(files, names.texts);
  if (text !== undefined)
    return parseKeptLines(
      text.split("\n").filter((line) => line !== ""),
      await readTokenizer(files),
      `${files.name}/${names.texts}`,
    );
  throw new InputError(
    "texts",
    `${files.name} does not keep the texts that it was trained on, so only the command line can go on with it: give them as ${option("data")}.`,
    { name: files.name },
  );
}

async function begin(
  files: RunFiles,
  setup: Setup,
  hooks: RunHooks,
  baseFingerprint: string | undefined,
): Promise<SessionResult> {
  const weights = runWeights(setup.adaptation, {
    vocabulary: await vocabularyMetadata(setup.data.tokenizer),
    baseFingerprint,
  });
  const results = await storedResults(files, setup.arena, weights);
  return session(setup, { hooks, results, name: files.name });
}

/** What weights record of their vocabulary, as Node's `tokenizerMetadata`. */
const vocabularyMetadata = async (tokenizer: Tokenizer): Promise<Readonly<Record<string, string>>> => ({
  [TOKENIZER_FINGERPRINT]: await vocabularyFingerprint(tokenizer),
});
