/**
 * Byte-level BPE (Sennrich et al. 2016, arXiv 1508.07909; Radford et al. 2019) written a second time, in the plainest
 * way: what splits a text into words, as published models have it, and merges by rank, one after the other.
 */
import type { HuggingFaceJson } from "../src/text/huggingface-files.ts";

// \s of Unicode, where JavaScript's has U+FEFF besides and lacks U+0085.
const [S, NOT_S] = ["\\p{White_Space}", "\\P{White_Space}"];
const contraction = ["s", "t", "re", "ve", "m", "ll", "d"];
const either = (letter: string) => `[${letter}${letter.toUpperCase()}${letter === "s" ? "\u017f" : ""}]`;
const anyCase = contraction.map((part) => `'${[...part].map(either).join("")}`).join("|");
const newer = (digits: string) =>
  `${anyCase}|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|${digits}| ?[^${S}\\p{L}\\p{N}]+[\\r\\n]*|${S}*[\\r\\n]+|${S}+(?!${NOT_S})|${S}+`;
const older = contraction.map((part) => `'${part}`).join("|");

/** How the words of a text are found. */
export const splitters = {
  gpt2: ` ?\\p{L}+| ?\\p{N}+| ?[^${S}\\p{L}\\p{N}]+|${S}+(?!${NOT_S})|${S}+`.replace(/^/, `${older}|`),
  llama3: newer("\\p{N}{1,3}"),
  qwen2: newer("\\p{N}"),
} as const;

/** What tokenizer.json has for them. */
export function preTokenizer(name: keyof typeof splitters): object {
  if (name === "gpt2") return { type: "ByteLevel", add_prefix_space: false, trim_offsets: true };
  const digits = name === "llama3" ? "\\p{N}{1,3}" : "\\p{N}";
  const Regex = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|${digits}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`;
  return {
    type: "Sequence",
    pretokenizers: [
      { type: "Split", pattern: { Regex }, behavior: "Isolated", invert: false },
      { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: false },
    ],
  };
}

/** The sign of each byte: itself where it is printable, else the next from U+0100 on. */
const signs: string[] = [];
for (let byte = 0, next = 256; byte < 256; byte++) {
  const printable = (byte > 32 && byte < 127) || (byte > 160 && byte !== 173);
  signs.push(String.fromCodePoint(printable ? byte : next++));
}

/** The ids of a text. */
export function secondBpe(
  { model, added_tokens: added, normalizer }: HuggingFaceJson,
  splitter: keyof typeof splitters,
  text: string,
): number[] {
  const merges = model.merges as readonly (string | readonly [string, string])[];
  const ranks = new Map(merges.map((pair, rank) => [typeof pair === "string" ? pair : pair.join(" "), rank]));
  const spell = (word: string): number[] => {
    let parts = Array.from(new TextEncoder().encode(word), (byte) => signs[byte]!);
    const whole = model.vocab[parts.join("")];
    if (model.ignore_merges && whole !== undefined) return [whole];
    for (;;) {
      const rankAt = (i: number) => ranks.get(`${parts[i]} ${parts[i + 1]}`) ?? Infinity;
      const best = Math.min(...parts.slice(1).map((_, i) => rankAt(i)));
      if (best === Infinity) return parts.map((part) => model.vocab[part]!);
      const joined: string[] = [];
      for (let i = 0; i < parts.length; i++)
        if (rankAt(i) === best) joined.push(parts[i]! + parts[++i]!);
        else joined.push(parts[i]!);
      parts = joined;
    }
  };
  const ids: number[] = [];
  let rest = text;
  while (rest !== "") {
    const found = added
      .map(({ content, id }) => ({ at: rest.indexOf(content), content, id }))
      .filter(({ at }) => at >= 0)
      .sort((a, b) => a.at - b.at || b.content.length - a.content.length)[0];
    const plain = rest.slice(0, found?.at ?? rest.length);
    const normal = (normalizer as { type?: string } | null)?.type === "NFC" ? plain.normalize("NFC") : plain;
    for (const [word] of normal.matchAll(new RegExp(splitters[splitter], "gu"))) ids.push(...spell(word));
    if (!found) break;
    ids.push(found.id);
    rest = rest.slice(found.at + found.content.length);
  }
  return ids;
}
