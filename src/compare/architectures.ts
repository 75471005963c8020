/**
 * Which architecture? Each is trained for the same time on the same texts, with about as many parameters, and
 * evaluated on the same unseen texts.
 *
 * The same for all are the splits, the seconds of training steps (set-up, validation and samples do not count), the
 * parameters without those that grow with the vocabulary, and the validation texts. The training defaults are those of
 * each architecture. A folder keeps a run for each, so that a comparison that was interrupted goes on, and where one
 * model fails, the results of the others stay. Depths and widths can be compared as well: see grid.ts.
 */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { UsageError } from "../core/errors.ts";
import { checkOptions, option, optionNames } from "../core/options.ts";
import type { PreparedData, PrepareOptions } from "../data/prepare.ts";
import { checkPrepared, encodeSplit } from "../data/tokens.ts";
import { inSuitedVocabulary } from "../data/vocabularies.ts";
import { type Lead, leadOf } from "../evaluate/lead.ts";
import { spellingOf } from "../evaluate/quality/spelling.ts";
import { writeFileAtomic } from "../files/atomic.ts";
import { exists } from "../files/exists.ts";
import { withFolderLock } from "../files/lock.ts";
import { readOptionalText } from "../files/regular-file.ts";
import { type Architecture, countParameters, type OptionValues } from "../models/model.ts";
import { architectureOf, architectures } from "../models/registry.ts";
import { innerParameters, optionsOfSize } from "../models/size.ts";
import { backendOptionNames } from "../runtime/backend.ts";
import type { TrainEvent } from "../train/events.ts";
import { files, parseJson } from "../train/run-record.ts";
import type { TrainHooks, TrainResult } from "../train/train.ts";
import { resume, train } from "../train/train.ts";
import { type Candidate, candidatesOf, type Grid, type GridSizes, gridOf, withSizes } from "./grid.ts";
import { measureSamplingSpeed } from "./sampling-speed.ts";

export interface ArchitecturesOptions
  extends Omit<TrainHooks, "onEvent" | "stopWhen" | "writeSample">,
    GridSizes {
  /** The folder for the runs, each in a folder named after its architecture and size. */
  readonly out: string;
  /** Minutes of training steps for each. */
  readonly minutes: number;
  /** Names of architectures. Default: all with a vocabulary of characters or of words, and with the sizes that are asked for. */
  readonly models?: readonly string[] | undefined;
  /**
   * About how many parameters each has, without those that grow with the vocabulary: the width is chosen for that, unless
   * widths are given. Default 500,000.
   */
  readonly parameters?: number | undefined;
  /** Default 42. */
  readonly seed?: number | undefined;
  /** The vocabulary of word models. */
  readonly words?: Pick<PrepareOptions, "minCount" | "maxWords"> | undefined;
  /** What the data was prepared from, for the runs' records. */
  readonly origin?:
    | { readonly sources: readonly string[]; readonly options: Readonly<Record<string, unknown>> }
    | undefined;
  /** A promise that it returns is waited for. */
  readonly onEvent?: ((event: ArchitecturesEvent) => unknown) | undefined;
}

const architecturesOptionNames = optionNames<keyof ArchitecturesOptions>()(
  "backend lead signal out minutes models layers width parameters seed words origin onEvent",
  { backend: backendOptionNames, words: optionNames<"minCount" | "maxWords">()("minCount maxWords") },
);

export type ArchitecturesEvent =
  /** Before anything is trained: how many models, those that are trained already, and seconds of training for the others. */
  | {
      readonly type: "plan";
      readonly models: number;
      readonly kept: number;
      readonly seconds: number;
    }
  /** `name`, here and below: with its size, where sizes are compared. */
  | {
      readonly type: "model";
      readonly model: string;
      readonly name: string;
      readonly index: number;
      readonly of: number;
    }
  | {
      readonly type: "training";
      readonly model: string;
      readonly name: string;
      readonly event: TrainEvent;
    }
  /** `kept`: from an earlier session. */
  | { readonly type: "result"; readonly result: TrainedArchitecture; readonly kept: boolean }
  | { readonly type: "failed"; readonly model: string; readonly name: string; readonly reason: string };

export interface LearningPoint {
  /** Seconds of training. */
  readonly seconds: number;
  /** Characters trained on. */
  readonly characters: number;
  readonly bits_per_character: number;
}

export interface ArchitectureResult {
  /** The architecture. */
  readonly model: string;
  /** The same, with its size where sizes are compared: `char-lstm 2x64`. */
  readonly name: string;
  readonly parameters: number;
  /** Training speed in characters per second. */
  readonly characters_per_s: number;
  /** Sampling speed in characters per second. */
  readonly sampling_per_s: number;
  /** Size of the checkpoint in bytes. */
  readonly bytes: number;
  /** Of the best validation, on held-out texts. */
  readonly bits_per_character: number;
  readonly curve: readonly LearningPoint[];
  readonly sample: string;
}

export interface TrainedArchitecture extends ArchitectureResult {
  /** The run folder. */
  readonly run: string;
  /** Options of the architecture that differ from its defaults. */
  readonly options: OptionValues;
  /** Parameters without those that grow with the vocabulary. */
  readonly inner_parameters: number;
  readonly vocabulary: number;
  /** Words of the validation texts that the vocabulary lacks; the bits of their spelling are added. */
  readonly unknown: number;
  /** Most tokens that a prediction depends on; null where there is no bound. */
  readonly context: number | null;
  /** Seconds of training steps. */
  readonly seconds: number;
  readonly steps: number;
}

export interface ArchitecturesResult {
  readonly folder: string;
  /** Seconds of training steps for each. */
  readonly seconds: number;
  /** Best first. */
  readonly models: readonly TrainedArchitecture[];
  readonly failed: readonly { readonly model: string; readonly name: string; readonly reason: string }[];
  /** Bits per character by architecture and size; null where no sizes were asked for. */
  readonly grid: Grid | null;
  /** The texts that all are evaluated on. */
  readonly validation: { readonly texts: number; readonly characters: number };
  /** Whether the best is ahead of the next by more than chance; null for fewer than two models. */
  readonly lead: Lead | null;
  /** Whether it was stopped before the last. */
  readonly interrupted: boolean;
  /** Processes that shared each training; absent without a `lead`. */
  readonly ranks?: number | undefined;
}

/** About how many characters of the validation split every model predicts. */
const VALIDATION = 10_000;
/** In the folder: the settings, and the result of each architecture that is done. */
const RECORD = "architectures.json";

interface FolderRecord {
  readonly format: "punchline-architectures";
  readonly version: 1;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly models: readonly TrainedArchitecture[];
}

/** Those with a vocabulary of characters or of words, which can be trained from scratch in minutes. */
export const comparedArchitectures: readonly string[] = architectures
  .filter(({ tokens }) => tokens === "character" || tokens === "word")
  .map(({ type }) => type);

/**
 * @param prepared in a vocabulary of characters
 * @throws UsageError where the folder holds something else, or there are no texts to validate on
 */
export async function compareArchitectures(
  prepared: PreparedData,
  options: ArchitecturesOptions,
): Promise<ArchitecturesResult> {
  checkOptions(options, architecturesOptionNames);
  checkPrepared(prepared);
  // Not every architecture can be trained on the answer alone: all learn whole texts.
  const { prompts: _, ...data } = prepared;
  const chosen = comparedModels(options);
  const held = heldOut(data);
  return withFolderLock(options.out, () => trainAll(chosen, data, held, options));
}

/**
 * The models that a comparison trains.
 * @throws UsageError for a model, and for sizes, that cannot be compared
 */
export function comparedModels(
  options: Pick<ArchitecturesOptions, "models" | "parameters" | keyof GridSizes>,
): readonly Candidate[] {
  const { models, width, parameters } = options;
  if (width !== undefined && parameters !== undefined)
    throw new UsageError(
      `${option("width")} gives the sizes, and ${option("parameters")} would choose them; leave one of them out.`,
      { option: "parameters", value: parameters },
    );
  const architectures = models
    ? chosenArchitectures(models)
    : withSizes(chosenArchitectures(comparedArchitectures), options);
  return candidatesOf(architectures, options);
}

/** Trains and measures those of `chosen` that the folder lacks. */
async function trainAll(
  chosen: readonly Candidate[],
  data: PreparedData,
  held: HeldOut,
  options: ArchitecturesOptions,
): Promise<ArchitecturesResult> {
  const { out: folder, minutes, parameters = 500_000, seed = 42, words = {}, onEvent, signal } = options;
  const sized = options.width === undefined ? { parameters } : {};
  const settings = { minutes, ...sized, seed, words, fingerprint: data.fingerprint };
  let record = await openFolder(folder, settings);
  const failed: { model: string; name: string; reason: string }[] = [];
  const trained = (name: string) => record.models.find((one) => one.name === name);
  const left = chosen.filter(({ name }) => !trained(name)).length;
  await onEvent?.({
    type: "plan",
    models: chosen.length,
    kept: chosen.length - left,
    seconds: left * minutes * 60,
  });
  for (const [index, candidate] of chosen.entries()) {
    const { name } = candidate;
    const { type } = candidate.architecture;
    const kept = trained(name);
    if (kept) {
      await onEvent?.({ type: "result", result: kept, kept: true });
      continue;
    }
    if (signal?.aborted) break;
    await onEvent?.({ type: "model", model: type, name, index, of: chosen.length });
    let event: ArchitecturesEvent;
    try {
      const result = await trainOne(candidate, data, held, { ...options, parameters, seed, words });
      if (result === "interrupted") break;
      record = { ...record, models: [...record.models, result] };
      await writeRecord(folder, record);
      event = { type: "result", result, kept: false };
    } catch (error) {
      if (signal?.aborted) break;
      const reason = error instanceof Error ? error.message : String(error);
      failed.push({ model: type, name, reason });
      event = { type: "failed", model: type, name, reason };
    }
    await onEvent?.(event);
  }
  const models = record.models
    .filter((one) => chosen.some(({ name }) => name === one.name))
    .toSorted((a, b) => a.bits_per_character - b.bits_per_character);
  return {
    folder,
    seconds: minutes * 60,
    models,
    failed,
    grid: gridOf([...new Set(chosen.map(({ architecture }) => architecture))], options, models),
    validation: { texts: held.texts.length, characters: held.characters },
    lead:
      leadOf(
        models.map(({ name, bits_per_character }) => ({ name, bits: bits_per_character })),
        held.characters,
      ) ?? null,
    interrupted: models.length + failed.length < chosen.length,
    ...(options.lead && { ranks: options.lead.ranks.size }),
  };
}

function chosenArchitectures(names: readonly string[]): Architecture[] {
  const chosen = names.map((name) => architectureOf(name));
  const odd = chosen.find(({ tokens }) => tokens === "wordpiece" || tokens === "masked-bpe");
  if (odd)
    throw new UsageError(
      `${odd.type} fills masks and cannot be trained to write; choose among ${comparedArchitectures.join(", ")} and gpt2.`,
      { option: "models", value: odd.type },
    );
  return [...new Set(chosen)];
}

/** The beginning of the validation split. */
interface HeldOut {
  readonly data: PreparedData;
  readonly texts: readonly string[];
  /** An end of each text included. */
  readonly characters: number;
}

function heldOut(data: PreparedData): HeldOut {
  const texts: string[] = [];
  let characters = 0;
  for (const text of data.splits.validation) {
    if (characters >= VALIDATION) break;
    const label = data.kind === "text" ? [...text].slice(0, VALIDATION).join("") : text;
    texts.push(label);
    characters += [...label].length + (data.kind === "items" ? 1 : 0);
  }
  if (characters < 2)
    throw new UsageError(
      `There are no texts to validate on, so models cannot be compared; give ${option("fractions.validation")} a share, or more texts.`,
      { option: "fractions.validation" },
    );
  return { data: { ...data, splits: { ...data.splits, validation: texts } }, texts, characters };
}

type CompleteOptions = ArchitecturesOptions & {
  readonly parameters: number;
  readonly seed: number;
  readonly words: Pick<PrepareOptions, "minCount" | "maxWords">;
};

/** Trains one architecture, or resumes its run, and measures it. */
async function trainOne(
  { architecture, name, sizes }: Candidate,
  characters: PreparedData,
  held: HeldOut,
  options: CompleteOptions,
): Promise<TrainedArchitecture | "interrupted"> {
  const { type } = architecture;
  const { out, minutes, parameters, seed, words, origin, onEvent, backend, lead, signal } = options;
  const data = await inSuitedVocabulary(characters, architecture.tokens, { ...words, signal });
  const { tokenizer } = data;
  const validationTokens = encodeSplit(held.data, "validation", tokenizer).tokens.length;
  const run = join(out, name.replaceAll(" ", "-"));
  const modelOptions =
    sizes.width === undefined ? optionsOfSize(architecture, parameters, tokenizer.size, sizes) : sizes;
  const hooks: TrainHooks = {
    backend,
    lead,
    signal,
    onEvent: (event) => onEvent?.({ type: "training", model: type, name, event }),
  };
  const training = (await exists(join(run, files.run)))
    ? await resume(run, { ...hooks, data })
    : await train({
        ...hooks,
        model: type,
        modelOptions,
        data,
        out: run,
        options: { maxMinutes: minutes, clock: "steps", seed, sampleEvery: 0, validationTokens },
        origin: {
          sources: origin?.sources ?? [],
          options: { ...origin?.options, ...(architecture.tokens === "word" ? words : {}) },
        },
      });
  if (training.summary.stopped === "interrupt") return "interrupted";
  const spelling = spellingOf(tokenizer, held.texts);
  const perToken = charactersPerToken(data);
  const curve = curveOf(training, {
    perToken,
    bits: (loss) => (loss * validationTokens + spelling.nats) / Math.LN2 / held.characters,
  });
  const { lm, summary, log } = training;
  return {
    model: type,
    name,
    run,
    options: modelOptions,
    parameters: countParameters(lm.model),
    inner_parameters: innerParameters(architecture, modelOptions, tokenizer.size),
    vocabulary: tokenizer.size,
    context: Number.isFinite(lm.model.contextLength) ? lm.model.contextLength : null,
    seconds: summary.seconds,
    steps: summary.steps,
    characters_per_s: ((log.at(-1)?.tokens ?? 0) * perToken) / summary.seconds,
    ...(await measureSamplingSpeed(lm, { seed, signal })),
    bytes: (await stat(join(run, files.weights))).size,
    bits_per_character: Math.min(...curve.map((point) => point.bits_per_character)),
    unknown: spelling.words,
    curve,
  };
}

/** Characters per token of the training split, on average. */
function charactersPerToken(data: PreparedData): number {
  const { train } = data.splits;
  const ends = data.kind === "items" ? train.length : 0;
  const characters = train.reduce((n, text) => n + [...text].length, ends);
  return characters / encodeSplit(data, "train").tokens.length;
}

function curveOf(
  { log }: TrainResult,
  { perToken, bits }: { perToken: number; bits: (loss: number) => number },
): ArchitectureResult["curve"] {
  return log.flatMap(({ seconds, tokens, val_loss }) =>
    val_loss === undefined
      ? []
      : [{ seconds, characters: tokens * perToken, bits_per_character: bits(val_loss) }],
  );
}

/** The record of an earlier session with these settings, or a new one. */
async function openFolder(folder: string, settings: FolderRecord["settings"]): Promise<FolderRecord> {
  const path = join(folder, RECORD);
  const text = await readOptionalText(path);
  const fresh: FolderRecord = { format: "punchline-architectures", version: 1, settings, models: [] };
  if (text === undefined) {
    await writeRecord(folder, fresh);
    return fresh;
  }
  const found = parseJson<FolderRecord>(text, path);
  if (found?.format !== fresh.format || found.version !== fresh.version)
    throw new UsageError(`${path} is no record of a comparison; choose another ${option("out")}.`, {
      option: "out",
      value: folder,
    });
  for (const [name, value] of Object.entries(settings)) {
    const was = found.settings[name];
    // A comparison of widths has no number of parameters.
    if (was !== undefined && JSON.stringify(was) !== JSON.stringify(value))
      throw new UsageError(
        `${folder} holds a comparison with ${name} ${JSON.stringify(was)}, not ${JSON.stringify(value)}; choose another ${option("out")}, or give the same options.`,
        { option: name, value, expected: was },
      );
  }
  // Records of 0.1.0 have no names.
  const models = found.models.map((one) => ({ ...one, name: one.name ?? one.model }));
  return { ...found, settings: { ...found.settings, ...settings }, models };
}

const writeRecord = (folder: string, record: FolderRecord): Promise<void> =>
  writeFileAtomic(join(folder, RECORD), `${JSON.stringify(record, null, 2)}\n`);
