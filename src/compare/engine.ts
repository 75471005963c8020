/**
 * What a comparison asks of a model on this machine, whichever program runs it. One protocol of experiments and
 * timings is written against this, so that engines differ in nothing but themselves.
 */
import type { Model } from "../models/model.ts";

/** Ids with the place whose logits answer the question. */
export interface Question {
  readonly ids: Int32Array;
  /** Segment of each token. */
  readonly types: Int32Array;
  /** The hidden token of a masked model, the last token before the blank of the others. */
  readonly at: number;
  /** Which part of the text it is, in a sentence, where the context does not hold all of it. */
  readonly note?: string;
}

export interface Engine {
  readonly model: Model;
  /** Ids that have a spelling; logits beyond them stand for nothing. */
  readonly vocabulary: number;
  /** Of masked models. */
  readonly mask: number | undefined;
  /** The tokens of a text, without those that a model wants around it. */
  encode(text: string): Int32Array;
  /** A token as people read it. */
  token(id: number): string;
  /**
   * Cuts the text that is compared on into tokens, those of `after` in place of what stands right of the blank.
   * @throws UsageError where the model cannot be asked this text
   */
  question(after?: Int32Array): Question;
  /** Logits at the question's place, of one pass over all of its ids. */
  look(question: Question): Promise<Float32Array>;
  /** The same as it is done in earnest, with the cache that the next token wants; the place is the last or hidden. */
  read(question: Question): Promise<Float32Array>;
  /** Reads one more token behind what was read last. Absent where nothing can be kept from it. */
  readonly next?: (id: number) => Promise<Float32Array>;
  /** Reads `n` copies of a text side by side. */
  readMany(question: Question, n: number): Promise<unknown>;
  release(): Promise<void>;
}
