/**
 * Words hidden in works that nobody has read: how often `punchline-bert` finds them, beside a 5-gram model that sees
 * both sides and has counted the text that the model was trained on, and beside the most frequent words.
 *
 *     PUNCHLINE_ASSETS=... PUNCHLINE_WORDS=2000 npm run bench -- masked
 *
 * A model of pieces of words is given as many masks as the word has pieces, which says something about the word. So
 * all choose among the same: the words of the training text that have as many pieces.
 */
import { join } from "node:path";
import { Random } from "../src/core/random.ts";
import { remember } from "../src/core/remember.ts";
import { readRawText } from "../src/data/prepare-sources.ts";
import { createFiller, type MaskFiller } from "../src/generate/fill.ts";
import { partAround } from "../src/generate/fit.ts";
import type { LanguageModel } from "../src/generate/language-model.ts";
import { loadModel } from "../src/generate/load.ts";
import { logSumExp } from "../src/generate/sampler.ts";
import { resolveModel } from "../src/hub/pull.ts";
import { isHuggingFaceTokenizer } from "../src/text/huggingface.ts";
import { type BenchRow, row } from "./bench.ts";
import { type Hidden, hideWords, wordsOf } from "./masked/hidden.ts";
import { countAround } from "./masked/ngrams.ts";
import { pairedRates } from "./masked/rates.ts";
import { amount } from "./quick.ts";

const MODEL = "punchline-bert";
/** Candidates of which one has to be the word. */
const MOST = 5;
/** Beginnings of words that are followed from piece to piece. */
const BEAMS = 5;

export default async function masked(): Promise<BenchRow[]> {
  const assets = process.env.PUNCHLINE_ASSETS;
  if (!assets) throw new Error("Set PUNCHLINE_ASSETS to a folder that has public-domain.");
  const count = amount("PUNCHLINE_WORDS", 2000, 20);
  const lm = await loadModel(await resolveModel(MODEL));
  const read = (name: string) => readRawText(join(assets, "public-domain", name));
  const hidden = hideWords(await read("valid.txt.gz"), count, new Random(1, "masked"), {
    context: "document",
  });
  const ngrams = countAround(wordsOf(await read("train-worldwide.txt.gz")), hidden);
  const spellings = spellingsOf(lm);
  const pieces = (word: string) => spellings(word).length;
  const known = new Map<number, ReturnType<typeof piecesAfter>>();
  const after = (length: number) =>
    remember(known, length, () =>
      piecesAfter(ngrams.frequent(Infinity, (word) => pieces(word) === length).map(spellings)),
    );
  const filler = createFiller(lm);
  try {
    const found = [];
    for (const [i, word] of hidden.entries()) {
      const length = pieces(word.word);
      const like = (other: string) => pieces(other) === length;
      found.push({
        pieces: length,
        bert: rankOf(word, await fillWord(lm, filler, word, length, after(length))),
        ngram: rankOf(word, ngrams.candidates(i, MOST, like)),
        frequent: rankOf(word, ngrams.frequent(MOST, like)),
      });
      if (i % 100 === 99) process.stderr.write(`${i + 1} of ${hidden.length} words\n`);
    }
    const groups = [
      { name: "words", list: found },
      { name: "words of one piece", list: found.filter((f) => f.pieces === 1) },
      { name: "words of several pieces", list: found.filter((f) => f.pieces > 1) },
    ].filter(({ list }) => list.length > 0);
    return groups.flatMap(({ name, list }) =>
      [1, MOST].flatMap((top) =>
        (["ngram", "frequent"] as const).map((peer) => {
          const within = (by: "bert" | "ngram" | "frequent") => list.map((f) => f[by] <= top);
          const pair = pairedRates(within("bert"), within(peer));
          return row({
            case: `${list.length} hidden ${name}: in the first ${top}`,
            unit: "%",
            better: "more",
            ours: pair.ours,
            peer: pair.peer,
            peerName: peer === "ngram" ? "5-grams, both sides" : "the most frequent",
            note: pair.note,
          });
        }),
      ),
    );
  } finally {
    await filler.release();
  }
}

/** The place of the word in a list, counted from 1; infinite where it is not in it. */
const rankOf = ({ word }: Hidden, list: readonly string[]): number =>
  list.includes(word) ? list.indexOf(word) + 1 : Infinity;

/** The pieces of a word; none where the vocabulary of the model cannot spell it. */
function spellingsOf({ tokenizer }: LanguageModel): (word: string) => readonly number[] {
  const unknown = tokenizer.id("[UNK]");
  const known = new Map<string, readonly number[]>();
  return (word) =>
    remember(known, word, () => {
      const ids = Array.from(tokenizer.encode(word));
      return unknown !== undefined && ids.includes(unknown) ? [] : ids;
    });
}

/** Which pieces go on from a beginning of a word, of the words that there are. */
function piecesAfter(
  words: readonly (readonly number[])[],
): (beginning: readonly number[]) => Iterable<number> {
  const after = new Map<string, Set<number>>();
  for (const word of words)
    for (const [place, id] of word.entries()) {
      const beginning = word.slice(0, place).join(" ");
      after.set(beginning, (after.get(beginning) ?? new Set()).add(id));
    }
  return (beginning) => after.get(beginning.join(" ")) ?? [];
}

/**
 * The likeliest words of `length` pieces for the blank: a beam search from the first piece to the last, the later ones
 * hidden.
 * @param piecesAfter which pieces go on from the first ones of a word
 */
async function fillWord(
  { tokenizer, model, name }: LanguageModel,
  filler: MaskFiller,
  { left, right }: Hidden,
  length: number,
  piecesAfter: (beginning: readonly number[]) => Iterable<number>,
): Promise<string[]> {
  const { mask } = tokenizer;
  if (mask === undefined || !isHuggingFaceTokenizer(tokenizer) || length === 0) return [];
  const [before, after] = [tokenizer.encode(left), tokenizer.encode(right)];
  const ids = [...before, ...Array<number>(length).fill(mask), ...after];
  const most = model.contextLength - tokenizer.wrap([]).ids.length;
  const { from, to } = partAround([before.length, before.length + length - 1], ids.length, most, name);
  const [near, far] = [ids.slice(from, before.length), ids.slice(before.length + length, to)];
  let beams: { readonly ids: readonly number[]; readonly log: number }[] = [{ ids: [], log: 0 }];
  for (let place = 0; place < length; place++) {
    const next: typeof beams = [];
    for (const { ids, log } of beams) {
      const hidden = Array.from({ length }, (_, i) => ids[i] ?? mask);
      const { ids: all, types } = tokenizer.wrap(Int32Array.from([...near, ...hidden, ...far]));
      const at = tokenizer.wrap([]).ids.length > 0 ? near.length + place + 1 : near.length + place;
      const logits = await filler.score(all, types, [at]);
      const total = logSumExp(logits);
      for (const id of piecesAfter(ids)) next.push({ ids: [...ids, id], log: log + logits[id]! - total });
    }
    beams = next.sort((a, b) => b.log - a.log).slice(0, BEAMS);
  }
  return beams.slice(0, MOST).map(({ ids }) => tokenizer.decode(ids));
}
