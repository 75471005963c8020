/** How the prompts of a request are read, and what is refused of them. */
import { joined } from "../../core/array.ts";
import { turn } from "../../generate/batching/turn.ts";
import { beginsAfterEnd } from "../../generate/language-model.ts";
import { begun, notEmpty } from "../../generate/sample.ts";
import { type Continuation, continuationOf } from "../../text/stream-decoder.ts";
import { ApiError, about } from "../errors.ts";
import { isIds, type Texts } from "../fields.ts";
import { requireAtMost } from "../limits.ts";
import type { Service } from "./service.ts";

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
 * @param field of the request that has the prompt
 * @param most tokens that the model can read; what surely has more is refused before it is read. Default: any number
 * @throws ApiError 400 where the vocabulary cannot spell a text, and for ids outside of it
 */
export async function readPrompt(
  service: Service,
  prompt: string | readonly number[],
  field: string,
  most = Number.POSITIVE_INFINITY,
): Promise<ReadPrompt> {
  const { lm, clean } = service;
  if (typeof prompt === "string") {
    const text = about(field, () => clean(prompt));
    return spelledPrompt(service, text, (own) => begun(lm, own), field, most);
  }
  requireSeen(most, prompt.length, field);
  const text = textOfIds(service, prompt, field);
  const begins = beginsAfterEnd(lm.tokenizer) || prompt.length === 0;
  const ids = begins ? joined([lm.tokenizer.endOfText], prompt) : Int32Array.from(prompt);
  return promptOf(service, { text, ids, tokens: prompt.length });
}

/** A text of the model's own, such as a template writes. @throws ApiError 400 as `readPrompt` */
export const templatedPrompt = (
  service: Service,
  text: string,
  field: string,
  most: number,
): Promise<ReadPrompt> => spelledPrompt(service, text, (own) => notEmpty(service.lm, own), field, most);

async function spelledPrompt(
  service: Service,
  text: string,
  begin: (own: Int32Array) => Int32Array,
  field: string,
  most: number,
): Promise<ReadPrompt> {
  requireSeen(most, Math.ceil(text.length / service.longestToken), field);
  const own = await spell(service, text, field);
  return promptOf(service, { text, ids: begin(own), tokens: own.length }, own);
}

/**
 * The ids of a text, in turns with other work.
 * @throws ApiError 400 where the vocabulary cannot spell it
 */
export async function spell({ lm }: Service, text: string, field: string): Promise<Int32Array> {
  const { tokenizer } = lm;
  const steps = about(field, () => tokenizer.encodeInSteps?.(text));
  if (!steps) return about(field, () => tokenizer.encode(text));
  for (;;) {
    const { done, value } = about(field, () => steps.next());
    if (done) return value;
    await turn();
  }
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
