/** How much room a cache of keys and values has for tokens. */

/** Tokens for which there is room are a multiple of this, or as many as the model sees. */
const STEP = 64;

/** The least room for `needed` tokens, of at most `most`. */
export const roomFor = (needed: number, most: number): number =>
  Math.min(Math.max(1, Math.ceil(needed / STEP)) * STEP, most);

/**
 * Moves a cache to where there is room for `needed` tokens.
 * @param wished room that would be better, so that the next move is far; 0 where room that is not in use costs time
 * @param move is called with the room, and once more with the least where there is no memory for what is wished
 */
export function makeRoom(needed: number, most: number, wished: number, move: (room: number) => void): void {
  const least = roomFor(needed, most);
  const room = roomFor(Math.max(needed, wished), most);
  try {
    move(room);
  } catch (error) {
    if (room === least || !(error instanceof RangeError)) throw error;
    move(least);
  }
}
