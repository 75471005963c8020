/** The model that encodes texts for MAUVE: the one you name, else the default one, else the first run that is good enough. */
import { UsageError } from "../../core/errors.ts";
import { option } from "../../core/options.ts";
import type { PreparedData } from "../../data/prepare.ts";
import { canEncode, embedTexts } from "../../generate/embed.ts";
import type { LocalModel } from "../../generate/local-model.ts";
import type { TextModel } from "../../generate/text-model.ts";
import type { BuiltInName } from "../../hub/built-in.ts";
import { textsOf } from "../novelty/source-texts.ts";
import { type EncoderQuality, judgeEncoder } from "./encoder.ts";
import { mauve } from "./mauve.ts";
import { reasonOf } from "./measure-run.ts";
import { encoderPerplexities } from "./ranking.ts";

/** Always the same, so that the values of different reports can be compared. */
const DEFAULT_ENCODER: BuiltInName = "punchline-gpt2";

/** Fewest real texts for a meaningful histogram over clusters. */
const LEAST = 20;

/** Tokens of a text that are encoded. */
const ENCODED_TOKENS = 256;

/** A model that was tested as encoder, and how well it predicts the real texts. */
export interface JudgedEncoder extends EncoderQuality {
  readonly encoder: string;
}

/** The texts to encode, and the data that they are from. */
interface RealTexts {
  readonly real: readonly string[];
  readonly data: PreparedData;
}

interface Opening {
  readonly open: (name: string) => Promise<TextModel>;
  readonly signal?: AbortSignal | undefined;
}

/** @throws UsageError for a model without a vector for each token */
export async function openEncoder(name: string, { open }: Opening): Promise<LocalModel> {
  const model = await open(name);
  const details = { option: "encoder", value: name };
  if (model.kind !== "local")
    throw new UsageError(
      `${name} is a hosted model, which gives no vectors; choose another ${option("encoder")}.`,
      details,
    );
  if (!canEncode(model.model))
    throw new UsageError(
      `${name} (${model.model.config.model_type}) has no vector for each token of a text; choose another ${option("encoder")}.`,
      details,
    );
  return model;
}

export class EncoderSearch {
  found: LocalModel | undefined;
  readonly judged: JudgedEncoder[] = [];
  /** Why models that have vectors are not used, in sentences. */
  readonly doubts: string[] = [];
  /** Whether any model had vectors at all. */
  #offered = false;

  /** Takes the model where none is found yet and it predicts the real texts well enough. */
  async offer(model: TextModel, { real, data }: RealTexts, signal: AbortSignal | undefined): Promise<void> {
    if (model.kind !== "local" || !canEncode(model.model)) return;
    this.#offered = true;
    if (this.found !== undefined || real.length < LEAST || signal?.aborted) return;
    const { name } = model;
    try {
      const judged = await judgeEncoder(model, real, textsOf(data).training, signal);
      this.judged.push({ encoder: name, ...judged });
      if (judged.believed) this.found = model;
      else
        this.doubts.push(
          `${name} knows too little to be the encoder of MAUVE: ${encoderPerplexities(judged)}.`,
        );
    } catch (error) {
      if (!signal?.aborted) this.doubts.push(`${name} cannot be the encoder of MAUVE: ${reasonOf(error)}`);
    }
  }

  /** Offers the default encoder, and returns it for you to release; a failure becomes one of the doubts. */
  async offerDefault(texts: RealTexts, options: Opening): Promise<LocalModel | undefined> {
    if (texts.real.length < LEAST) return undefined;
    try {
      const model = await openEncoder(DEFAULT_ENCODER, options);
      await this.offer(model, texts, options.signal);
      return model;
    } catch (error) {
      this.doubts.push(`${DEFAULT_ENCODER} cannot be the encoder of MAUVE: ${reasonOf(error)}`);
      return undefined;
    }
  }

  /** MAUVE of each list of texts against the real ones; where it is left out none, with the reason in a sentence. */
  async mauve(
    real: readonly string[],
    lists: readonly (readonly string[])[],
    signal: AbortSignal | undefined,
  ): Promise<{ readonly near: readonly number[]; readonly leftOut: string | null }> {
    const without = (leftOut: string) => ({ near: [], leftOut });
    if (signal?.aborted) return without("MAUVE is left out: the report was interrupted before it.");
    if (real.length < LEAST)
      return without(`MAUVE needs at least ${LEAST} held-out texts; there are ${real.length}.`);
    if (!this.#offered)
      return without(`MAUVE needs a model with a vector for each token: name one with ${option("encoder")}.`);
    if (this.found === undefined)
      return without(
        `${this.doubts.join(" ")} So MAUVE is left out: by vectors of a model that knows so little, gibberish can be nearer to real texts than English is. Train longer, or name a better model with ${option("encoder")}.`,
      );
    const options = { maxTokens: ENCODED_TOKENS, signal };
    try {
      const vectors = await embedTexts(this.found, real, options);
      const near: number[] = [];
      for (const texts of lists) near.push(mauve(await embedTexts(this.found, texts, options), vectors));
      return { near, leftOut: null };
    } catch (error) {
      return without(`MAUVE could not be measured: ${reasonOf(error)}`);
    }
  }
}
