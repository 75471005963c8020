/**
 * What a comparison asks of a model on this machine, whichever program runs it. The experiments and timings are written
 * once, against this interface, so that only the engines differ.
 */
import type { Model } from "../models/model.ts";

/** Ids, and the position of the logits that answer the question. */
export interface Question {
  readonly ids: Int32Array;
  /** Segment of each token. */
  readonly types: Int32Array;
  /** Position of the hidden token of a masked model; for the others, of the last token before the gap. */
  readonly at: number;
  /** Where the context does not hold the whole text: which part of it this is, in a sentence. */
  readonly note?: string | undefined;
}

export interface Engine {
  readonly model: Model;
  /** Tokens of the vocabulary; logits beyond it have no token. */
  readonly vocabulary: number;
  /** The id of [MASK], for masked models. */
  readonly mask: number | undefined;
  /** The tokens of a text, without special tokens around it. */
  encode(text: string): Int32Array;
  /** A token as people read it. */
  token(id: number): string;
  /**
   * Tokenises the text that models are compared on, with `after` in place of what is right of the gap.
   * @throws UsageError where the model cannot be asked this text
   */
  question(after?: Int32Array): Question;
  /** Logits at the question's position, from one pass over all of its ids. */
  forward(question: Question): Promise<Float32Array>;
  /** The same as in everyday use: with the cache that the next token needs. */
  read(question: Question): Promise<Float32Array>;
  /** Reads one more token after what was read last. Absent where nothing can be cached. */
  readonly next?: ((id: number) => Promise<Float32Array>) | undefined;
  /** Reads `n` copies of a text side by side. */
  readMany(question: Question, n: number): Promise<unknown>;
  release(): Promise<void>;
}
