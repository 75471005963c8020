/** What the answers of one model share: the model, the batcher, its limits, and how it reads what it is sent. */
import { joined } from "../../core/array.ts";
import { excerpt } from "../../core/printable.ts";
import { Batcher } from "../../generate/batching/batcher.ts";
import { createEmbedder, type Embedder } from "../../generate/embed.ts";
import { beginsAfterEnd } from "../../generate/language-model.ts";
import type { LocalModel } from "../../generate/local-model.ts";
import { promptText } from "../../generate/prompt.ts";
import { begun, notEmpty, type Sample } from "../../generate/sample.ts";
import { type ChatTemplate, chatTemplateNames, chatTemplateOf } from "../../text/chat-template.ts";
import { type Continuation, continuationOf } from "../../text/stream-decoder.ts";
import { ApiError, about } from "../errors.ts";
import { isIds, type Texts } from "../fields.ts";
import { requireAtMost, type ServeLimits } from "../limits.ts";
import type { Usage } from "../messages.ts";

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

/** A prompt as the model reads it. */
export interface ReadPrompt {
  readonly text: string;
  /** What the batcher reads. */
  readonly ids: Int32Array;
  /** Tokens of the prompt itself: without an end of text that the model expects before it. */
  readonly tokens: number;
  /** How texts go on after it, found when the first of them is written. */
  readonly continuation: Continuation;
}

/** @param own ids of the text as it is spelled, where they are known */
function promptOf(
  { lm }: Service,
  prompt: Pick<ReadPrompt, "text" | "ids" | "tokens">,
  own?: Int32Array,
): ReadPrompt {
  let known: Continuation | undefined;
  return {
    ...prompt,
    get continuation() {
      known ??= continuationOf(lm.tokenizer, prompt.text, own);
      return known;
    },
  };
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

/**
 * @param field of the request that has the prompt
 * @param most tokens that the model can read; what surely has more is refused before it is read. Default: any number
 * @throws ApiError 400 where the vocabulary cannot spell a text, and for ids outside of it
 */
export function readPrompt(
  service: Service,
  prompt: string | readonly number[],
  field: string,
  most = Number.POSITIVE_INFINITY,
): ReadPrompt {
  const { lm, clean } = service;
  if (typeof prompt === "string")
    return about(field, () => spelledPrompt(service, clean(prompt), (own) => begun(lm, own), field, most));
  requireSeen(most, prompt.length, field);
  const text = textOfIds(service, prompt, field);
  const begins = beginsAfterEnd(lm.tokenizer) || prompt.length === 0;
  const ids = begins ? joined([lm.tokenizer.endOfText], prompt) : Int32Array.from(prompt);
  return promptOf(service, { text, ids, tokens: prompt.length });
}

/** A text of the model's own, such as a template writes. @throws ApiError 400 as `readPrompt` */
export function templatedPrompt(service: Service, text: string, field: string, most: number): ReadPrompt {
  const { lm } = service;
  return about(field, () => spelledPrompt(service, text, (own) => notEmpty(lm, own), field, most));
}

function spelledPrompt(
  service: Service,
  text: string,
  begin: (own: Int32Array) => Int32Array,
  field: string,
  most: number,
): ReadPrompt {
  requireSeen(most, Math.ceil(text.length / service.longestToken), field);
  const own = service.lm.tokenizer.encode(text);
  return promptOf(service, { text, ids: begin(own), tokens: own.length }, own);
}

/** @throws ApiError 400 `context_length_exceeded` */
function requireSeen(most: number, tokens: number, field: string): void {
  if (tokens <= most) return;
  throw new ApiError(
    400,
    `This model sees at most ${most} tokens at once; the prompt has more.`,
    "context_length_exceeded",
    field,
  );
}

/** Tokens of a prompt that a model can read: Infinity for models without a bounded context. */
export function mostTokens({ lm }: Service): number {
  // A model without a state reads the last tokens of a text of any length.
  const bounded = Object.keys(lm.model.state(1)).length > 0;
  return bounded ? lm.model.contextLength : Number.POSITIVE_INFINITY;
}

/** @throws ApiError 400 for ids outside of the vocabulary */
export function requireIds({ lm }: Service, ids: readonly number[], param: string): void {
  const size = Math.min(lm.tokenizer.size, lm.model.config.vocab_size);
  const odd = ids.find((id) => id >= size);
  if (odd !== undefined)
    throw new ApiError(
      400,
      `${param}: ${odd} is no token of this model, which has those below ${size}.`,
      "invalid_value",
      param,
    );
}

/**
 * Refuses what would take too long before anything is read.
 * @param field of the request
 * @throws ApiError 400 `limit_exceeded`
 */
export function requirePrompts(
  { limits, longestToken }: Service,
  prompts: readonly (string | readonly number[])[],
  field: string,
): void {
  let [characters, ids] = [0, 0];
  for (const prompt of prompts)
    if (typeof prompt === "string") characters += prompt.length;
    else ids += prompt.length;
  requireAtMost(limits.maxPromptTokens * longestToken, characters, "characters to read", field);
  requireAtMost(limits.maxPromptTokens, ids, "tokens to read", field);
  for (const prompt of prompts) if (typeof prompt === "string") requireFewMarks(prompt, field);
}

/** Combining marks behind one letter, at most: Unicode's normal forms sort them, in the square of the time. */
const MOST_MARKS = 256;

/** @throws ApiError 400 */
function requireFewMarks(text: string, field: string): void {
  for (const [marks] of text.matchAll(/\p{M}+/gu))
    if (marks.length > MOST_MARKS)
      throw new ApiError(
        400,
        `${field}: has more than ${MOST_MARKS} combining marks in a row.`,
        "invalid_value",
        field,
      );
}

/** The text of ids. @throws ApiError 400 for ids outside of the vocabulary */
export function textOfIds(service: Service, ids: readonly number[], field: string): string {
  requireIds(service, ids, field);
  const text = service.lm.tokenizer.decode(ids);
  requireFewMarks(text, field);
  return text;
}

/** The texts of a field that has one or a list: see `texts`. */
export function promptsOf(field: Texts): readonly (string | readonly number[])[] {
  if (typeof field === "string") return [field];
  return isIds(field) ? [field] : field;
}

/** Tokens to write, and the fields of the request that have their number and the prompts. */
interface Asked {
  readonly maxTokens: number;
  readonly field: string;
  readonly promptField: string;
}

/**
 * Checks the tokens that a request asks for against the limits of the server and of the model.
 * @throws ApiError 400 `limit_exceeded` or `context_length_exceeded`
 */
export function requireRoom(
  service: Service,
  { maxTokens, field, promptField }: Asked,
  prompts: readonly ReadPrompt[],
): void {
  const { lm, limits } = service;
  for (const prompt of prompts) {
    const room = roomAfter(service, prompt);
    // Also where nothing is written, all of the prompt is read.
    if (Math.max(1, maxTokens) <= room) continue;
    throw new ApiError(
      400,
      `This model sees at most ${lm.model.contextLength} tokens at once; the prompt has ${prompt.tokens} and up to ${maxTokens} more were asked for.`,
      "context_length_exceeded",
      room < 1 ? promptField : field,
    );
  }
  requireAtMost(limits.maxTokens, maxTokens, `tokens to write (${field})`, field);
  const read = prompts.reduce((sum, { tokens }) => sum + tokens, 0);
  requireAtMost(limits.maxPromptTokens, read, "tokens to read", promptField);
}

/** How many tokens may follow a prompt: Infinity for models without a bounded context. */
export const roomAfter = (service: Service, { ids }: ReadPrompt): number =>
  // The last token that is written need not be read.
  mostTokens(service) + 1 - ids.length;

export function usageOf(promptTokens: number, completionTokens: number): Usage {
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
  };
}

export const tokensOf = (samples: readonly Sample[]): number =>
  samples.reduce((sum, { tokens }) => sum + tokens, 0);

/** How a sample ended, as the API names it. */
export function ending({ finish }: Sample, stop: readonly string[]) {
  if (finish === "length") return { finish_reason: "length" as const };
  const stop_reason = finish === "eos" ? null : stop.length === 1 ? stop[0] : undefined;
  return { finish_reason: "stop" as const, stop_reason };
}
