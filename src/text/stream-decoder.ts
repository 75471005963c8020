/**
 * Text from ids as they come, one by one, never ending inside a UTF-8 character: a token may hold only some
 * of a character's bytes, which then wait for the rest.
 *
 * What a token adds depends on those before it: a word brings the space before it, and the first token of a text
 * does not. So what follows a prompt is decoded as a part of the whole: {@link continuationOf}.
 *
 * @example
 * const stream = continuationOf(tokenizer, "why did").stream();
 * for await (const id of ids) output.write(stream.push(id)); // " the", " hen", ...
 * output.write(stream.end());
 */
import type { Tokenizer } from "./tokenizer.ts";

export interface StreamDecoder {
  /** The text that is certain once `id` is known; often empty in the middle of a character. */
  push(id: number): string;
  /** What `id` would add as the last of the text; it is not taken. */
  peek(id: number): string;
  /** What is still held back, an unfinished character as U+FFFD. */
  end(): string;
}

type Decoding = Pick<Tokenizer, "decode"> & Partial<Pick<Tokenizer, "kind" | "tidies" | "standsAlone">>;

/** The texts of single tokens, by id, of vocabularies in which they do not depend on others. */
const known = new WeakMap<Decoding, string[]>();

function textOf(tokenizer: Decoding, id: number): string {
  const texts = known.get(tokenizer) ?? [];
  known.set(tokenizer, texts);
  texts[id] ??= tokenizer.decode([id]);
  return texts[id];
}

/** How decoding shows bytes that are no character, or not yet. */
const REPLACEMENT = "\uFFFD";
/** Ids kept as context, at least, where there are as many. */
const CONTEXT = 4;

/** What follows a prompt, as text: the prompt and that together are the decoding of all their ids. */
export interface Continuation {
  /** A decoder of one text that goes on from the prompt. */
  stream(): StreamDecoder;
  /** The text that `ids` add to the prompt. */
  decode(ids: Iterable<number>): string;
  /**
   * What each of `ids` adds, which joined is {@link decode} of them: a token that ends within a character adds nothing,
   * and the one that completes it has it.
   */
  pieces(ids: Iterable<number>): string[];
}

/**
 * How a text goes on after `prompt`. White space at the prompt's end that its vocabulary does not keep is not
 * written a second time.
 * @param read ids of the prompt, where they are known
 * @throws InputError `unknown-character` where the vocabulary cannot spell the prompt
 */
export function continuationOf(
  tokenizer: Decoding & Pick<Tokenizer, "encode">,
  prompt: string,
  read?: Int32Array,
): Continuation {
  const ids = prompt === "" ? [] : Array.from(read ?? tokenizer.encode(prompt));
  const before = new Stream(tokenizer, [], "");
  for (const id of ids) before.push(id);
  before.end();
  const kept = tokenizer.decode(ids);
  const context = before.context;
  const space = trailingSpace(prompt).slice(trailingSpace(kept).length);
  const stream = () => new Stream(tokenizer, context, space);
  const pieces = (list: Iterable<number>): string[] => {
    const one = stream();
    const found = Array.from(list, (id) => one.push(id));
    const rest = one.end();
    if (rest !== "") found.push((found.pop() ?? "") + rest);
    return found;
  };
  return { stream, pieces, decode: (list) => pieces(list).join("") };
}

/** Not by `\s*$`, which takes the square of the time for spaces that something follows. */
const trailingSpace = (text: string): string => text.slice(text.trimEnd().length);

class Stream implements StreamDecoder {
  readonly #tokenizer: Decoding;
  /** Ids with their text given out, in groups that end where a character does. */
  #done: readonly (readonly number[])[];
  /** The text of these, where it is known. */
  #before: string | undefined;
  /** Ids with their text held back. */
  #waiting: number[] = [];
  /** White space that the prompt already ends with. */
  #space: string;

  constructor(tokenizer: Decoding, context: readonly (readonly number[])[], space: string) {
    this.#tokenizer = tokenizer;
    this.#done = context;
    this.#space = space;
  }

  /** What the next token's text depends on. */
  get context(): readonly (readonly number[])[] {
    return this.#done;
  }

  push(id: number): string {
    if (this.#isKnown(id)) return this.#unspaced(textOf(this.#tokenizer, id));
    this.#waiting.push(id);
    return this.#flush(false);
  }

  peek(id: number): string {
    if (this.#space === "" && this.#isKnown(id)) return textOf(this.#tokenizer, id);
    const copy = new Stream(this.#tokenizer, this.#done, this.#space);
    this.#before ??= this.#tokenizer.decode(this.#done.flat());
    copy.#before = this.#before;
    copy.#waiting = [...this.#waiting];
    return copy.push(id) + copy.end();
  }

  end(): string {
    return this.#waiting.length > 0 ? this.#flush(true) : "";
  }

  /** Whether a token that follows has a text of its own: a whole one, behind whole ones. */
  #isKnown(id: number): boolean {
    const { kind, standsAlone } = this.#tokenizer;
    if (kind === "character") return true;
    if (!standsAlone || this.#waiting.length > 0) return false;
    return !textOf(this.#tokenizer, id).endsWith(REPLACEMENT);
  }

  #flush(final: boolean): string {
    const before = this.#before ?? this.#tokenizer.decode(this.#done.flat());
    const text = this.#tokenizer.decode([...this.#done.flat(), ...this.#waiting]);
    if (!final && this.#mayChange(text)) {
      this.#before = before;
      return "";
    }
    const groups = [...this.#done, this.#waiting];
    this.#done = this.#tokenizer.standsAlone ? [] : this.#shortened(groups);
    this.#before = this.#done === groups ? text : undefined;
    this.#waiting = [];
    return this.#unspaced(behind(before, text));
  }

  /** Whether the next token may change the end of `text`. */
  #mayChange(text: string): boolean {
    // WordPiece's clean-up joins an apostrophe to the words around it once it knows both.
    return text.endsWith(REPLACEMENT) || (this.#tokenizer.tidies === true && text.endsWith(" '"));
  }

  #shortened(groups: readonly (readonly number[])[]): readonly (readonly number[])[] {
    const size = groups.reduce((n, group) => n + group.length, 0);
    if (size <= 2 * CONTEXT) return groups;
    let kept = groups;
    let left = size;
    while (left - kept[0]!.length >= CONTEXT) {
      left -= kept[0]!.length;
      kept = kept.slice(1);
    }
    // Ids without a text, such as special tokens, would make of what follows the beginning of a text.
    return this.#tokenizer.decode(kept.flat()) === "" ? groups : kept;
  }

  #unspaced(added: string): string {
    if (this.#space === "" || added === "") return added;
    let shared = 0;
    while (shared < this.#space.length && added[shared] === this.#space[shared]) shared++;
    this.#space = "";
    return added.slice(shared);
  }
}

/** The part of `whole` after `head`, also where decoding has since removed white space within the head. */
function behind(head: string, whole: string): string {
  if (whole.startsWith(head)) return whole.slice(head.length);
  let at = 0;
  for (const character of head) {
    if (/\s/.test(character)) continue;
    while (at < whole.length && /\s/.test(whole[at]!)) at++;
    if (whole.startsWith(character, at)) at += character.length;
  }
  return whole.slice(at);
}
