/** How much room a cache of keys and values has for tokens. */

/** Tokens for which there is room are a multiple of this, or as many as the model sees. */
const STEP = 64;

/**
 * Room for `needed` tokens, of at most `most`.
 * @param room that there is now. Where it is given and too small, the new room is twice as large, so that a
 *   long text is not copied every few tokens. That is for graphs that append in place: attention elsewhere passes over
 *   room that is not in use.
 */
export function roomFor(needed: number, most: number, room = 0): number {
  const least = Math.max(1, needed, needed > room ? 2 * room : 0);
  return Math.min(Math.ceil(least / STEP) * STEP, most);
}
