/** What each token of a vocabulary adds to a text, so that a search can look at the text it writes. */
import type { Tokenizer } from "../text/tokenizer.ts";
import { joiner, unknownWord } from "../text/words.ts";
import { beginsInWord } from "./word-end.ts";

/** A token as text. */
interface Piece {
  /** At the beginning of a text, or behind a token that joins it. */
  readonly alone: string;
  /** Behind other tokens: often with a space. */
  readonly behind: string;
  /** Whether what follows is joined to it. */
  readonly joins: boolean;
}

export class Pieces {
  readonly size: number;
  readonly endOfText: number;
  /** 1 for tokens that may be suggested: not the end of a text, nor half a character, nor the unknown word. */
  readonly usable: Uint8Array;
  /** 1 for tokens that, right after a character of a word, belong to the same word. */
  readonly continuesWord: Uint8Array;
  readonly #pieces: readonly Piece[];

  constructor(tokenizer: Tokenizer) {
    this.size = tokenizer.size;
    this.endOfText = tokenizer.endOfText;
    this.#pieces = piecesOf(tokenizer);
    const unknown = tokenizer.id(unknownWord);
    this.usable = Uint8Array.from(this.#pieces, ({ behind }, id) =>
      behind === "" || behind.includes("\ufffd") || id === this.endOfText || id === unknown ? 0 : 1,
    );
    this.continuesWord = Uint8Array.from(this.#pieces, ({ behind }) => (beginsInWord(behind, true) ? 1 : 0));
  }

  /** The text that `id` adds after `previous`, or at the beginning of a text. */
  after(previous: number | undefined, id: number): string {
    const piece = this.#pieces[id]!;
    const begins = previous === undefined || this.#pieces[previous]!.joins;
    return begins ? piece.alone : piece.behind;
  }
}

function piecesOf(tokenizer: Tokenizer): Piece[] {
  const ids = Array.from({ length: tokenizer.size }, (_, id) => id);
  if (tokenizer.kind === "word") return ids.map((id) => wordPiece(tokenizer.token(id)));
  if (tokenizer.wordEnd !== undefined) return ids.map((id) => endedPiece(tokenizer, id, tokenizer.wordEnd!));
  const before = referenceOf(tokenizer);
  const head = before === undefined ? "" : tokenizer.decode([before]);
  return ids.map((id) => {
    const alone = tokenizer.decode([id]);
    const whole = before === undefined ? alone : tokenizer.decode([before, id]);
    return { alone, behind: whole.startsWith(head) ? whole.slice(head.length) : alone, joins: false };
  });
}

/** A piece of GPT's: a space is behind each word's last one. */
function endedPiece(tokenizer: Tokenizer, id: number, wordEnd: string): Piece {
  const alone = tokenizer.decode([id]);
  return { alone, behind: alone === "" ? "" : ` ${alone}`, joins: !tokenizer.token(id).endsWith(wordEnd) };
}

/** A space is between two words unless one of them joins the other. */
function wordPiece(token: string): Piece {
  const alone = token.replaceAll(joiner, "");
  const lineBreak = token === "\n";
  const joined = lineBreak || token.startsWith(joiner);
  return { alone, behind: joined ? alone : ` ${alone}`, joins: lineBreak || token.endsWith(joiner) };
}

/**
 * A token to decode others behind, of vocabularies in which a token's text depends on its place: pieces of words, and
 * those that mark the beginning of a word, which decoding makes a space of. Undefined of all others.
 */
function referenceOf(tokenizer: Tokenizer): number | undefined {
  if (tokenizer.kind === "character") return undefined;
  const ids = [...tokenizer.encode("a a")];
  const texts = ids.map((id) => tokenizer.decode([id]));
  if (tokenizer.kind === "bpe" && texts.join("") === tokenizer.decode(ids)) return undefined;
  const some = tokenizer.kind === "wordpiece" ? Array.from({ length: tokenizer.size }, (_, id) => id) : ids;
  return some.find((id) => /^[\p{L}\p{N}]/u.test(tokenizer.decode([id])));
}
