/** How much a step of a training reads. */
import type { TextsView } from "punchline/web";

/** Mean characters of a text up to which a list is one of names. */
const SHORT = 24;

/**
 * Short texts need no long windows: more and smaller steps learn faster, and the first one comes sooner. Few texts fill
 * few windows: of them half are left to learn from where the others are kept aside.
 */
export function windowsFor(
  { texts, characters }: TextsView,
  model: string,
): { readonly seqLen: number; readonly batchSize: number } {
  const total = characters + texts;
  const short = total / texts <= SHORT && model !== "char-transformer";
  const [most, usual] = short ? [16, 24] : [32, 64];
  const seqLen = Math.max(1, Math.min(usual, Math.floor(total / 8)));
  return { seqLen, batchSize: Math.max(1, Math.min(most, Math.floor((0.8 * total) / (3 * seqLen)))) };
}
