/**
 * Chat templates: how an instruct model writes a conversation as one text. `tokenizer_config.json` or
 * `chat_template.jinja` has it, in the language Jinja. Runs in a browser.
 *
 * @example
 * const template = chatTemplateOf(lm);
 * const text = template.apply([{ role: "user", content: "Why?" }]); // "<|im_start|>user\nWhy?<|im_end|>\n<|im_start|>assistant\n"
 * lm.tokenizer.encode(text); // what the model reads: nothing is put before it, the template has done that
 */
import { parse, tokenize } from "@huggingface/jinja";
import { didYouMean } from "../core/did-you-mean.ts";
import { InputError, UsageError } from "../core/errors.ts";
import { checkList, checkOptions, invalidOption, optionNames } from "../core/options.ts";
import { excerpt } from "../core/printable.ts";
import { render, type TemplateNode, TemplateStopped } from "./chat-template-render.ts";
import type { TokenizerConfig } from "./files.ts";
import { tokenText } from "./huggingface-files.ts";
import type { Tokenizer } from "./tokenizer.ts";

/** One turn of a conversation. Templates may read other fields too, such as `tool_calls`. */
export interface ChatMessage {
  /** `system`, `user`, `assistant`, or another that the template knows. */
  readonly role: string;
  readonly content?: unknown;
  readonly [field: string]: unknown;
}

export interface ChatTemplateOptions {
  /** Whether the beginning of the assistant's next turn follows, for the model to go on with. Default true. */
  readonly addGenerationPrompt?: boolean | undefined;
  /** Descriptions of functions that the model may call, as JSON schemas. Default: none. */
  readonly tools?: readonly unknown[] | undefined;
  /** Other names that the template may read, such as Qwen's `enable_thinking`. Default: none. */
  readonly variables?: Readonly<Record<string, unknown>> | undefined;
  /** What the template gets as the present time. Default: the present time. */
  readonly now?: Date | undefined;
}

export interface ChatTemplate {
  /** `default`, or its name among several. */
  readonly name: string;
  readonly source: string;
  /**
   * The conversation as the text that the model reads. Its tokens are those of `tokenizer.encode`: a begin of text is
   * written by the template, where the model has one.
   * @throws InputError `chat-messages` where a message is none; `chat-template` where the template refuses the
   * conversation, does what the interpreter does not know, or works without end
   */
  apply(messages: readonly ChatMessage[], options?: ChatTemplateOptions): string;
}

const names = optionNames<keyof ChatTemplateOptions>()("addGenerationPrompt tools variables now");

/** What has a template: a model, or its vocabulary under a name. */
interface Chatting {
  /** What people call the model, for sentences. */
  readonly name: string;
  readonly tokenizer: Pick<Tokenizer, "files">;
}

/** Longest template that is read, in UTF-16 units; the longest that are known have a tenth of this. */
const MAX_SOURCE = 262_144;

/** The names of a model's templates: most have `default` alone, models without a template have none. */
export const chatTemplateNames = (lm: Chatting): readonly string[] => [...sourcesOf(configOf(lm)).keys()];

/**
 * A model's chat template.
 * @param which among several; default: `default`
 * @throws UsageError where the model has no template, or none of this name
 * @throws InputError `chat-template` where it is not one
 */
export function chatTemplateOf(lm: Chatting, which = "default"): ChatTemplate {
  const config = configOf(lm);
  const sources = sourcesOf(config);
  if (sources.size === 0)
    throw new UsageError(
      `${lm.name} has no chat template, so it holds no conversations: tokenizer_config.json has no "chat_template"; take an instruct model, or continue a text with "sample".`,
      { model: lm.name },
    );
  const source = sources.get(which);
  if (source === undefined)
    throw new UsageError(
      `${lm.name} has no chat template "${which}"; ${didYouMean(which, [...sources.keys()])}`,
      { model: lm.name, template: which },
    );
  const program = parsed(lm.name, source);
  return {
    name: which,
    source,
    apply(messages, options = {}) {
      const { addGenerationPrompt = true, tools, variables, now } = checkOptions(options, names);
      checkMessages(messages);
      checkList(tools, "tools");
      let text: string;
      try {
        text = render(program, {
          variables: {
            ...specialTokens(config),
            ...variables,
            messages,
            tools: tools ?? null,
            documents: null,
            add_generation_prompt: addGenerationPrompt,
          },
          now: now ?? new Date(),
        });
      } catch (error) {
        throw stopped(lm.name, error);
      }
      if (text === "") throw broken(`The chat template of ${lm.name} writes nothing of this conversation`);
      return text;
    },
  };
}

function configOf(lm: Chatting): TokenizerConfig {
  if (typeof (lm as Partial<Chatting> | null | undefined)?.tokenizer?.files !== "function")
    throw invalidOption("lm", lm, "a model, such as `openLocal` gives");
  return lm.tokenizer.files()["tokenizer_config.json"] as TokenizerConfig;
}

/** Templates by name: of a text, or of a list of `{ name, template }`. */
function sourcesOf({ chat_template: given }: TokenizerConfig): ReadonlyMap<string, string> {
  if (typeof given === "string") return new Map([["default", given]]);
  const listed = Array.isArray(given) ? (given as readonly unknown[]) : [];
  return new Map(
    listed.flatMap((entry) => {
      const { name, template } = (entry ?? {}) as Readonly<Record<string, unknown>>;
      return typeof name === "string" && typeof template === "string" ? [[name, template] as const] : [];
    }),
  );
}

function parsed(name: string, source: string): TemplateNode {
  if (source.length > MAX_SOURCE)
    throw broken(
      `The chat template of ${name} has ${source.length} characters, and at most ${MAX_SOURCE} are read`,
    );
  try {
    return parse(tokenize(source, { lstrip_blocks: true, trim_blocks: true })) as unknown as TemplateNode;
  } catch (cause) {
    // The parser itself breaks at an end that it does not expect.
    const why = cause instanceof TypeError ? "it ends within a block or an expression" : reason(cause);
    throw broken(`The chat template of ${name} cannot be read: ${why}`, cause);
  }
}

/** @throws InputError `chat-messages` that names the first message that is none */
export function checkMessages(messages: unknown): asserts messages is readonly ChatMessage[] {
  if (!Array.isArray(messages) || messages.length === 0)
    throw new InputError(
      "chat-messages",
      'A conversation is a list of messages such as { "role": "user", "content": "Why?" }; this one has none.',
    );
  for (const [i, message] of messages.entries()) {
    if (typeof (message as Partial<ChatMessage> | null)?.role === "string") continue;
    throw new InputError(
      "chat-messages",
      `Message ${i + 1} has no "role"; { "role": "user", "content": "Why?" } was expected.`,
      { index: i },
    );
  }
}

/** `bos_token`, `eos_token` and the others that a vocabulary names, as templates read them. */
function specialTokens(config: TokenizerConfig): Record<string, string> {
  const fields = Object.keys(config).filter((field) => field.endsWith("_token"));
  return Object.fromEntries(
    fields.flatMap((field) => {
      const text = tokenText(config, field);
      return text === undefined ? [] : [[field, text] as const];
    }),
  );
}

function stopped(name: string, error: unknown): InputError {
  const template = `The chat template of ${name}`;
  if (error instanceof TemplateStopped) {
    if (error.why === "refused")
      return broken(`${template} refuses this conversation: ${excerpt(error.message)}`, error);
    return broken(`${template} was stopped: ${error.message}`, error);
  }
  if (error instanceof RangeError)
    return broken(
      `${template} was stopped: it calls itself without end, or writes more than fits into memory`,
      error,
    );
  return broken(`${template} cannot be applied to this conversation: ${reason(error)}`, error);
}

const reason = (error: unknown): string => excerpt(error instanceof Error ? error.message : String(error));

function broken(sentence: string, cause?: unknown): InputError {
  const ended = /[.!?]$/.test(sentence) ? sentence : `${sentence}.`;
  return new InputError("chat-template", ended, {}, cause);
}
