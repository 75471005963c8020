/** What the answers of one model share: the model, the batcher, its limits, and its chat template. */
import { excerpt } from "../../core/printable.ts";
import { Batcher } from "../../generate/batching/batcher.ts";
import { createEmbedder, type Embedder } from "../../generate/embed.ts";
import type { LocalModel } from "../../generate/local-model.ts";
import { promptText } from "../../generate/prompt.ts";
import { type ChatTemplate, chatTemplateNames, chatTemplateOf } from "../../text/chat-template.ts";
import { ApiError } from "../errors.ts";
import type { ServeLimits } from "../limits.ts";

export interface Service {
  readonly lm: LocalModel;
  /** The model's name in requests and answers. */
  readonly id: string;
  /** Absent for models that cannot continue texts. */
  readonly batcher: Batcher | undefined;
  /** Read for the first conversation; undefined for models without one. @throws InputError where it cannot be read */
  template(): ChatTemplate | undefined;
  /** Made for the first text. @throws UsageError for models without vectors */
  embedder(): Embedder;
  /** Frees what was made for the answers, but not the model. */
  release(): Promise<void>;
  readonly limits: ServeLimits;
  /** UTF-16 units of the longest token, so that a text's length bounds its number of tokens from below. */
  readonly longestToken: number;
  /**
   * A text as the model reads it.
   * @throws InputError as `promptText`
   */
  clean(prompt: string): string;
}

/**
 * @param notice called once, for the first prompt that the model reads otherwise than it was sent
 * @param onShrunk called when the batcher has given back memory
 */
export function createService(
  lm: LocalModel,
  id: string,
  limits: ServeLimits,
  notice: (sentence: string) => void = () => {},
  onShrunk?: () => void,
): Service {
  let noticed = false;
  const clean = (prompt: string): string => {
    const text = promptText(lm, prompt);
    if (text !== prompt && !noticed)
      notice(
        `Prompts are cleaned as the texts of the model were: ${JSON.stringify(excerpt(prompt))} is read as ${JSON.stringify(excerpt(text))}.`,
      );
    noticed ||= text !== prompt;
    return text;
  };
  const batcher =
    lm.model.predicts === "masked" ? undefined : new Batcher(lm, limits.maxParallel, { onShrunk });
  let embedder: Embedder | undefined;
  let template: ChatTemplate | undefined;
  const hasTemplate = chatTemplateNames(lm).length > 0;
  return {
    lm,
    id,
    batcher,
    template: () => {
      if (hasTemplate) template ??= chatTemplateOf(lm);
      return template;
    },
    embedder: () => {
      embedder ??= createEmbedder(lm);
      return embedder;
    },
    async release() {
      await batcher?.release();
      await embedder?.release();
    },
    limits,
    longestToken: longestOf(lm),
    clean,
  };
}

function longestOf({ tokenizer }: LocalModel): number {
  let longest = 1;
  for (let id = 0; id < tokenizer.size; id++) longest = Math.max(longest, tokenizer.token(id).length);
  return longest;
}

/** @throws ApiError 400 for a model that cannot continue texts */
export function batcherOf({ batcher, id, lm }: Service): Batcher {
  if (batcher) return batcher;
  throw new ApiError(
    400,
    `${id} (${lm.model.config.model_type}) fills masks and cannot continue texts; it answers /v1/embeddings.`,
    "unsupported_model",
    "model",
  );
}
