/**
 * A value as JSON, piece by piece: the answer to a request for many log-probabilities has tens of megabytes, and to make,
 * pass on or send them at once would hold up everything else for a second.
 */

/** Characters of a piece, about. */
const PIECE = 1 << 16;
/** Items of a list or an object that are written at once, at most. */
const FEW = 64;

/**
 * @param value plain data, without `toJSON`
 * @returns at least one piece; joined they are what `JSON.stringify` gives
 */
export function* jsonPieces(value: object, size = PIECE): Generator<string, void> {
  let piece = "";
  for (const part of parts(value)) {
    if (piece.length >= size) {
      yield piece;
      piece = "";
    }
    piece += part;
  }
  yield piece;
}

function* parts(value: unknown): Generator<string, void> {
  if (isSmall(value)) return yield JSON.stringify(value) ?? "null";
  const isList = Array.isArray(value);
  const [begin, end] = isList ? "[]" : "{}";
  let before = begin!;
  for (const [name, item] of isList ? value.entries() : Object.entries(value as object)) {
    if (item === undefined && !isList) continue;
    yield isList ? before : `${before}${JSON.stringify(name)}:`;
    yield* parts(item);
    before = ",";
  }
  yield before === begin ? begin + end! : end!;
}

function isSmall(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return true;
  const items: readonly unknown[] = Array.isArray(value) ? value : Object.values(value);
  return items.length <= FEW && items.every((item) => typeof item !== "object" || item === null);
}
