/** One run in numbers: how well it predicts, what it writes, how fast, how large. */
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { PreparedData } from "../../data/prepare.ts";
import type { Sample } from "../../generate/sample.ts";
import type { TextModel } from "../../generate/text-model.ts";
import { countParameters } from "../../models/model.ts";
import type { LogRow } from "../../train/events.ts";
import { readLog } from "../../train/history.ts";
import type { Evaluation } from "../evaluation.ts";
import { evaluateModel } from "../hosted-likelihood.ts";
import type { AuditedText, Judge } from "../novelty/auditor.ts";
import { measureTexts, type TextMeasures } from "./quality.ts";

/** Texts of a run that the page shows. */
const SHOWN = 5;

export interface WritingOptions {
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
  /** Of one text alone; absent for hosted models. */
  readonly characters_per_s?: number | undefined;
  readonly tokens_per_s?: number | undefined;
  /** Of all the texts, written side by side. */
  readonly side_by_side_characters_per_s: number;
}

/** As `punchline eval` says them. */
type Predictions = Pick<
  Evaluation,
  "loss" | "perplexity" | "bits_per_character" | "bits_per_byte" | "tokens"
>;

/** A run as `punchline report --json` prints it; a measure that could not be had is absent, and a note says why. */
export interface RunQuality extends TextMeasures, Partial<Predictions> {
  readonly run: string;
  /** The architecture, or `hosted`. */
  readonly model: string;
  readonly parameters?: number | undefined;
  /** Of the files with its weights. */
  readonly bytes?: number | undefined;
  /** Share of the held-out words that a word vocabulary lacks; absent where it lacks none. */
  readonly unknown_words?: number | undefined;
  /** The part of the data that it predicted. */
  readonly split?: string | undefined;
  /** True where those texts were prepared by its own rules, and are not the texts that the first run predicted. */
  readonly own_texts?: true | undefined;
  /** Nearness to real texts, 0 to 1, as evaluate/mauve.ts has it; null where it is left out. */
  readonly mauve: number | null;
  readonly speed: SamplingSpeed;
  readonly notes: readonly string[];
}

/** What is measured, and what the page shows besides. */
export interface MeasuredRun {
  readonly quality: RunQuality;
  /** What it wrote, prompt included. */
  readonly texts: readonly string[];
  /** The first of them, looked up in its training texts. */
  readonly samples: readonly AuditedText[];
  /** Empty where there is none. */
  readonly log: readonly LogRow[];
}

/** Held-out texts to predict. */
export interface HeldOut {
  readonly kind: PreparedData["kind"];
  readonly split: string;
  readonly texts: readonly string[];
  /** How many of each text's first characters are a prompt, which is not scored. Absent: there are no prompts. */
  readonly prompts?: readonly number[] | undefined;
  /** True where they are not the texts that the first run predicts: the figures do not compare. */
  readonly own?: true | undefined;
}

/** The texts of prepared data that models are judged on: the test split, or validation where there is none. */
export function heldOutOf({ kind, splits, prompts }: PreparedData): HeldOut {
  const split = splits.test.length > 0 ? "test" : "validation";
  return { kind, split, texts: splits[split], prompts: prompts?.[split] };
}

/**
 * Measures one model. What it cannot be asked becomes a note; that it cannot write at all is an error.
 * @param training the texts that its copies are looked up in, with the words that count as real
 */
export async function measureRun(
  model: TextModel,
  training: { readonly auditor: Judge; readonly vocabulary: ReadonlySet<string> },
  heldOut: HeldOut,
  options: WritingOptions,
): Promise<MeasuredRun> {
  const { signal } = options;
  const notes: string[] = [];
  const { samples, seconds } = await write(model, options);
  const texts = samples.map(({ prompt, text }) => prompt + text);
  const ends = model.kind === "hosted" || model.lm.stopAtEos;
  const measures = await measureTexts(texts, {
    ...training,
    ...(ends ? { ended: samples.map(({ finish }) => finish === "eos") } : {}),
    ...(signal ? { signal } : {}),
  });
  const evaluation = await evaluate(model, heldOut, signal).catch((error: unknown) => {
    if (signal?.aborted) throw error;
    notes.push(`How well ${model.name} predicts could not be measured: ${reasonOf(error)}`);
    return {};
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
    model: model.kind === "local" ? model.lm.model.config.model_type : "hosted",
    ...(model.kind === "local"
      ? { parameters: countParameters(model.lm.model), bytes: await weightBytes(model.folder) }
      : {}),
    ...evaluation,
    ...("loss" in evaluation
      ? { split: heldOut.split, ...(heldOut.own ? { own_texts: true as const } : {}) }
      : {}),
    ...(unknown > 0 ? { unknown_words: unknown } : {}),
    ...measures,
    mauve: null, // what compares runs adds it
    speed: {
      ...(model.kind === "local" ? await speedAlone(model, options) : {}),
      side_by_side_characters_per_s: characters / seconds,
    },
    notes,
  };
  const log = model.kind === "local" ? await readLog(model.folder) : [];
  return { quality, texts, samples: texts.slice(0, SHOWN).map((text) => training.auditor.audit(text)), log };
}

async function write(
  model: TextModel,
  { texts: n, ...options }: WritingOptions,
): Promise<{ samples: Sample[]; seconds: number }> {
  const begun = performance.now();
  const samples = await model.sample({
    ...given(options),
    n,
    ...(model.kind === "local" ? { slide: true } : {}),
  });
  return { samples, seconds: (performance.now() - begun) / 1000 };
}

/** One text after a first one that only warms up. */
async function speedAlone(model: TextModel, options: WritingOptions): Promise<Partial<SamplingSpeed>> {
  const { texts: _, ...rest } = options;
  const once = (seed: number) => model.sample({ ...given(rest), seed, n: 1, slide: true });
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

function given({ signal, ...options }: Omit<WritingOptions, "texts">) {
  return { ...options, ...(signal ? { signal } : {}) };
}

async function evaluate(
  model: TextModel,
  { kind, texts, prompts }: HeldOut,
  signal?: AbortSignal,
): Promise<Predictions> {
  const { loss, perplexity, bits_per_character, bits_per_byte, tokens } = await evaluateModel(
    model,
    kind === "text" ? [texts.join("")] : texts,
    { kind, ...(prompts ? { prompts } : {}), ...(signal ? { signal } : {}) },
  );
  return { loss, perplexity, bits_per_character, bits_per_byte, tokens };
}

/** Share of the held-out words that a word vocabulary lacks. */
function unknownShare(model: TextModel, { texts }: HeldOut): number {
  if (model.kind !== "local" || model.lm.tokenizer.kind !== "word") return 0;
  const { tokenizer } = model.lm;
  const unknown = tokenizer.id("<unk>");
  const ids = texts.flatMap((text) => [...tokenizer.encode(text)]);
  return ids.filter((id) => id === unknown).length / Math.max(1, ids.length);
}

async function weightBytes(folder: string): Promise<number> {
  const names = (await readdir(folder)).filter((name) => /^model.*\.safetensors$/.test(name));
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(folder, name))).size));
  return sizes.reduce((a, b) => a + b, 0);
}

/** Also what a runtime throws: one run's trouble is no reason to lose what others have given. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
