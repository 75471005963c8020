/** What each token of a vocabulary adds to a text, so that a search can look at the text it writes. */
import type { Tokenizer } from "../text/tokenizer.ts";
import { joiner } from "../text/words.ts";
import { beginsInWord } from "./word-end.ts";

/** A token as text. A space stands between two tokens unless one of them joins the other. */
interface Piece {
  readonly text: string;
  readonly joinsLeft: boolean;
  readonly joinsRight: boolean;
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
    this.#pieces = Array.from({ length: tokenizer.size }, (_, id) => pieceOf(tokenizer, id));
    const unknown = tokenizer.id("<unk>");
    this.usable = Uint8Array.from(this.#pieces, ({ text }, id) =>
      text === "" || text.includes("\ufffd") || id === this.endOfText || id === unknown ? 0 : 1,
    );
    this.continuesWord = Uint8Array.from(this.#pieces, ({ text, joinsLeft }) =>
      joinsLeft && beginsInWord(text, true) ? 1 : 0,
    );
  }

  /** The text that `id` adds after `previous`, or at the beginning of a text. */
  after(previous: number | undefined, id: number): string {
    const piece = this.#pieces[id]!;
    const joined = previous === undefined || piece.joinsLeft || this.#pieces[previous]!.joinsRight;
    return joined ? piece.text : ` ${piece.text}`;
  }
}

function pieceOf(tokenizer: Tokenizer, id: number): Piece {
  if (tokenizer.kind !== "word") return { text: tokenizer.decode([id]), joinsLeft: true, joinsRight: true };
  const token = tokenizer.token(id);
  const lineBreak = token === "\n";
  return {
    text: token.replaceAll(joiner, ""),
    joinsLeft: lineBreak || token.startsWith(joiner),
    joinsRight: lineBreak || token.endsWith(joiner),
  };
}
