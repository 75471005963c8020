/**
 * The first GPT's BPE written a second time: text is cleaned, loses accents and capitals, is divided into words and signs
 * of punctuation, and each of these is merged by rank, `</w>` behind its last character.
 */
import type { HuggingFaceJson } from "../src/text/huggingface-files.ts";

const chinese: readonly (readonly [first: number, last: number])[] = [
  [0x3400, 0x4dbf],
  [0x4e00, 0x9fff],
  [0xf900, 0xfaff],
  [0x20000, 0x2a6df],
  [0x2a700, 0x2ceaf],
  [0x2f800, 0x2fa1f],
];

/** Words and signs of punctuation, in lower case. */
function wordsOf(text: string): string[] {
  let cleaned = "";
  for (const sign of text) {
    const code = sign.codePointAt(0)!;
    if (code === 0xfffd || (/[\p{Cc}\p{Cf}\p{Co}\p{Cs}]/u.test(sign) && !/[\t\n\r]/.test(sign))) continue;
    cleaned += chinese.some(([first, last]) => first <= code && code <= last) ? ` ${sign} ` : sign;
  }
  const bare = cleaned.normalize("NFD").replace(/\p{Mn}/gu, "");
  // Each character by itself: a sigma at a word's end is one as any other.
  const lower = Array.from(bare, (sign) => sign.toLowerCase()).join("");
  return lower
    .split(/\p{White_Space}+/u)
    .flatMap((word) => word.match(/[\p{P}!-/:-@[-`{-~]|[^\p{P}!-/:-@[-`{-~]+/gu) ?? []);
}

/** The ids of a text. */
export function secondWordBpe({ model, added_tokens: added }: HuggingFaceJson, text: string): number[] {
  const ranks = new Map((model.merges as readonly string[]).map((pair, rank) => [pair, rank]));
  const spell = (word: string): number[] => {
    const parts = [...word];
    parts.push(`${parts.pop()!}</w>`);
    for (;;) {
      const ranked = parts.slice(1).map((part, i) => ranks.get(`${parts[i]} ${part}`) ?? Infinity);
      const best = Math.min(...ranked);
      if (best === Infinity) break;
      const at = ranked.indexOf(best);
      parts.splice(at, 2, parts[at]! + parts[at + 1]!);
    }
    return parts.map((part) => model.vocab[part] ?? model.vocab[model.unk_token!]!);
  };
  const [unknown] = added;
  const pieces = unknown ? text.split(unknown.content) : [text];
  return pieces.flatMap((piece, i) => [...(i > 0 ? [unknown!.id] : []), ...wordsOf(piece).flatMap(spell)]);
}
