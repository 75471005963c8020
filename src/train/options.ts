/** How a model is trained: every choice, its default, and what is refused. */
import { UsageError } from "../core/errors.ts";
import { checkNames, invalidOption, option, optionNames } from "../core/options.ts";
import { MASK_SHARE } from "../data/batches/masking.ts";
import type { LongItems } from "../data/batches/rows.ts";
import { type LoraOptions, loraOptionNames } from "../models/lora.ts";
import { type Architecture, countParameters, type Model } from "../models/model.ts";
import { scheduleKinds } from "../optim/schedule.ts";

export interface TrainOptions {
  /** Updates of the weights. Default: as many as the time or the epochs allow; 2,000 where neither is given. */
  readonly steps?: number | undefined;
  /** Passes over the training split; not together with `steps`. */
  readonly epochs?: number | undefined;
  /** Wall-clock limit of what `clock` counts; with steps or epochs, whichever ends first. */
  readonly maxMinutes?: number | undefined;
  /** What time counts: the whole training, or its steps alone, without set-up, validation and samples. Default `all`. */
  readonly clock: "all" | "steps";
  /** Texts or windows side by side in one step. Default 32. */
  readonly batchSize: number;
  /** Tokens of a window. Default 64. */
  readonly seqLen: number;
  /** Tokens between the beginnings of shuffled windows. Default: the window's length. */
  readonly stride?: number | undefined;
  /**
   * `stream`: lanes through the text with the state carried from window to window (truncated
   * back-propagation through time); `shuffled`: independent windows in random order. Default: `stream`
   * where the model carries a state of fixed size.
   */
  readonly windows?: "stream" | "shuffled" | undefined;
  /**
   * How texts are laid out in rows. `none`: one text a row, padded; `blocks`: as many as fit, which do not see each
   * other, each with its own positions; `stream`: end to end, so that a model sees the ends of earlier texts. Default:
   * `blocks` for fine-tuning, prompts and masked models, where the model can tell texts apart; else `stream`.
   */
  readonly packing?: Packing | undefined;
  /**
   * What becomes of a text longer than a row: `split` in pieces that know nothing of each other, or `truncate`,
   * which loses the rest and with it the end. Not of `stream`. Default `split`.
   */
  readonly longTexts?: LongItems | undefined;
  /** Of masked models: hide all pieces of a word together. Default false. */
  readonly wholeWords: boolean;
  /** Of masked models: the share of the tokens that is hidden while training. Default 0.15. */
  readonly maskShare?: number | undefined;
  /** Batches whose gradients are added up for one step. Default 1. */
  readonly accumulate: number;
  /**
   * `muon`: Muon for matrices of hidden layers and AdamW for the rest, at one learning rate. Default `adamw`, but `muon`
   * for a GPT-2 from scratch.
   */
  readonly optimizer: "adamw" | "sgd" | "muon";
  /** Peak learning rate. Default 2e-3, or what suits the architecture; three times as much with Muon. */
  readonly learningRate: number;
  /** `wsd`: at its peak after the warmup, until it falls in the last part, {@link cooldown}. */
  readonly schedule: "constant" | "linear" | "cosine" | "wsd";
  /** Of `wsd`: the share of all steps in which the rate falls. Default 0.2. */
  readonly cooldown?: number | undefined;
  /** Where a schedule that falls ends, as a share of the peak. Default 0. */
  readonly finalRate: number;
  /** Steps over which the learning rate rises from zero. Default 100, at most a tenth of all. */
  readonly warmup?: number | undefined;
  /** Decay of matrices: AdamW's, decoupled, or SGD's, added to the gradient. Default 0.01. */
  readonly weightDecay: number;
  /** The momentum of SGD, by default 0.9, or of Muon, by default 0.95. */
  readonly momentum: number;
  /** Decay of the second moment of AdamW, also of the AdamW part of Muon. Default 0.999. */
  readonly beta2: number;
  /** Largest global norm of a step's gradient; 0 for no clipping. Default 1. */
  readonly clip: number;
  /** Steps between validations. Default: a twentieth of all, at least 25; under a time limit alone, of the time. */
  readonly validateEvery?: number | undefined;
  /** Most tokens of the validation split that each validation scores. Default 100,000. */
  readonly validationTokens: number;
  /** Stop after this many validations without a better loss. Default: never. */
  readonly patience?: number | undefined;
  /**
   * Steps between samples; 0 for none. Default: after the first step and at each validation; under a time limit alone also
   * after 25, 50, 100, 200, ... steps.
   */
  readonly sampleEvery?: number | undefined;
  /** What samples along the way begin with. */
  readonly samplePrompt: string;
  /** Steps between lines of the log. Default 10. */
  readonly logEvery: number;
  /** Seconds between checkpoints for resuming; validations write one too. Default 60. */
  readonly checkpointSeconds: number;
  /** Which weights the finished run offers: those of the best validation, or the last. Default `best`. */
  readonly keep: "best" | "last";
  /** Steps between copies of the weights kept under checkpoints/; 0 for none. Default 0. */
  readonly snapshotEvery: number;
  /**
   * Also keep the weights so many times, evenly along the steps or, where time alone limits them, along the time; the last
   * of them at the end. Default none.
   */
  readonly snapshots?: number | undefined;
  readonly seed: number;
  /** Train LoRA adapters and freeze the weights: of `base` only. Default: none; where given, PEFT's defaults. */
  readonly lora?: Partial<LoraOptions> | undefined;
  /** Freeze the embeddings and so many of the first layers: of `base` only. Default: none. */
  readonly freezeLayers?: number | undefined;
  /**
   * Let a carried state start over from zeros where a text begins, as it does wherever the model is used: before each
   * of many texts, and of one continuous text before each window that begins with the end of a line. Default true;
   * runs of 0.1.0 carried the state from text to text and go on so.
   */
  readonly resetState?: boolean | undefined;
  /**
   * Of a training from scratch: begin with predictions as frequent as the training split's tokens, through the bias of
   * the logits, where the model has one. Default true; runs of 0.1.0 began with all tokens alike.
   */
  readonly countedBias?: boolean | undefined;
  /**
   * Let many texts follow each other in an order drawn by the seed, where they are read as one stream: files are often
   * sorted, and a short training would learn what its last texts have in common. Default true; runs of 0.1.0 read
   * texts in the order of their files.
   */
  readonly shuffleTexts?: boolean | undefined;
  /**
   * Hold only what passes from block to block for the backward pass, and compute the rest again: less memory, more
   * time, the same numbers to the bit. Default false.
   */
  readonly recompute?: boolean | undefined;
  /**
   * Numbers of the products of matrices on a graphics card that has 16-bit floats; `f16` computes them with those, and weights,
   * sums and updates in 32 bits, with a factor on the loss that adapts itself. Default `f32`.
   */
  readonly precision?: Precision | undefined;
  /**
   * Let the ranks of a job average their weights only after so many steps, for slow links: between, each steps by itself
   * with its rows of the batch (DiLoCo, arXiv 2311.08105). They also do so before each validation, sample and checkpoint.
   * Default: they add up their gradients in every step, which gives what one process would.
   */
  readonly syncEvery?: number | undefined;
}

export const trainOptionNames = optionNames<keyof TrainOptions>()(
  "steps epochs maxMinutes clock batchSize seqLen stride windows packing longTexts wholeWords maskShare accumulate optimizer learningRate schedule cooldown finalRate warmup weightDecay momentum beta2 clip validateEvery validationTokens patience sampleEvery samplePrompt logEvery checkpointSeconds keep snapshotEvery snapshots seed lora freezeLayers resetState countedBias shuffleTexts recompute precision syncEvery",
  { lora: loraOptionNames },
);

/** Numbers in which matrices are multiplied: 32-bit floats, or 16-bit ones. */
export type Precision = "f32" | "f16";
const precisions: readonly string[] = ["f32", "f16"] satisfies readonly Precision[];

/** How texts are laid out in the rows of a batch. */
export type Packing = "none" | "blocks" | "stream";

/** What a resumed training may change: when it ends, how often it is saved, and what it holds in memory. */
export type ResumeOptions = Partial<
  Pick<
    TrainOptions,
    "steps" | "epochs" | "maxMinutes" | "patience" | "checkpointSeconds" | "recompute" | "precision"
  >
>;
/** The names of {@link ResumeOptions}. */
export const resumable = optionNames<keyof ResumeOptions>()(
  "steps epochs maxMinutes patience checkpointSeconds recompute precision",
).names;

export const trainDefaults: TrainOptions = {
  batchSize: 32,
  seqLen: 64,
  wholeWords: false,
  accumulate: 1,
  optimizer: "adamw",
  learningRate: 2e-3,
  clock: "all",
  schedule: "cosine",
  finalRate: 0,
  weightDecay: 0.01,
  momentum: 0.9,
  beta2: 0.999,
  clip: 1,
  validationTokens: 100_000,
  samplePrompt: "",
  logEvery: 10,
  checkpointSeconds: 60,
  keep: "best",
  snapshotEvery: 0,
  seed: 42,
  resetState: true,
  countedBias: true,
  shuffleTexts: true,
};

/** The momentum that Muon's authors use. */
export const MUON_MOMENTUM = 0.95;
/** How much larger steps Muon bears than AdamW: it was best so for GPT-2, transformers of characters and LSTMs (docs/choosing.md). */
const MUON_RATE = 3;

/** What differs for a model that is trained further: the values of Hugging Face's Trainer, where it has them. */
const finetuneDefaults = {
  epochs: 3,
  batchSize: 8,
  seqLen: 128,
  schedule: "linear",
  weightDecay: 0,
} as const satisfies Partial<TrainOptions>;

/**
 * Two points that a rate is known at, and the power of the size between them: the Trainer's for GPT-2, and 2e-3, between
 * the best of those tried, for a GPT-2 of 6 million parameters (docs/gpt-2.md).
 */
const RATE = { learningRate: 5e-5, parameters: 124e6, power: 1.2, most: 2e-3 } as const;
/** Adapters begin at nothing, and learn faster at larger steps (Schulman et al. 2025, "LoRA without regret"). */
const LORA_RATE = { factor: 10, most: 1e-2 } as const;

/**
 * What suits a model of so many parameters that is trained further. The smaller a model, the larger the steps that it
 * bears and needs.
 * @param lora whether adapters are trained, at up to ten times the rate
 * @param scratch the rate of a training from scratch, which is never exceeded
 */
export function finetuneTraining(
  parameters: number,
  { lora, scratch = RATE.most }: Pick<Partial<TrainOptions>, "lora"> & { readonly scratch?: number } = {},
): typeof finetuneDefaults & Pick<TrainOptions, "learningRate"> {
  const smaller = Math.max(1, RATE.parameters / parameters);
  const rate = Math.min(RATE.learningRate * smaller ** RATE.power, RATE.most, scratch);
  const suited = lora ? Math.min(rate * LORA_RATE.factor, LORA_RATE.most) : rate;
  return { ...finetuneDefaults, learningRate: Number(suited.toPrecision(1)) };
}

/**
 * All options: those given, then those that suit the kind of training, then the defaults. A limit that is given
 * (steps, epochs or minutes) takes the place of the one that would suit.
 * @throws UsageError
 */
export function resolveTrainOptions(
  asked: Partial<TrainOptions>,
  { training = {} }: Pick<Architecture, "training">,
): TrainOptions {
  checkNames(asked, trainOptionNames);
  const given = withoutUndefined(asked);
  const { steps: _, epochs: __, maxMinutes: ___, ...unlimited } = training as Partial<TrainOptions>;
  const suited: TrainOptions = { ...trainDefaults, ...(isLimited(given) ? unlimited : training) };
  const { optimizer = suited.optimizer, lora } = given;
  // Adapters are given a higher rate of their own.
  const faster = optimizer === "muon" && lora === undefined ? MUON_RATE : 1;
  const options: TrainOptions = {
    ...suited,
    learningRate: Number((faster * suited.learningRate).toPrecision(2)),
    ...(optimizer === "muon" ? { momentum: MUON_MOMENTUM } : {}),
    ...given,
  };
  checkRanges(options);
  refuseTwoLengths(given);
  const { warmup = 0, steps = Infinity } = options;
  if (warmup > steps)
    throw unsuited(
      `${option("warmup", warmup)} is beyond the ${steps} steps of the training.`,
      "warmup",
      warmup,
    );
  const { schedule } = options;
  const idle = idleOptions(options);
  for (const [name, reason] of [
    ["momentum", `${option("optimizer", "sgd")} and muon; adamw has its own moments`],
    ["beta2", `${option("optimizer", "adamw")} and muon; sgd has one moment`],
    ["finalRate", `${option("schedule", "linear")}, cosine and wsd; constant stays as it is`],
    ["cooldown", `${option("schedule", "wsd")}; ${schedule} has no part of its own that falls`],
  ] as const)
    if (idle[name] && given[name] !== undefined)
      throw unsuited(`${option(name)} is an option of ${reason}.`, name, given[name]);
  return options;
}

/** Which options mean nothing beside this optimizer and this schedule. */
export const idleOptions = ({ optimizer, schedule }: Pick<TrainOptions, "optimizer" | "schedule">) => ({
  momentum: optimizer === "adamw",
  beta2: optimizer === "sgd",
  finalRate: schedule === "constant",
  cooldown: schedule !== "wsd",
});

/**
 * All options of a training that starts from a model: those given, then those that suit a model of its size and kind.
 * @throws UsageError
 */
export function resolveFinetuneOptions(given: Partial<TrainOptions>, model: Model): TrainOptions {
  const { lora } = given;
  const scratch = resolveTrainOptions({}, model.architecture).learningRate;
  const training = finetuneTraining(countParameters(model), { scratch, lora });
  return resolveTrainOptions(given, { training });
}

/**
 * The options of a resumed training. A limit that is given takes the place of all limits of the run: `steps`,
 * `epochs` and `maxMinutes`.
 * @throws UsageError for a change of what a resume cannot change
 */
export function resumeTrainOptions(run: TrainOptions, asked: ResumeOptions): TrainOptions {
  const given = withoutUndefined(asked);
  refuseChanges(run, given);
  const { steps, epochs, maxMinutes, ...rest } = run;
  const options = isLimited(given) ? { ...rest, ...given } : { ...run, ...given };
  checkRanges(options);
  refuseTwoLengths(given);
  return options;
}

/** Options of the run may be repeated, as long as they are the same. */
function refuseChanges(run: TrainOptions, given: Partial<TrainOptions>): void {
  for (const [name, value] of Object.entries(given)) {
    const was = run[name as keyof TrainOptions];
    if (resumable.includes(name) || JSON.stringify(value) === JSON.stringify(was)) continue;
    throw new UsageError(
      `${option(name)} cannot change in a run that has begun: it is ${JSON.stringify(was) ?? "not set"} there, not ${JSON.stringify(value)}. A resume may change ${resumable.join(", ")}; leave ${option(name)} out, or train into a new folder.`,
      { option: name, value, expected: was },
    );
  }
}

const unsuited = (sentence: string, name: keyof TrainOptions, value: unknown): UsageError =>
  new UsageError(sentence, { option: name, value });

/** The fields that have a value: one that is undefined must not replace a default. */
const withoutUndefined = <T extends object>(given: T): T =>
  Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as T;

export const isLimited = ({ steps, epochs, maxMinutes }: ResumeOptions): boolean =>
  [steps, epochs, maxMinutes].some((limit) => limit !== undefined);

/** @throws UsageError where the length of the training is said twice */
function refuseTwoLengths({ steps, epochs }: ResumeOptions): void {
  if (steps === undefined || epochs === undefined) return;
  throw new UsageError(
    `${option("steps", steps)} and ${option("epochs", epochs)} are two lengths of one training; give one of them.`,
    { option: "epochs", value: epochs, steps, epochs },
  );
}

const whole = {
  steps: 1,
  batchSize: 1,
  seqLen: 1,
  stride: 1,
  accumulate: 1,
  validateEvery: 1,
  validationTokens: 1,
  patience: 1,
  logEvery: 1,
  warmup: 0,
  sampleEvery: 0,
  snapshotEvery: 0,
  snapshots: 0,
  seed: 0,
  freezeLayers: 0,
  syncEvery: 1,
} as const;
const aboveZero = ["epochs", "maxMinutes", "learningRate"] as const;
const notNegative = ["weightDecay", "clip", "checkpointSeconds"] as const;

function checkRanges(options: TrainOptions): void {
  const refuse = (name: keyof TrainOptions, wanted: string): never => {
    throw invalidOption(name, options[name], wanted);
  };
  for (const name of Object.keys(whole) as (keyof typeof whole)[]) {
    const value = options[name];
    if (value !== undefined && !(Number.isSafeInteger(value) && value >= whole[name]))
      refuse(name, `a whole number of ${whole[name]} or more`);
  }
  for (const name of aboveZero) {
    const value = options[name];
    if (value !== undefined && !(value > 0 && Number.isFinite(value))) refuse(name, "a number above 0");
  }
  for (const name of notNegative) {
    if (!(options[name] >= 0 && Number.isFinite(options[name]))) refuse(name, "a number of 0 or more");
  }
  for (const name of ["momentum", "beta2"] as const) {
    // Runs of earlier versions have no beta2.
    const value = options[name] ?? 0;
    if (!(value >= 0 && value < 1)) refuse(name, "from 0 to below 1");
  }
  if (!scheduleKinds.includes(options.schedule)) refuse("schedule", `one of ${scheduleKinds.join(", ")}`);
  if (!precisions.includes(options.precision ?? "f32")) refuse("precision", "f32 or f16");
  const { finalRate = 0, cooldown = 1, maskShare = MASK_SHARE } = options;
  if (!(finalRate >= 0 && finalRate <= 1)) refuse("finalRate", "from 0 to 1");
  if (!(cooldown > 0 && cooldown <= 1)) refuse("cooldown", "above 0 and at most 1");
  if (!(maskShare > 0 && maskShare < 1)) refuse("maskShare", "above 0 and below 1");
}
