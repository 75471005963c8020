/** Measures one run: how well it predicts, what it writes, how fast it is and how large. */
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { PreparedData } from "../../data/prepare.ts";
import type { TextModel } from "../../generate/text-model.ts";
import { countParameters } from "../../models/model.ts";
import { unknownWord } from "../../text/words.ts";
import type { LogRow } from "../../train/events.ts";
import { readLog } from "../../train/results.ts";
import type { Evaluation } from "../evaluation.ts";
import { evaluateModel } from "../hosted-likelihood.ts";
import type { TextBits } from "../lead.ts";
import { scoreTexts } from "../likelihood.ts";
import type { AuditedText, Judge } from "../novelty/auditor.ts";
import { measureTexts, type TextMeasures } from "./text-measures.ts";

/** Texts of a run that the page shows. */
const SHOWN = 5;

/** How each run samples the texts that are measured. */
export interface RunSampling {
  /** Texts of each run. */
  readonly texts: number;
  readonly temperature: number;
  /** Most tokens of a text. */
  readonly maxLength: number;
  readonly seed: number;
  readonly prompt: string;
  readonly signal?: AbortSignal | undefined;
}

export interface SamplingSpeed {
  /** For one text alone; absent for hosted models. */
  readonly characters_per_s?: number | undefined;
  readonly tokens_per_s?: number | undefined;
  /** For all texts, sampled in one batch. */
  readonly side_by_side_characters_per_s: number;
}

/** In the names of `punchline eval --json`. */
type Predictions = Pick<
  Evaluation,
  "loss" | "perplexity" | "bits_per_character" | "bits_per_byte" | "tokens"
>;

/** A run as `punchline report --json` prints it; a measure that failed is absent, and a note says why. */
export interface RunQuality extends TextMeasures, Partial<Predictions> {
  readonly run: string;
  /** The architecture, or `hosted`. */
  readonly model: string;
  readonly parameters?: number | undefined;
  /** Size of the files with its weights. */
  readonly bytes?: number | undefined;
  /** Share of the held-out words that a word vocabulary lacks; absent where it lacks none. */
  readonly unknown_words?: number | undefined;
  /** The split that it predicted. */
  readonly split?: string | undefined;
  /** True where these texts were cleaned by its own rules, so that they differ from those of the first run. */
  readonly own_texts?: true | undefined;
  /** MAUVE, 0 to 1; null where it is left out. */
  readonly mauve: number | null;
  readonly speed: SamplingSpeed;
  readonly notes: readonly string[];
}

/** The measures, and what the page shows besides. */
export interface MeasuredRun {
  readonly quality: RunQuality;
  /** Its samples, prompts included. */
  readonly texts: readonly string[];
  /** Audits of the first of them. */
  readonly samples: readonly AuditedText[];
  /** Empty where there is none. */
  readonly log: readonly LogRow[];
  /** The bits and characters of each text that it predicted; absent of hosted models. */
  readonly textBits?: readonly TextBits[] | undefined;
}

export interface HeldOut {
  readonly kind: PreparedData["kind"];
  readonly split: string;
  readonly texts: readonly string[];
  /** The length of the prompt at the beginning of each text, which is not scored. Absent: there are no prompts. */
  readonly prompts?: readonly number[] | undefined;
  /** Of conversations, in place of prompts: the stretches that are scored. */
  readonly learned?: readonly (readonly number[])[] | undefined;
  /** True where they differ from the texts that the first run predicts: do not compare the figures. */
  readonly own?: true | undefined;
}

/** The held-out texts of prepared data: the test split, or validation where there is none. */
export function heldOutOf({ kind, splits, prompts, learned }: PreparedData): HeldOut {
  const split = splits.test.length > 0 ? "test" : "validation";
  return { kind, split, texts: splits[split], prompts: prompts?.[split], learned: learned?.[split] };
}

/**
 * Measures one model. A measure that fails becomes a note; a model that cannot write at all is an error.
 * @param training the auditor that finds copies, and the words that count as real
 */
export async function measureRun(
  model: TextModel,
  training: { readonly auditor: Judge; readonly vocabulary: ReadonlySet<string> },
  heldOut: HeldOut,
  options: RunSampling,
): Promise<MeasuredRun> {
  const { signal } = options;
  const notes: string[] = [];
  const begun = performance.now();
  const { texts: n, ...sampling } = options;
  const written = await model.sample({ ...sampling, n, ...(model.kind === "local" ? { slide: true } : {}) });
  const seconds = (performance.now() - begun) / 1000;
  const texts = written.map(({ prompt, text }) => prompt + text);
  const ends = model.kind === "hosted" || model.stopAtEos;
  const measures = await measureTexts(texts, {
    ...training,
    ended: ends ? written.map(({ finish }) => finish === "eos") : undefined,
    signal,
  });
  const evaluated = await evaluate(model, heldOut, signal).catch((error: unknown) => {
    if (signal?.aborted) throw error;
    notes.push(`How well ${model.name} predicts could not be measured: ${reasonOf(error)}`);
    return undefined;
  });
  const unknown = unknownShare(model, heldOut);
  if (unknown > 0) {
    notes.push(
      `${model.name} lacks ${(100 * unknown).toFixed(1)} % of the held-out words; each counts as one unknown word, which is easier to predict, so its bits and perplexity (marked *) are flattered, and it is not ranked by them.`,
    );
  }
  const characters = texts.reduce((sum, text) => sum + [...text].length, 0);
  const quality: RunQuality = {
    run: model.name,
    model: model.kind === "local" ? model.model.config.model_type : "hosted",
    parameters: model.kind === "local" ? countParameters(model.model) : undefined,
    bytes: model.kind === "local" ? await weightBytes(model.folder) : undefined,
    ...evaluated?.predictions,
    split: evaluated && heldOut.split,
    own_texts: evaluated && heldOut.own,
    unknown_words: unknown > 0 ? unknown : undefined,
    ...measures,
    mauve: null, // set by the report, which compares runs
    speed: {
      ...(model.kind === "local" ? await speedAlone(model, options) : {}),
      side_by_side_characters_per_s: characters / seconds,
    },
    notes,
  };
  const log = model.kind === "local" && model.folder !== undefined ? await readLog(model.folder) : [];
  const samples = texts.slice(0, SHOWN).map((text) => training.auditor.audit(text));
  return { quality, texts, samples, log, textBits: evaluated?.textBits };
}

/** The speed of single texts, after a first one that only warms up. */
async function speedAlone(model: TextModel, options: RunSampling): Promise<Partial<SamplingSpeed>> {
  const { texts: _, ...rest } = options;
  const once = (seed: number) => model.sample({ ...rest, seed, n: 1, slide: true });
  await once(options.seed);
  const begun = performance.now();
  let characters = 0;
  let tokens = 0;
  for (let seed = 1; tokens < 200 && seed <= 20; seed++) {
    for (const sample of await once(options.seed + seed)) {
      characters += [...sample.text].length;
      tokens += sample.tokens;
    }
  }
  const seconds = (performance.now() - begun) / 1000;
  return { characters_per_s: characters / seconds, tokens_per_s: tokens / seconds };
}

async function evaluate(
  model: TextModel,
  { kind, texts, prompts, learned }: HeldOut,
  signal?: AbortSignal,
): Promise<{ readonly predictions: Predictions; readonly textBits: MeasuredRun["textBits"] }> {
  const read = kind === "text" ? [texts.join("")] : texts;
  const options = { kind, prompts, learned, signal };
  const scores =
    model.kind === "local"
      ? await scoreTexts(model, read, options)
      : { evaluation: await evaluateModel(model, read, options), texts: undefined };
  const { loss, perplexity, bits_per_character, bits_per_byte, tokens } = scores.evaluation;
  return {
    predictions: { loss, perplexity, bits_per_character, bits_per_byte, tokens },
    textBits: scores.texts?.map(({ bits, characters }) => [bits, characters]),
  };
}

function unknownShare(model: TextModel, { texts }: HeldOut): number {
  if (model.kind !== "local" || model.tokenizer.kind !== "word") return 0;
  const { tokenizer } = model;
  const unknown = tokenizer.id(unknownWord);
  const ids = texts.flatMap((text) => [...tokenizer.encode(text)]);
  return ids.filter((id) => id === unknown).length / Math.max(1, ids.length);
}

/** Bytes of a folder's weights; undefined for a model that is in no folder. */
async function weightBytes(folder: string | undefined): Promise<number | undefined> {
  if (folder === undefined) return undefined;
  const names = (await readdir(folder)).filter((name) => /^model.*\.safetensors$/.test(name));
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(folder, name))).size));
  return sizes.reduce((a, b) => a + b, 0);
}

/** The message of any error, also of a runtime: one run that fails must not lose the results of the others. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
