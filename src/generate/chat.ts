/**
 * Conversations with an instruct model: its chat template writes them as one text, and the model goes on with the
 * assistant's turn. What an earlier turn has read is not read again.
 *
 * @example
 * const chat = createChat(lm, { system: "Be brief." });
 * const { text } = await chat.say("Why did the chicken cross the road?", { seed: 7 });
 * await chat.say("And the hen?");
 * await chat.release();
 */
import { UsageError } from "../core/errors.ts";
import {
  checkFunction,
  checkOptions,
  checkText,
  checkTexts,
  invalidOption,
  optionNames,
} from "../core/options.ts";
import { type ChatMessage, type ChatTemplateOptions, chatTemplateOf } from "../text/chat-template.ts";
import { Batcher } from "./batching/batcher.ts";
import type { Sample } from "./draft.ts";
import type { LanguageModel } from "./language-model.ts";
import { checkCount, checkSample, MOST_TEXTS, templatedIds } from "./sample.ts";
import type { SamplerOptions } from "./sampler.ts";

export interface ChatOptions {
  /** The system message, before the first turn. Default: nothing. */
  readonly system?: string | undefined;
  /** Which of the model's templates. Default `default`. */
  readonly template?: string | undefined;
  /** Names that the template may read, such as Qwen's `enable_thinking`. Default: none. */
  readonly variables?: ChatTemplateOptions["variables"];
}

const chatNames = optionNames<keyof ChatOptions>()("system template variables");

export interface SayOptions extends SamplerOptions {
  /** Most tokens of the answer. Default 512, or what the context has room for. */
  readonly maxLength?: number | undefined;
  /** Texts that end the answer; they are not part of it. */
  readonly stop?: readonly string[] | undefined;
  /** Default 0. */
  readonly seed?: number | undefined;
  /** Answers, of which the first goes on in the conversation. Default 1. */
  readonly n?: number | undefined;
  /** Called with each piece of the first answer as it is written. */
  readonly onText?: ((text: string) => void) | undefined;
  /** Aborting it ends the call before the next token, with the signal's reason; the turn is as if never said. */
  readonly signal?: AbortSignal | undefined;
}

const sayNames = optionNames<keyof SayOptions>()(
  "temperature topK topP minP repetitionPenalty maxLength stop seed n onText signal",
);

export interface Chat {
  /** The template's name. */
  readonly template: string;
  /** All turns so far, the system's among them. */
  readonly messages: readonly ChatMessage[];
  /** Tokens of the conversation when it was read last, with the beginning of the answer. */
  readonly tokens: number;
  /**
   * Says the user's next turn and writes the answer.
   * @returns the answer; `prompt` is what the model read. With `n`, the first one
   * @throws UsageError where the conversation leaves no room for an answer, or an option is out of range
   * @throws InputError `chat-template` as {@link chatTemplateOf}
   */
  say(text: string, options?: SayOptions): Promise<Sample>;
  /** {@link say} with all `n` answers. */
  sayAll(text: string, options?: SayOptions): Promise<readonly Sample[]>;
  /** Forgets all turns but the system's, which a text given here takes the place of. */
  reset(system?: string): void;
  /** Frees what it holds. */
  release(): Promise<void>;
}

/** Most tokens of an answer, where nobody says. */
const USUAL_LENGTH = 512;

/**
 * A conversation with a model of this machine.
 * @throws UsageError where the model has no chat template, or only fills masks
 */
export function createChat(lm: LanguageModel, options: ChatOptions = {}): Chat {
  const { system, template: which, variables } = checkOptions(options, chatNames);
  if (system !== undefined) checkText(system, "system");
  checkSample(lm, {});
  const template = chatTemplateOf(lm, which);
  const batcher = new Batcher(lm, 1);
  const first = (text: string | undefined): ChatMessage[] =>
    text === undefined || text === "" ? [] : [{ role: "system", content: text }];
  let begun = system;
  let messages = first(begun);
  let tokens = 0;

  async function sayAll(text: string, given: SayOptions = {}): Promise<readonly Sample[]> {
    const { maxLength, stop, seed = 0, n = 1, onText, signal, ...choice } = checkOptions(given, sayNames);
    checkText(text);
    checkCount("n", n, MOST_TEXTS);
    if (maxLength !== undefined) checkCount("maxLength", maxLength);
    if (stop !== undefined) checkTexts(stop, "stop");
    if (stop?.includes("")) throw invalidOption("stop", stop, "texts that are not empty");
    checkFunction(onText, "onText");
    const asked = [...messages, { role: "user", content: text }];
    const prompt = template.apply(asked, { variables });
    const ids = templatedIds(lm, prompt);
    const room = lm.model.contextLength + 1 - ids.length;
    if (room < 1 || room < (maxLength ?? 1)) {
      const more = maxLength === undefined ? "" : ` and up to ${maxLength} more were asked for`;
      throw new UsageError(
        `The conversation has ${ids.length} tokens${more}, and ${lm.name} sees at most ${lm.model.contextLength} at once; begin a new one.`,
        { tokens: ids.length, context: lm.model.contextLength },
      );
    }
    tokens = ids.length;
    const answers = await Promise.all(
      Array.from({ length: n }, (_, index) =>
        batcher.write({
          owner: asked,
          prompt,
          ids,
          seed,
          index,
          maxLength: maxLength ?? Math.min(USUAL_LENGTH, room),
          stop,
          options: choice,
          onText: index === 0 ? onText : undefined,
          signal,
        }),
      ),
    );
    messages = [...asked, { role: "assistant", content: answers[0]!.text }];
    return answers;
  }

  return {
    template: template.name,
    get messages() {
      return messages;
    },
    get tokens() {
      return tokens;
    },
    sayAll,
    say: async (text, given) => (await sayAll(text, given))[0]!,
    reset(system) {
      begun = system ?? begun;
      messages = first(begun);
      tokens = 0;
    },
    release: () => batcher.release(),
  };
}
