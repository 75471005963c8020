/**
 * Text from ids as they come, one by one, never ending inside a UTF-8 character: a token may hold only some
 * of a character's bytes, which then wait for the rest.
 *
 * @example
 * const stream = streamDecoder(tokenizer);
 * for await (const id of ids) output.write(stream.push(id));
 * output.write(stream.end());
 */
import type { Tokenizer } from "./tokenizer.ts";

export interface StreamDecoder {
  /** The text that is certain once `id` has come; often empty in the middle of a character. */
  push(id: number): string;
  /** What is still held back, an unfinished character as U+FFFD. */
  end(): string;
}

/** What decoding puts for bytes that are no character, or not yet. */
const REPLACEMENT = "\uFFFD";
/** Ids kept as context: how a token is spaced depends on the ones before it. */
const CONTEXT = 4;

/**
 * A decoder for one text. All that it returns, joined, equals `tokenizer.decode` of all ids for characters,
 * words and byte-level BPE.
 */
export function streamDecoder(tokenizer: Pick<Tokenizer, "decode">): StreamDecoder {
  /** Ids whose text is out, for context. */
  let done: number[] = [];
  /** Ids whose text is not. */
  let waiting: number[] = [];

  const flush = (final: boolean): string => {
    const before = tokenizer.decode(done);
    const text = tokenizer.decode([...done, ...waiting]);
    if (!final && (text.endsWith(REPLACEMENT) || !text.startsWith(before))) return "";
    done = [...done, ...waiting].slice(-CONTEXT);
    waiting = [];
    return text.slice(before.length);
  };
  return {
    push(id) {
      waiting.push(id);
      return flush(false);
    },
    end: () => (waiting.length > 0 ? flush(true) : ""),
  };
}
