/**
 * Conversations as texts to learn from: the chat template of the model writes them, and the turns of the assistant are
 * learned, each with the end that the template gives it, but not what introduces it.
 *
 *     <|im_start|>user\nWhy?<|im_end|>\n<|im_start|>assistant\nBecause.<|im_end|>\n
 *                                                             ^^^^^^^^^^^^^^^^^^^ learned
 */
import { InputError } from "../core/errors.ts";
import { excerpt } from "../core/printable.ts";
import {
  type ChatMessage,
  type ChatTemplate,
  chatTemplateNames,
  chatTemplateOf,
} from "../text/chat-template.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import type { LearnedText } from "./learned-text.ts";
import { withTools } from "./sources/pairs.ts";

export interface WrittenConversation {
  /**
   * One text, as a rule. Where the template writes an earlier turn differently once others follow, as those that leave
   * out earlier thoughts do, one for each version, so that each turn is learned after what the model will have read.
   */
  readonly texts: readonly LearnedText[];
  /** What was said, without the template, to compare conversations by. */
  readonly said: string;
}

/** What all conversations come to. */
export interface ConversationCounts {
  count: number;
  /** Turns of the assistant. */
  turns: number;
  /** Of all texts, and of what is learned, in UTF-16 code units. */
  characters: number;
  learned: number;
  /** Of what is said. */
  letters: number;
}

/** Most messages of a conversation: it is written once for each turn. */
const MAX_MESSAGES = 1000;

/** The present time of templates that ask for it, so that the same data is the same texts on any day. */
const NOW = new Date(Date.UTC(2024, 6, 26));

const roles: ReadonlyMap<string, string> = new Map([
  ...["system", "developer", "user", "assistant", "tool"].map((role) => [role, role] as const),
  ...["human", "prompter"].map((role) => [role, "user"] as const),
  ...["gpt", "model", "bot", "chatgpt"].map((role) => [role, "assistant"] as const),
]);

/**
 * Writes a conversation: a list of messages, or one as JSON, or `{ messages, tools }` with the list of tools that it may
 * call. `where` is the file and the line, for messages.
 */
export type ConversationWriter = (conversation: unknown, where: string) => WrittenConversation;

/** How the model of this vocabulary writes conversations; undefined where it has no chat template. */
export function conversationWriter(tokenizer: Tokenizer): ConversationWriter | undefined {
  const model = { name: "the model", tokenizer };
  if (chatTemplateNames(model).length === 0) return undefined;
  const template = chatTemplateOf(model);
  return (conversation, where) => {
    const given = withTools(conversation);
    const messages = messagesOf(given.messages, where);
    return {
      texts: written(template, { messages, tools: toolsOf(given.tools, where) }, where),
      said: messages.map(saidIn).join("\n"),
    };
  };
}

/** What a message says, and the tools that it calls: the same question may be answered by different calls. */
const saidIn = ({ content, tool_calls: calls }: ChatMessage): string =>
  Array.isArray(calls) ? `${content}\n${JSON.stringify(calls)}` : (content as string);

/**
 * The messages of a conversation, with the usual names of roles.
 * @throws InputError `chat-messages` that says where, and what was expected
 */
function messagesOf(conversation: unknown, where: string): readonly ChatMessage[] {
  const entries = listOf(conversation);
  if (entries === undefined || entries.length === 0)
    throw fault(
      where,
      'is no conversation: a list such as [{"role": "user", "content": "Why?"}] was expected',
    );
  if (entries.length > MAX_MESSAGES)
    throw fault(where, `has ${entries.length} messages, and at most ${MAX_MESSAGES} are read; divide it`);
  const messages = entries.map((entry, i) => messageOf(entry, `${where}, message ${i + 1},`));
  if (messages[0]!.role === "assistant")
    throw fault(where, "begins with the assistant; put what it answers before that");
  if (!messages.some(({ role }) => role === "assistant"))
    throw fault(where, "has no message of the assistant, so nothing in it can be learned; leave it out");
  return messages;
}

function listOf(conversation: unknown): readonly unknown[] | undefined {
  if (typeof conversation !== "string") return Array.isArray(conversation) ? conversation : undefined;
  try {
    return listOf(JSON.parse(conversation) as object);
  } catch {
    return undefined;
  }
}

/** The tools of a conversation, as a list or as one in JSON; undefined where there are none. */
function toolsOf(tools: unknown, where: string): readonly unknown[] | undefined {
  if (tools === undefined || tools === null || tools === "") return undefined;
  const list = listOf(tools);
  if (list?.every((tool) => typeof tool === "object" && tool !== null)) return list;
  throw fault(where, 'has tools that are no list such as [{"type": "function", "function": {...}}]');
}

function messageOf(entry: unknown, where: string): ChatMessage {
  const { role, from, content, value, ...others } = (entry ?? {}) as Readonly<Record<string, unknown>>;
  const given = role ?? from;
  if (typeof given !== "string")
    throw fault(where, 'has no role; {"role": "user", "content": "Why?"} was expected');
  const known = roles.get(given.toLowerCase());
  if (known === undefined)
    throw fault(where, `has the role ${excerpt(given)}; system, user, assistant or tool was expected`);
  const said = textOf(content ?? value, where);
  if (said.trim() === "" && !Array.isArray(others.tool_calls))
    throw fault(where, "is empty; give it some content, or leave the conversation out");
  return { ...others, role: known, content: said };
}

/** The content of a message: a string, or the texts of its parts. */
function textOf(content: unknown, where: string): string {
  if (content === undefined || content === null) return "";
  if (typeof content === "string") return content;
  const texts = Array.isArray(content)
    ? content.map((part: unknown) => (part as { text?: unknown } | null)?.text)
    : [content];
  if (texts.every((text) => typeof text === "string")) return texts.join("\n");
  throw fault(where, "has a content that is not text; a string, or a list of parts with text, was expected");
}

function fault(where: string, sentence: string): InputError {
  return new InputError("chat-messages", `${where} ${sentence}.`, { where });
}

function written(
  template: ChatTemplate,
  {
    messages,
    tools,
  }: { readonly messages: readonly ChatMessage[]; readonly tools?: readonly unknown[] | undefined },
  where: string,
): LearnedText[] {
  const apply = (count: number, addGenerationPrompt: boolean): string => {
    try {
      return template.apply(messages.slice(0, count), { addGenerationPrompt, tools, now: NOW });
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      throw new InputError(error.code, `${where}: ${error.message}`, { ...error.details, where }, error);
    }
  };
  const texts: { text: string; learned: number[] }[] = [];
  for (const [i, { role, content }] of messages.entries()) {
    if (role !== "assistant") continue;
    const before = apply(i, true);
    const text = apply(i + 1, false);
    const from = before.length;
    if (!text.startsWith(before) || text.length === from)
      throw fault(
        where,
        `has an answer (message ${i + 1}) that the model's chat template writes differently from how it lets the model begin one, so what is to be learned is not known`,
      );
    const end = endOfTurn(text, content as string);
    const last = texts.at(-1);
    if (last && text.startsWith(last.text)) {
      last.text = text;
      last.learned.push(from, end);
    } else texts.push({ text, learned: [from, end] });
  }
  return texts;
}

/** The end of the last turn: white space after its end of turn is not learned, unless that is the end of turn. */
function endOfTurn(text: string, content: string): number {
  const [trimmed, said] = [text.trimEnd(), content.trimEnd()];
  // A turn may be the call of a tool alone.
  return said !== "" && trimmed.endsWith(said) ? text.length : trimmed.length;
}
