/** The first part of a preparation: texts as a source yields them, each joined with its prompt, cleaned, and kept or dropped. */
import { InputError, UsageError } from "../core/errors.ts";
import { checkTexts, option } from "../core/options.ts";
import { type Cleaner, createCleaner } from "../text/clean.ts";
import {
  cleaningFor,
  endOf,
  refuseEnd,
  type TokenizerOptions,
  type VocabularyName,
  vocabularyOf,
} from "./choose-tokenizer.ts";
import type { ConversationCounts, ConversationWriter } from "./conversations.ts";
import { RowCounter } from "./rows.ts";
import { messagesIn, withTools } from "./sources/pairs.ts";
import type { TextBatch } from "./sources/source.ts";
import { refuseLoss } from "./warnings.ts";

/** A text, and the length of the prompt at its beginning. */
export interface PromptedText {
  readonly text: string;
  readonly prompt: number;
}

export interface ShapedText extends PromptedText {
  /** Its number in `TextRows`. */
  readonly row: number;
  /** Whether it is for validation, whatever the fractions are. */
  readonly heldOut?: boolean | undefined;
  /** Of a conversation: the stretches that are learned. */
  readonly learned?: readonly number[] | undefined;
  /** What it is compared by. Default: its text. */
  readonly said?: string | undefined;
  /** Further texts of the same conversation; they stay with it. */
  readonly more?: readonly ShapedText[] | undefined;
}

/** What becomes of each text. */
export interface ShapeHooks {
  keep(item: ShapedText): void;
  drop(reason: string, text: string, row: number): void;
  /** Called after each batch with the rows so far. */
  onRows(rows: number): void;
}

interface ShapeOptions extends TokenizerOptions {
  readonly allowLoss?: boolean | undefined;
  readonly separator?: string | undefined;
  readonly minLength?: number | undefined;
  readonly maxLength?: number | undefined;
}

/** What is known of all texts when they are read. */
export interface Shaped {
  readonly rowsIn: number;
  /** Texts with line breaks that became spaces. */
  readonly broken: number;
  /** Whether any source has prompts. */
  readonly prompted: boolean;
  readonly counter: RowCounter;
  readonly cleaner: Cleaner;
  /** How many were dropped, by reason. */
  readonly dropped: Record<string, number>;
  readonly vocabulary: VocabularyName;
  /** What ends a text, where a text could contain it. */
  readonly end: string | undefined;
  /** Where the texts are conversations that a chat template wrote. */
  readonly conversations: ConversationCounts | undefined;
}

export const countDropped = (dropped: Record<string, number>, reason: string): void => {
  dropped[reason] = (dropped[reason] ?? 0) + 1;
};

/**
 * Reads and cleans all texts, in their order.
 * @throws InputError `letters-lost`, `end-in-text`, `chat-messages`
 */
export async function shapeTexts(
  batches: AsyncIterable<TextBatch> | Iterable<TextBatch>,
  options: ShapeOptions,
  from: string,
  { keep, drop, onRows }: ShapeHooks,
): Promise<Shaped> {
  const vocabulary = vocabularyOf(options);
  const end = endOf(options, vocabulary);
  let created: Cleaner | undefined;
  const cleanerFor = ({ documents = false }: Pick<TextBatch, "documents">): Cleaner => {
    created ??= createCleaner(cleaningFor(options, end, documents));
    return created;
  };
  const dropped: Record<string, number> = {};
  const dropText = (reason: string, text: string, row: number) => {
    countDropped(dropped, reason);
    drop(reason, text, row);
  };
  const { minLength = 1, maxLength = Number.POSITIVE_INFINITY } = options;
  let broken = 0;
  const shape = (text: string, cleaner: Cleaner) => {
    const cleaned = cleaner.clean(text);
    const shaped = end === "\n" ? withoutBreaks(cleaned) : cleaned;
    if (hasBreak(text) && !shaped.includes("\n")) broken++;
    return shaped;
  };
  const counter = new RowCounter();
  let rowsIn = 0;
  let prompted = false;
  let write: ConversationWriter | undefined;
  const conversations: ConversationCounts = { count: 0, turns: 0, characters: 0, learned: 0, letters: 0 };
  let others = 0;
  for await (const batch of batches) {
    checkTexts(batch?.texts);
    rowsIn += batch.texts.length;
    const rows = counter.batch(batch);
    for (const [reason, left] of Object.entries(batch.dropped ?? {})) {
      rowsIn += left.length;
      for (const [i, text] of left.entries()) dropText(reason, text, rows.dropped(reason, i));
    }
    options.signal?.throwIfAborted();
    prompted ||= batch.prompts !== undefined;
    if (batch.conversations) write ??= await writerFor(options);
    if (write && batch.conversations) {
      refuseForConversations(options);
      for (const [i, conversation] of batch.conversations.entries()) {
        const item = conversationItem(write(conversation, placeOf(batch, i, from)), conversations);
        keep({ ...item, row: rows.text(i), heldOut: batch.heldOut });
      }
      onRows(rowsIn);
      continue;
    }
    others += batch.texts.length;
    const cleaner = cleanerFor(batch);
    for (const [i, raw] of batch.texts.entries()) {
      refuseBroken(batch, i, from);
      const own = shape(raw, cleaner);
      const prompt = batch.prompts ? shape(batch.prompts[i]!, cleaner) : "";
      const whole = prompt === "" ? { text: own, prompt: 0 } : joinPrompt(prompt, own, options.separator);
      const item: ShapedText = { ...whole, row: rows.text(i), heldOut: batch.heldOut };
      refuseEnd(item.text, end, from);
      if (own.trim() === "") {
        // A text that cleaning removed entirely can still be found in an audit.
        if (raw.trim() === "") countDropped(dropped, "empty");
        else dropText("empty", raw, item.row);
      } else if (item.text.length < minLength) dropText("too_short", item.text, item.row);
      else if (item.text.length > maxLength) dropText("too_long", item.text, item.row);
      else keep(item);
    }
    onRows(rowsIn);
  }
  const { count } = conversations;
  if (count > 0 && others > 0)
    throw new InputError(
      "chat-messages",
      `${from} has ${count} conversations and ${others} other texts, which are learned in different ways; train on one kind after the other.`,
      { conversations: count, others },
    );
  const cleaner = count > 0 ? createCleaner(false) : cleanerFor({});
  refuseLoss(cleaner.loss, from, options);
  const all = { rowsIn, broken, prompted, counter, cleaner, dropped, vocabulary, end };
  return { ...all, conversations: count > 0 ? conversations : undefined };
}

/** What writes conversations for the vocabulary of a model; templates take long to load, and few texts need them. */
async function writerFor({ vocabulary }: ShapeOptions): Promise<ConversationWriter | undefined> {
  if (typeof vocabulary !== "object") return undefined;
  const { conversationWriter } = await import("./conversations.ts");
  return conversationWriter(vocabulary);
}

/** The texts of a conversation. What comes before its first learned stretch is its prompt. */
function conversationItem(
  { texts, said }: ReturnType<ConversationWriter>,
  counts: ConversationCounts,
): Omit<ShapedText, "row"> {
  counts.count++;
  counts.letters += said.match(/\p{L}/gu)?.length ?? 0;
  const [first, ...more] = texts.map(({ text, learned }) => {
    counts.characters += text.length;
    for (let i = 0; i < learned.length; i += 2) counts.learned += learned[i + 1]! - learned[i]!;
    counts.turns += learned.length / 2;
    return { text, learned, prompt: learned[0]!, row: 0 };
  });
  return { ...first!, said, more };
}

/** Such as "chat.jsonl, line 3". */
const placeOf = ({ source, rows, unit = "row" }: TextBatch, i: number, from: string): string =>
  rows?.[i] === undefined ? `${from}, conversation ${i + 1}` : `${source ?? from}, ${unit} ${rows[i]}`;

/** @throws UsageError for options that would change what a template has written */
function refuseForConversations({ separator, minLength, maxLength }: ShapeOptions): void {
  const [odd] =
    Object.entries({ separator, minLength, maxLength }).find(([, value]) => value !== undefined) ?? [];
  if (odd === undefined) return;
  throw new UsageError(
    `Conversations are learned as the model's chat template writes them, neither joined nor sorted out by length; leave out ${option(odd)}.`,
    { option: odd },
  );
}

/** @throws InputError for a list among conversations that is none: there is no text in it */
function refuseBroken(batch: TextBatch, i: number, from: string): void {
  const conversation = withTools(batch.conversations?.[i]).messages;
  if (Array.isArray(conversation) && messagesIn(conversation) === undefined)
    throw new InputError(
      "chat-messages",
      `${placeOf(batch, i, from)} is no conversation: a list such as [{"role": "user", "content": "Why?"}] was expected.`,
    );
}

/**
 * A prompt and its text as one. White space between them belongs to the text, as in sub-word vocabularies: a later
 * prompt need not end with a space.
 */
export function joinPrompt(prompt: string, text: string, separator?: string): PromptedText {
  const apart = /\s$/.test(prompt) || /^\s/.test(text);
  const before = prompt + (separator ?? (apart ? "" : " "));
  return { text: before + text, prompt: before.trimEnd().length };
}

/** Where a line break ends an item, one inside it becomes a space. */
function withoutBreaks(text: string): string {
  return text.includes("\n") ? text.replace(/\s*\n\s*/g, " ").trim() : text;
}

/** Whether a text has a line break that is not at one of its ends. */
const hasBreak = (text: string): boolean =>
  (text.includes("\n") || text.includes("\r")) && /[\n\r]/.test(text.trim());
