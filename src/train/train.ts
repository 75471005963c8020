/**
 * Trains a model on texts, into a run folder or in memory.
 *
 * @example
 * const { lm, summary } = await train({ model: "char-lstm", data: text, options: { maxMinutes: 1 } });
 */
import { UsageError } from "../core/errors.ts";
import type { JsonObject } from "../core/json.ts";
import { checkNames, checkOptions, checkText, optionNames } from "../core/options.ts";
import { version } from "../core/version.ts";
import { isFull } from "../files/file-errors.ts";
import { withFolderLock } from "../files/lock.ts";
import { LocalModel } from "../generate/local-model.ts";
import { adapterConfig, checkBase } from "../hub/adapter.ts";
import { findAdapterBase } from "../hub/adapter-base.ts";
import { refuseBuiltInName } from "../hub/built-in.ts";
import { tokenizerMetadata } from "../hub/fingerprint.ts";
import { resolveModel } from "../hub/pull.ts";
import { type Architecture, countParameters, type Model } from "../models/model.ts";
import { architectureOf, resettingAt } from "../models/registry.ts";
import type { Lead } from "../ranks/ranks.ts";
import {
  type Backend,
  type BackendChoice,
  type BackendOptions,
  backendOptionNames,
  beforeChoice,
} from "../runtime/backend.ts";
import { nodeBackend } from "../runtime/node.ts";
import { type BaseModel, baseReference, readBase, readEnds, readModel, vocabularyFolder } from "./base.ts";
import { checkTrainingData, checkTrainRequest } from "./check-request.ts";
import { hasCheckpoint, readCheckpoint, readWeights } from "./checkpoint.ts";
import { runWeights } from "./checkpoint-tensors.ts";
import { deviceError } from "./device-errors.ts";
import { type OtherBackend, onFastest } from "./fastest.ts";
import { readFurther } from "./further-adapter.ts";
import { shareTraining } from "./job.ts";
import { memoryResults } from "./memory-results.ts";
import { type ResumeOptions, resumeTrainOptions, type TrainOptions, trainOptionNames } from "./options.ts";
import { resolveRequest, type TrainedModel } from "./resolve-request.ts";
import { scratchModel, type TextsAndOptions, textStart } from "./resolve-scratch.ts";
import { folderResults, refuseLostCheckpoint } from "./results.ts";
import { dataOfRun, type RunDataRequest, writeKeptData } from "./run-data.ts";
import {
  hasRecord,
  readRun,
  refuseTakenFolder,
  removeRun,
  writeRecord,
  writeRunFiles,
} from "./run-folder.ts";
import type { RunRecord } from "./run-record.ts";
import { type SessionHooks, type SessionParts, type SessionResult, session } from "./session.ts";
import {
  type Adaptation,
  adaptModel,
  initialise,
  initialiseAll,
  type Plan,
  type Setup,
  setUp,
} from "./setup.ts";

export interface TrainHooks extends SessionHooks {
  /**
   * What computes. With the device `auto` the CPU and WebGPU are measured with the training's own first batch, and the
   * faster one takes it; a resumed training stays on its device.
   */
  readonly backend?: BackendChoice | undefined;
  /** Other processes that share the steps: each of them must `follow`. Default: none. */
  readonly lead?: Lead | undefined;
}

export interface TrainResult extends SessionResult {
  readonly lm: LocalModel;
}

/** A new model, or one that there is already. */
export type TrainRequest = CommonRequest & TrainedModel;

interface CommonRequest extends TrainHooks, TextsAndOptions {
  readonly signal?: AbortSignal | undefined;
  /** The run folder. Default: none, the weights stay in memory. */
  readonly out?: string | undefined;
  /** What the data was prepared from, for the run's record. Default: the run keeps the texts themselves. */
  readonly origin?: {
    readonly sources: readonly string[];
    readonly options: Readonly<Record<string, unknown>>;
  };
}

export interface ResumeRequest extends TrainHooks, RunDataRequest {
  readonly options?: ResumeOptions | undefined;
  /** Architectures that are not in Punchline, for a run of one of them. */
  readonly architectures?: readonly Architecture[] | undefined;
}

const inside = { options: trainOptionNames, backend: backendOptionNames } as const;

type EveryKey<T> = T extends unknown ? keyof T : never;
const trainNames = optionNames<EveryKey<TrainRequest>>()(
  "model modelOptions base architectures data options out origin backend lead onEvent stopWhen writeSample signal",
  inside,
);
const resumeNames = optionNames<keyof ResumeRequest>()(
  "data sources read options architectures backend lead onEvent stopWhen writeSample signal",
  inside,
);

/**
 * Trains a model from scratch, or one that there is further.
 * @throws UsageError for an option that cannot be honoured, a folder that is taken, or too little memory
 * @throws InputError `folder-in-use` where another training writes to the folder
 * @throws PunchlineError `diverged` where the loss is no longer finite, or beyond hope
 */
export async function train(request: TrainRequest): Promise<TrainResult> {
  checkOptions(request, trainNames);
  await checkTrainRequest(request);
  const { base, out } = request;
  const modelOptions = request.base ? {} : (request.modelOptions ?? {});
  const { model, data, options } = await resolveRequest(request);
  // Tokens stay in their file, as texts do in their sources.
  const { origin = data.encoded && { sources: [data.encoded.path], options: {} } } = request;
  const { architecture } = model;
  const adaptation = adaptModel(model, options);
  const adaptable =
    base !== undefined && options.lora === undefined && architecture.loraTargets !== undefined;
  const first = setUpOn(request, { adaptation, data, options, adaptable });
  const { baseFingerprint, adapterFingerprint, adapter } = await firstWeights(first, model, base);
  const ends = base && (await readEnds(base.folder, data.tokenizer));
  const setup = await onFastest(first, othersOf(request, options), request.signal);
  if (out === undefined) return run(setup, request, { results: memoryResults(setup.arena), ends });
  return withFolderLock(out, async () => {
    await refuseTakenFolder(out);
    try {
      const record: RunRecord = {
        format: "punchline-run",
        version: 1,
        punchline: version,
        created: new Date().toISOString(),
        model: architecture.type,
        base: base?.name,
        baseFingerprint,
        adapter: base?.adapter?.name,
        adapterFingerprint,
        modelOptions,
        parameters: countParameters(setup.model),
        trainable: setup.trainable,
        sources: origin?.sources ?? [],
        kind: data.kind,
        data: origin?.options ?? {},
        cleaning: data.cleaning,
        jokes: data.summary.sources.find(({ jokes }) => jokes !== undefined)?.jokes,
        fingerprint: data.fingerprint,
        train: options,
        device: setup.backend.device,
        threads: request.backend?.threads ?? null,
        platform: `${process.platform}-${process.arch}, Node ${process.versions.node}`,
      };
      return await begin(out, setup, request, { record, adapter, ends, keepTexts: origin === undefined });
    } catch (error) {
      // Of a full disk the record stays, where it says where the texts are: the run can be begun again.
      const stays = isFull(error) && origin !== undefined && (await hasRecord(out).catch(() => false));
      if (!stays && !(await hasCheckpoint(out))) await removeRun(out);
      throw error;
    }
  });
}

/**
 * Continues a run from its last checkpoint, or from the beginning where it has none.
 * @throws UsageError where the data is not the run's, and as {@link train} does
 * @throws InputError where the folder holds no run, or its checkpoint is damaged
 */
export async function resume(folder: string, request: ResumeRequest = {}): Promise<TrainResult> {
  checkText(folder, "folder");
  checkNames(request, resumeNames);
  if (request.data !== undefined) checkTrainingData(request.data);
  refuseBuiltInName(folder);
  const record = await readRun(folder);
  return withFolderLock(folder, async () => {
    const { modelOptions, fingerprint, device, threads } = record;
    const { sources = record.sources, architectures } = request;
    const options = resumeTrainOptions(record.train, request.options ?? {});
    const began = await hasCheckpoint(folder);
    if (!began) await refuseLostCheckpoint(folder);
    const base = began ? undefined : await baseOf(record);
    const architecture = architectureOf(record.model, architectures, folder);
    const from = began ? folder : base && (await vocabularyFolder(base));
    const data = await dataOfRun(folder, record, request, { from, architecture });
    request.signal?.throwIfAborted();
    if (data.fingerprint !== fingerprint) {
      const named = sources.length > 0 ? ` of ${sources.join(", ")}` : "";
      throw new UsageError(
        `${folder} was trained on other data: its fingerprint is ${fingerprint}, and that${named} is now ${data.fingerprint}. Restore the data, or train into a new folder.`,
        { expected: fingerprint, actual: data.fingerprint },
      );
    }
    const { backend: given = {} } = request;
    const backend = {
      ...given,
      device: resumedDevice(given.device, device, options),
      threads: given.threads ?? threads ?? undefined,
    };
    const unadapted = record.base
      ? await readModel(base?.folder ?? folder, architectures)
      : scratchModel(architecture, modelOptions, data);
    const model = resettingAt(unadapted, textStart(data, options));
    const adaptation = adaptModel(model, options);
    const hooks: TrainHooks = { ...request, backend };
    const setup = setUpOn(hooks, { adaptation, data, options });
    const now: RunRecord = { ...record, train: options };
    if (!began) {
      const { adapter, ...fingerprints } = await firstWeights(setup, model, base);
      for (const [part, name] of [
        ["baseFingerprint", record.base],
        ["adapterFingerprint", record.adapter],
      ] as const)
        if (fingerprints[part] !== record[part])
          throw new UsageError(
            `${folder} was begun from other weights than ${name} has now; restore those, or fine-tune into a new folder.`,
            { expected: record[part], actual: fingerprints[part] },
          );
      const ends = base && (await readEnds(base.folder, data.tokenizer));
      return begin(folder, setup, hooks, { record: now, adapter, ends, keepTexts: sources.length === 0 });
    }
    await readFrozen(folder, setup, model, record);
    const checkpoint = await readCheckpoint(folder, setup.arena);
    await writeRecord(folder, now);
    const weights = runWeights(adaptation, { vocabulary: tokenizerMetadata(data.tokenizer), ...record });
    const results = await folderResults(folder, setup.arena, weights, checkpoint.state);
    const ends = await readEnds(folder, data.tokenizer);
    return run(setup, hooks, { results, name: folder, ends, checkpoint });
  });
}

interface FirstWeights {
  readonly baseFingerprint?: string | undefined;
  readonly adapterFingerprint?: string | undefined;
  /** The adapter's configuration. */
  readonly adapter?: JsonObject | undefined;
}

/**
 * Puts the first weights into the arena: those of the base and its adapter, and new ones for all that they lack.
 * @param model as it is without adapters
 */
async function firstWeights(setup: Setup, model: Model, base: BaseModel | undefined): Promise<FirstWeights> {
  const { adaptation, arena, options } = setup;
  if (!base) {
    initialiseAll(setup);
    return {};
  }
  const adapter = adaptation.adapter && { ...adaptation.adapter, base: await baseReference(base) };
  const baseFingerprint = await readBase(base.folder, model, arena);
  initialise(addedParameters(adaptation, model), arena, options.seed);
  const adapterFingerprint =
    base.adapter && (await readFurther(model, { ...base, adapter: base.adapter }, arena));
  return { baseFingerprint, adapterFingerprint, adapter: adapter && adapterConfig(adapter) };
}

/** What a run that has no checkpoint begins from. */
async function baseOf({ base, adapter }: RunRecord): Promise<BaseModel | undefined> {
  if (base === undefined) return undefined;
  const placed = async (name: string) => ({ folder: await resolveModel(name), name });
  return { ...(await placed(base)), adapter: adapter === undefined ? undefined : await placed(adapter) };
}

interface NewRun {
  readonly record: RunRecord;
  readonly adapter: JsonObject | undefined;
  readonly ends: readonly number[] | undefined;
  /** Whether the texts are kept in the folder. */
  readonly keepTexts: boolean;
}

/** A run goes on where it began, unless a device is named; 16 bits, which only WebGPU has, may be asked for with `auto`. */
function resumedDevice(
  asked: BackendChoice["device"],
  began: BackendChoice["device"],
  { precision }: TrainOptions,
): BackendChoice["device"] {
  if (asked === undefined) return began;
  return asked === "auto" && precision !== "f16" ? began : asked;
}

/** Writes a new run's files and trains from the beginning. */
async function begin(
  folder: string,
  setup: Setup,
  hooks: TrainHooks,
  { record, adapter, ends, keepTexts }: NewRun,
): Promise<TrainResult> {
  const { model, data, adaptation, arena } = setup;
  await writeRunFiles(folder, { config: model.config, tokenizer: data.tokenizer, record, ends, adapter });
  // Last, so that the vocabulary is there wherever the texts are.
  if (keepTexts) await writeKeptData(folder, data);
  const weights = runWeights(adaptation, { vocabulary: tokenizerMetadata(data.tokenizer), ...record });
  return run(setup, hooks, { results: await folderResults(folder, arena, weights), name: folder, ends });
}

/**
 * A setup on this process's backend, of its share of the batches; where that is to be measured, on the CPU. Products in 16
 * bits leave no choice: of the devices that are tried, WebGPU alone has them.
 */
function setUpOn({ backend: given = {}, lead }: TrainHooks, plan: Omit<Plan, "backend" | "ranks">): Setup {
  const ranks = lead?.ranks;
  const backend =
    given.device === "auto" && plan.options.precision === "f16"
      ? { ...given, device: "webgpu" as const }
      : given;
  const threads = backend.threads ?? ranks?.threads;
  const opened = openBackend(beforeChoice({ ...backend, threads }), plan.options);
  return { ...setUp({ ...plan, backend: opened, ranks }), lead };
}

function openBackend(options: BackendOptions, { precision }: TrainOptions): Backend {
  try {
    return nodeBackend(options);
  } catch (error) {
    throw deviceError(error, options.device ?? "cpu", precision === "f16");
  }
}

/** What is measured against the CPU where the device is `auto`. */
function othersOf({ backend }: TrainHooks, { precision }: TrainOptions): readonly OtherBackend[] {
  if (backend?.device !== "auto" || precision === "f16") return [];
  const { device: _, ...rest } = backend;
  return [{ device: "webgpu", open: () => nodeBackend({ ...rest, device: "webgpu" }) }];
}

/** A session whose model can also be saved. */
async function run(
  setup: Setup,
  hooks: TrainHooks,
  parts: Omit<SessionParts, "hooks">,
): Promise<TrainResult> {
  if (setup.lead)
    await shareTraining(
      setup.lead,
      setup,
      { ...hooks.backend, device: setup.backend.device },
      parts.checkpoint,
    );
  const result = await session(setup, { ...parts, hooks });
  return { ...result, lm: new LocalModel(result.lm, parts.name) };
}

/** Reads what a checkpoint leaves out: an adapter's base where that lies, frozen layers from the run's own weights. */
async function readFrozen(
  folder: string,
  { adaptation, arena }: Setup,
  model: Model,
  { baseFingerprint }: RunRecord,
): Promise<void> {
  if (adaptation.adapter) {
    const base = await findAdapterBase(folder);
    checkBase(base.applied.base, baseFingerprint, await readBase(base.folder, model, arena));
  } else if (adaptation.trainable.size < model.parameters.length) {
    await readWeights(folder, runWeights(adaptation), arena);
  }
}

/** The parameters that the base lacks. */
const addedParameters = ({ model }: Adaptation, base: Model): Pick<Model, "parameters"> => ({
  parameters: model.parameters.slice(base.parameters.length),
});
