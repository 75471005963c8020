/**
 * Whether a model predicts some texts well enough for its vectors to compare them (mauve.ts). Vectors of a model that
 * has learned little differ by a text's tokens and not by its meaning, and can place gibberish nearer to real texts than
 * other real texts. So an encoder has to predict the real texts clearly better than their token frequencies.
 */

import { spelled } from "../../generate/embed.ts";
import type { LanguageModel } from "../../generate/language-model.ts";
import { type StreamLoss, StreamScorer } from "../../train/scoring.ts";
import { evenly } from "../evenly.ts";
import { pseudoLikelihood } from "../pseudo-likelihood.ts";
import { unigramLoss } from "../reference.ts";

/** The loss of an encoder may be at most this share of the loss of the token frequencies. */
const BELIEVED = 0.8;

/** Real texts that an encoder is tested on; a masked model needs one pass for each of their tokens. */
const [ASKED, ASKED_MASKED] = [200, 40];

/** Texts in which tokens are counted. */
const COUNTED = 5000;

/** How well an encoder predicts the real texts. */
export interface EncoderQuality {
  /** Per token of its own vocabulary; for a masked model, with each token hidden in turn. */
  readonly perplexity: number;
  /** The same for a guess of each token by its frequency in the training texts and these. */
  readonly unigram_perplexity: number;
  /** Whether its loss is clearly below that of the frequencies. */
  readonly believed: boolean;
}

/**
 * @param real the texts to encode
 * @param training more texts of the kind, for the frequencies
 * @throws PunchlineError `not-finite` where the model gives no numbers
 */
export async function judgeEncoder(
  lm: LanguageModel,
  real: readonly string[],
  training: readonly string[],
  signal?: AbortSignal,
): Promise<EncoderQuality> {
  const masked = lm.model.predicts === "masked";
  const asked = evenly(real, masked ? ASKED_MASKED : ASKED);
  const scored = idsOf(lm, asked);
  const { nats, tokens } = masked
    ? await pseudoLikelihood(lm, asked, { signal })
    : await fromTheLeft(lm, scored, signal);
  const loss = nats / tokens;
  const counted = idsOf(lm, [...evenly(training, COUNTED), ...asked]);
  const unigram = unigramLoss(counted, scored, lm.tokenizer.size, 0);
  return {
    perplexity: Math.exp(loss),
    unigram_perplexity: Math.exp(unigram),
    believed: loss <= BELIEVED * unigram,
  };
}

async function fromTheLeft(
  { model, backend, weights, tokenizer }: LanguageModel,
  ids: readonly number[],
  signal: AbortSignal | undefined,
): Promise<StreamLoss> {
  const scorer = new StreamScorer(model, backend, { signal });
  try {
    return await scorer.score(weights, [tokenizer.endOfText, ...ids]);
  } finally {
    await scorer.release();
  }
}

/** The predicted ids of the texts, without characters that cannot be spelled; with the end where that is predicted. */
const idsOf = ({ tokenizer, model }: LanguageModel, texts: readonly string[]): number[] =>
  texts.flatMap((text) => [
    ...spelled(tokenizer, text),
    ...(model.predicts === "masked" ? [] : [tokenizer.endOfText]),
  ]);
