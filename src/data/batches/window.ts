/**
 * A row of a batch as a person reads it: what a model sees, what it has to predict at each place, and which stretches
 * see each other. It is read off the batch that a training reads; nothing is computed a second time.
 */
import { alphabetBytes, byteAlphabet } from "../../text/bpe-bytes.ts";
import type { Tokenizer } from "../../text/tokenizer.ts";
import type { TokenBatch } from "./batch.ts";

/** What a model reads in one row of a batch, and what it learns to predict there. */
export interface TrainingWindow {
  /**
   * How rows are made: `stream`, lanes through the texts whose state is carried on; `shuffled`, independent windows of
   * the same; `blocks`, texts that do not see each other; `none`, one text.
   */
  readonly kind: "stream" | "shuffled" | "blocks" | "none";
  /** What is learned: `each` next token, the `last` one alone, which follows the window, or the `masked` ones. */
  readonly predicts: "each" | "last" | "masked";
  /** The number of the batch, from 0. */
  readonly batch: number;
  /** The row of the batch, from 0. */
  readonly row: number;
  /** Rows of the batch. */
  readonly rows: number;
  /** Whether the state goes on from the same row of the batch before. */
  readonly continues: boolean;
  /** What is read, as text: special tokens as they are written, without padding. */
  readonly text: string;
  /** The text of each token by itself. A piece of a word that goes on is written as its vocabulary writes it: `##ing`. */
  readonly pieces: readonly string[];
  /** The ids that the model reads, its `x`; padding at the end. */
  readonly ids: readonly number[];
  /** The id to predict at each place, its `y`; null where nothing is learned: in prompts, padding, and beside hidden tokens. */
  readonly labels: readonly (number | null)[];
  /** The text of each label by itself. */
  readonly label_pieces: readonly (string | null)[];
  /**
   * Places, from the first to before the last, of the stretches that see each other. Of texts that are read apart one
   * each; where a state is carried, from where it starts over. What is in none is padding.
   */
  readonly documents: readonly (readonly [first: number, end: number])[];
}

export interface WindowReading {
  readonly kind: TrainingWindow["kind"];
  /** The number of the batch. */
  readonly number: number;
  readonly predicts: TrainingWindow["predicts"];
  /** The token before which a state starts over. Default: none. */
  readonly reset?: number | undefined;
}

/** Every row of `batch`. Rows that fill up a batch are left out: they are padding alone. */
export function* windowsOf(
  batch: TokenBatch,
  write: TokenWriter,
  { kind, predicts, number, reset }: WindowReading,
): Generator<TrainingWindow> {
  const { x, y, weights, at, documents, batch: rows, length, fresh, restarts = [] } = batch;
  const labels = new Array<number | null>(x.length).fill(null);
  for (const [i, id] of y.entries()) {
    const place = at ? at[i]! : i;
    const counts = weights ? weights[i] !== 0 : predicts !== "last" || i % length === length - 1;
    if (counts) labels[place] = id;
  }
  for (let row = 0; row < rows; row++) {
    const [from, end] = [row * length, (row + 1) * length];
    const own = labels.slice(from, end);
    const ids = Array.from(x.subarray(from, end));
    const used = documents || weights ? filled(own, documents?.subarray(from, end)) : length;
    if (used === 0) continue;
    const numbers = documents?.subarray(from, end);
    const opens = (t: number) => t === 0 || (numbers ? numbers[t] !== numbers[t - 1] : ids[t] === reset);
    const starts = Array.from({ length: used }, (_, t) => t).filter(opens);
    yield {
      kind,
      predicts,
      batch: number,
      row,
      rows,
      continues: kind === "stream" && !fresh && !restarts.includes(row) && ids[0] !== reset,
      text: write.text(ids.slice(0, used)),
      pieces: ids.map(write.piece),
      ids,
      labels: own,
      label_pieces: own.map((id) => (id === null ? null : write.piece(id))),
      documents: starts.map((first, i) => [first, starts[i + 1] ?? used] as const),
    };
  }
}

/** Places of a row before its padding. The last token of a text is always learned, but not that of a masked one. */
function filled(labels: readonly (number | null)[], documents: Int32Array | undefined): number {
  const isUsed = (t: number) => (documents ? documents[t] !== -1 : labels[t] !== null);
  let used = labels.length;
  while (used > 0 && !isUsed(used - 1)) used--;
  return used;
}

/** Writes tokens for people. */
export interface TokenWriter {
  /** The text of one id by itself. */
  readonly piece: (id: number) => string;
  /** The text of several, special tokens as they are written. */
  readonly text: (ids: readonly number[]) => string;
}

export function tokenWriter(tokenizer: Tokenizer): TokenWriter {
  const { kind } = tokenizer;
  const decodes = kind === "character" || kind === "word";
  const known = new Map<number, { readonly piece: string; readonly special: boolean }>();
  const entry = (id: number) => {
    const found = known.get(id);
    if (found) return found;
    const alone = tokenizer.decode([id]);
    // Decoding leaves special tokens out.
    const special = !decodes && alone === "";
    const asWritten = special || kind === "wordpiece";
    const piece = asWritten
      ? tokenizer.token(id)
      : alone.includes("\ufffd")
        ? bytesOf(tokenizer.token(id))
        : alone;
    const made = { piece, special };
    known.set(id, made);
    return made;
  };
  return {
    piece: (id) => entry(id).piece,
    text(ids) {
      if (decodes) return tokenizer.decode(ids);
      const parts: string[] = [];
      let run: number[] = [];
      const flush = () => {
        if (run.length > 0) parts.push(tokenizer.decode(run));
        run = [];
      };
      for (const id of ids) {
        const { piece, special } = entry(id);
        if (!special) run.push(id);
        else {
          flush();
          parts.push(piece);
        }
      }
      flush();
      return parts.join(kind === "wordpiece" ? " " : "");
    },
  };
}

/** A token of bytes that are no whole character, such as `ra\xc3`; other tokens as they are. */
function bytesOf(token: string): string {
  const bytes = Array.from(token, (letter) => alphabetBytes[byteAlphabet.indexOf(letter)]);
  if (bytes.includes(undefined)) return token;
  const written = (byte: number) => (byte < 0x80 ? String.fromCharCode(byte) : `\\x${byte.toString(16)}`);
  return bytes.map((byte) => written(byte!)).join("");
}
