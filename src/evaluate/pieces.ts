/** Cuts one continuous text, such as a book, into texts for measures of single texts. */

/**
 * The text in pieces of about `characters` code units, cut at white space where there is some; a last piece
 * of less than half of it is left out, unless it is the only one.
 */
export function piecesOfText(text: string, characters: number): string[] {
  const pieces: string[] = [];
  for (let start = 0; start < text.length; ) {
    const end = Math.min(text.length, start + characters);
    const space = end < text.length ? Math.max(text.lastIndexOf(" ", end), text.lastIndexOf("\n", end)) : end;
    const cut = space > start + characters / 2 ? space : end;
    const piece = text.slice(start, cut).trim();
    if (piece !== "" && (cut - start >= characters / 2 || pieces.length === 0)) pieces.push(piece);
    start = cut;
  }
  return pieces;
}
