/** What a comparison finds: the document of `punchline compare --json`. */
import type { Answer } from "./answers.ts";
import type { AttentionMap } from "./attention.ts";
import type { ContinuedText } from "./continue-text.ts";
import type { ModelFacts, ModelKind } from "./facts.ts";
import type { Ratio } from "./faster.ts";
import type { Timing } from "./speed.ts";

/** Which program runs a model: Punchline, or @huggingface/transformers as the check from outside. */
export const engineNames = ["punchline", "transformers.js"] as const;
export type EngineName = (typeof engineNames)[number];

export const precisions = ["fp32", "q8", "q4"] as const;
export type Precision = (typeof precisions)[number];

export interface ComparedModel {
  readonly model: string;
  /** `hosted` where only its service knows. */
  readonly kind: ModelKind | "hosted";
  /** Which program ran it. */
  readonly engine: EngineName | "service";
  /** How its matrices were stored; null where only its service knows. */
  readonly precision: Precision | null;
  /** null where only its service knows. */
  readonly parameters: number | null;
  /** What it read: for a causal model the text up to the gap. */
  readonly text: string;
  /** Tokens of that text; null where only its service knows. */
  readonly tokens: number | null;
  readonly predictions: readonly { readonly token: string; readonly probability: number }[];
  /** How far the prediction moves when the words right of the gap change, as total variation distance; absent where it cannot be asked. */
  readonly right_context_effect?: number | undefined;
  /** Attention of one head of one layer; of transformers. */
  readonly attention?: AttentionMap | undefined;
  /** How it continues the text; absent where it has no room for more. */
  readonly writing?: ContinuedText | undefined;
  readonly facts?: ModelFacts | undefined;
  /** Milliseconds from the folder to the first answer. */
  readonly load_ms?: number | undefined;
  /** Peak memory until the first answer, in a process of its own, without that of the runtime; in MB (10^6 bytes). */
  readonly memory_mb?: number | undefined;
  readonly speed: readonly Omit<Timing, "model">[];
  /** What it cannot be asked, and what went wrong, in sentences. */
  readonly notes: readonly string[];
}

/** One size of a sweep. */
export interface SweepPoint {
  readonly model: string;
  /** Tokens of the text, or texts side by side. */
  readonly size: number;
  readonly p50_ms: number;
  readonly tokens_per_s: number;
  /** Floating-point operations that the model needs for it, by {@link ModelFacts.flops_per_token}, in 10^9 per second. */
  readonly gflops: number;
  /**
   * The same as a share of what a plain product of matrices reached at its best between the same runs; null where it
   * does not apply: in fewer bits, or where other work slowed the product down to less.
   */
  readonly of_gemm: number | null;
}

export interface Comparison {
  readonly models: readonly ComparedModel[];
  /** Models that could not be compared at all. */
  readonly failed: readonly { readonly model: string; readonly reason: string }[];
  /** One sentence for each sense of "faster". */
  readonly answers: readonly Answer[];
  /** The ratios behind them, each with its interval and whether it shows which is faster. */
  readonly ratios: readonly Ratio[];
  /** Texts of several lengths, with `sweep`. */
  readonly by_length: readonly SweepPoint[];
  /** Several texts at once, with `sweep`. */
  readonly by_batch: readonly SweepPoint[];
  /** What one product of two float32 matrices reached at its best, in 10^9 operations per second; null without `sweep`. */
  readonly gemm_gflops: number | null;
  /** What to know before the figures are carried over to other models, in sentences. */
  readonly notes: readonly string[];
  /** Whether it was stopped early, so that it has fewer runs or lacks some models. */
  readonly interrupted: boolean;
  /** How the timing was done, in a sentence. */
  readonly protocol: string;
}
