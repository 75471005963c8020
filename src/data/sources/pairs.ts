/** Columns that belong together: a question and its answer, and whole conversations. */
import type { TextBatch } from "./source.ts";

/** The columns that were chosen. */
export interface Columns {
  readonly text: string;
  readonly prompt?: string | undefined;
  /** Appended to a prompt where it is not empty, such as the `input` of an `instruction`. */
  readonly input?: string | undefined;
  /** Each cell of `text` is a conversation: a list of messages, each with who says it and what. */
  readonly conversation?: true | undefined;
  /** The tools that a conversation may call. */
  readonly tools?: string | undefined;
}

/** A prompt, its answer, and perhaps an input of the prompt; compared without case. */
const knownPairs: readonly (readonly [prompt: string, text: string, input?: string])[] = [
  ["prompt", "completion"],
  ["instruction", "output", "input"],
  ["instruction", "response", "context"],
  ["question", "answer"],
  ["setup", "punchline"],
  ["setup", "delivery"],
  ["prompt", "response"],
  ["input", "output"],
];

/** Names of columns with conversations. */
const conversationNames = ["messages", "conversations", "conversation"];

/** The name of the column with the tools of conversations. */
const TOOLS = "tools";

/** The column of tools among these, where there is one. */
export const toolsColumn = (columns: readonly string[]): string | undefined =>
  columns.find((name) => name.trim().toLowerCase() === TOOLS);

/** Every known name; a first row with one of them names columns. */
export const pairNames: ReadonlySet<string> = new Set<string>([
  ...knownPairs.flatMap(([prompt, text, ...input]) => [
    prompt,
    text,
    ...input.filter((name) => name !== undefined),
  ]),
  ...conversationNames,
]);

type Named = (name: string) => string | undefined;

/** The first of the known pairs among the columns. */
export function knownPair(named: Named): Columns | undefined {
  for (const [prompt, text, input] of knownPairs) {
    const found = { prompt: named(prompt), text: named(text), input: input && named(input) };
    if (found.prompt === undefined || found.text === undefined) continue;
    return { text: found.text, prompt: found.prompt, input: found.input };
  }
  return undefined;
}

/** The column of conversations, where there is one and its cells are such. */
export function conversationColumn(
  columns: readonly string[],
  sample: readonly (readonly unknown[])[],
): string | undefined {
  return columns.find(
    (name, c) => conversationNames.includes(name.trim().toLowerCase()) && hasConversation(sample, c),
  );
}

/** Whether a cell of column `c` is a conversation. */
export const hasConversation = (sample: readonly (readonly unknown[])[], c: number): boolean =>
  sample.some((row) => messagesIn(row[c]) !== undefined);

/**
 * The texts of some rows, and their prompts where there are any.
 * @param cell a row's cell of a column
 * @param textOf a cell as text; throws where it is none
 */
export function textsOf<Row>(
  rows: readonly Row[],
  columns: Columns,
  cell: (row: Row, column: string) => unknown,
  textOf: (value: unknown, column: string, row: Row) => string,
): Pick<TextBatch, "texts" | "prompts" | "conversations"> {
  const { text, prompt, input, conversation, tools } = columns;
  const as = (column: string) => (row: Row) => textOf(cell(row, column), column, row);
  if (conversation) {
    const conversations = rows.map((row) => cell(row, text));
    const turns = rows.map((row, i) => {
      const value = conversations[i];
      const messages = messagesIn(value);
      // What is a list, but of something else, is refused where the conversations are written.
      const broken = Array.isArray(value) ? "" : undefined;
      return messages ? lastAnswer(messages) : { prompt: "", text: broken ?? textOf(value, text, row) };
    });
    return {
      texts: turns.map((turn) => turn.text),
      prompts: turns.map((turn) => turn.prompt),
      conversations:
        tools === undefined
          ? conversations
          : rows.map((row, i): Conversation => ({ messages: conversations[i], tools: cell(row, tools) })),
    };
  }
  const texts = rows.map(as(text));
  if (prompt === undefined) return { texts };
  const prompts = rows.map(as(prompt));
  if (input === undefined) return { texts, prompts };
  const inputs = rows.map(as(input));
  return {
    texts,
    prompts: prompts.map((asked, i) => (inputs[i]!.trim() === "" ? asked : `${asked}\n${inputs[i]}`)),
  };
}

/** A conversation and the tools that its row has for it, both unchecked. */
export interface Conversation {
  readonly messages: unknown;
  readonly tools?: unknown;
}

/** What a row has: a conversation with its tools, or the conversation alone. */
export const withTools = (given: unknown): Conversation =>
  typeof given === "object" && given !== null && "messages" in given
    ? { messages: given.messages, tools: "tools" in given ? given.tools : undefined }
    : { messages: given };

interface Message {
  readonly role: string;
  readonly content: string;
}

/** The messages of a cell that is a conversation (a list, or a list written as JSON), else undefined. */
export function messagesIn(cell: unknown): readonly Message[] | undefined {
  if (typeof cell === "string") {
    if (!/^\s*\[\s*\{/.test(cell)) return undefined;
    try {
      return messagesIn(JSON.parse(cell));
    } catch {
      return undefined;
    }
  }
  if (!Array.isArray(cell) || cell.length === 0) return undefined;
  const messages: Message[] = [];
  for (const entry of cell as readonly unknown[]) {
    const { role, from, content, value } = (entry ?? {}) as Record<string, unknown>;
    const who = role ?? from;
    const said = contentOf(content ?? value);
    if (typeof who !== "string" || said === undefined) return undefined;
    messages.push({ role: who.toLowerCase(), content: said });
  }
  return messages;
}

/** The text of a message: a string, or the texts among its parts; empty for a call of a tool. */
function contentOf(content: unknown): string | undefined {
  if (typeof content === "string") return content;
  if (content === null || content === undefined) return "";
  if (!Array.isArray(content)) return undefined;
  return content
    .map((part: unknown) => (typeof part === "object" && part !== null && "text" in part ? part.text : ""))
    .filter((text) => typeof text === "string" && text !== "")
    .join("\n");
}

const answering = new Set(["assistant", "gpt", "model", "bot", "chatgpt"]);

/** The last message of the model, and all messages before it, a line each; an empty text where there is none. */
function lastAnswer(messages: readonly Message[]): { prompt: string; text: string } {
  const last = messages.findLastIndex(({ role, content }) => answering.has(role) && content.trim() !== "");
  if (last < 0) return { prompt: "", text: "" };
  const before = messages.slice(0, last).filter(({ content }) => content.trim() !== "");
  return { prompt: before.map(({ content }) => content).join("\n"), text: messages[last]!.content };
}
