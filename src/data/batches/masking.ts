/**
 * Batches for models that fill masks: of each row some tokens are hidden, and these alone count.
 *
 *     x = [CLS] why did the [MASK] cross [SEP]      at = 4     y = hen
 *
 * 15 % of the tokens are chosen, or another share that a training sets; of these 80 % become [MASK], 10 % any token,
 * and 10 % stay as they are, since later texts have no masks. The choice depends on the seed and the batch's number.
 * Sources: Devlin et al. 2018 (arXiv 1810.04805), section 3.1 and appendix A.1; whole words as in the release notes
 * of Google's BERT of May 2019: all pieces of a word are chosen together, then each is replaced separately. More than
 * 15 % learn faster: Wettig et al. 2022 (arXiv 2202.08005).
 */
import { InputError } from "../../core/errors.ts";
import { Random } from "../../core/random.ts";
import { byteCharacters } from "../../text/bpe-bytes.ts";
import type { HuggingFaceTokenizer } from "../../text/huggingface.ts";
import { copyIds } from "../ids.ts";
import type { ItemStream } from "../tokens.ts";
import { type BatchSource, checkSizes, createBatchSource, createOrder, type TokenBatch } from "./batch.ts";
import { type ItemOptions, sizesOf } from "./items.ts";
import { layRows, type Rows } from "./rows.ts";

/** The byte of a space. */
const SPACE = 32;
/** Share of the tokens that are chosen; a training may choose more. */
export const MASK_SHARE = 0.15;
/** Shares of the chosen tokens that become a mask and another token. */
const MASKED = 0.8;
const REPLACED = 0.1;
/**
 * The most places of a batch that can be chosen, a third more than `share` of them. Every batch has this number of
 * predictions, so that one graph serves all; unused ones have the weight 0. Chance never reaches the limit.
 */
export const mostMasked = (places: number, share = MASK_SHARE): number =>
  Math.min(places, Math.ceil((share * places) / 0.75));
/** The same for every validation, whatever the seed of the training, so that runs can be compared. */
const VALIDATION_SEED = 0;

/** The ids of a vocabulary that masking needs. */
export interface Masking {
  readonly mask: number;
  /** The id before each text. */
  readonly cls: number;
  readonly pad: number;
  /** Number of ids. */
  readonly vocabulary: number;
  /** 1 for ids that are never chosen. */
  readonly special: Uint8Array;
  /** 1 for ids that continue the word before; absent where pieces are chosen one by one. */
  readonly continues?: Uint8Array | undefined;
}

/** The masking of `tokenizer`, which must have `[CLS]` and `[MASK]`. */
export function maskingRules(tokenizer: HuggingFaceTokenizer, wholeWords: boolean): Masking {
  const { size, mask, cls, sep, unknown, pad } = tokenizer;
  const special = new Uint8Array(size);
  for (const id of [mask, cls, sep, pad, unknown]) if (id !== undefined) special[id] = 1;
  const rules = { mask: mask!, cls: cls!, pad: pad ?? tokenizer.endOfText, vocabulary: size, special };
  if (!wholeWords) return rules;
  const continues = new Uint8Array(size);
  const { vocab, continuing_subword_prefix: prefix } = tokenizer.files()["tokenizer.json"].model;
  // Of bytes, a piece with a space begins a word.
  const goesOn = (token: string) =>
    tokenizer.kind === "bpe"
      ? !token.startsWith(byteCharacters[SPACE]!)
      : token.startsWith(typeof prefix === "string" ? prefix : "##");
  for (const [token, id] of Object.entries(vocab)) continues[id] = Number(goesOn(token));
  return { ...rules, continues };
}

type MaskedOptions = Omit<ItemOptions, "start" | "pad" | "multipleOf"> & Masking;

/**
 * Training batches; the rows are shuffled each epoch, and other tokens are hidden each time.
 * @param options `share`: of the tokens, how many are chosen
 * @throws InputError `nothing-to-hide` where no text has a token that can be hidden
 */
export function maskedBatches(
  stream: ItemStream,
  options: MaskedOptions & { readonly seed: number; readonly share?: number | undefined },
): BatchSource {
  const { batch, length, packed = false, long = "split", continues, seed, share = MASK_SHARE } = options;
  checkSizes({ batch, length });
  const rows = layRows(stream, { ...options, lead: 1 });
  const identity = {
    kind: packed ? "packed masked items" : "masked items",
    seed,
    tokens: stream.tokens.length,
    batch,
    length,
    long,
    words: continues ? "whole" : "pieces",
    ...(share === MASK_SHARE ? {} : { share }),
  };
  const { layout } = sizesOf(stream, rows, options);
  const candidates = candidatesIn(stream, rows, length, options);
  const all = candidates.reduce((sum, n) => sum + n, 0);
  if (all === 0) {
    throw new InputError(
      "nothing-to-hide",
      "The vocabulary has nothing of these texts but its token for the unknown, so there is nothing to learn; take texts in a language that the model has read.",
    );
  }
  const targets = share * all;
  const sizes = { targetsPerEpoch: targets, targetsPerBatch: (targets / layout.rows) * batch, layout };
  const place = createOrder(layout.rows, seed);
  return createBatchSource(identity, sizes, (position) => {
    const chosen = Array.from({ length: batch }, (_, row) => place(position * batch + row));
    // A batch without targets has no loss: its last row is then the next one that has some.
    for (let next = (position + 1) * batch; chosen.every((row) => candidates[row] === 0); next++)
      chosen[batch - 1] = place(next);
    return hide(fill(stream, rows, chosen, options), options, share, new Random(seed, "masking", position));
  });
}

/** Every item once, the same tokens hidden each time: {@link MASK_SHARE} of them, whatever a training hides. */
export function* maskedPass(stream: ItemStream, options: MaskedOptions): Generator<TokenBatch> {
  const { batch } = options;
  const rows = layRows(stream, { ...options, lead: 1 });
  const count = rows.starts.length - 1;
  for (let k = 0; k < count; k += batch) {
    const chosen = Array.from({ length: Math.min(batch, count - k) }, (_, row) => k + row);
    const random = new Random(VALIDATION_SEED, "validation masking", k);
    const hidden = hide(fill(stream, rows, chosen, options), options, MASK_SHARE, random);
    if (hidden.targets > 0) yield hidden;
  }
}

/** Ids and places of some rows, nothing hidden. */
interface FilledRows {
  readonly ids: Int32Array;
  readonly positions: Int32Array;
  readonly documents: Int32Array;
  readonly batch: number;
  readonly length: number;
}

function fill(
  stream: ItemStream,
  { starts, from, end }: Rows,
  chosen: readonly number[],
  { batch, length, cls, pad }: MaskedOptions,
): FilledRows {
  const ids = new Int32Array(batch * length).fill(pad);
  const positions = new Int32Array(batch * length);
  const documents = new Int32Array(batch * length).fill(-1);
  for (const [row, r] of chosen.entries()) {
    let at = row * length;
    for (let p = starts[r]!; p < starts[r + 1]!; p++) {
      const n = end[p]! - from[p]! + 1;
      ids[at] = cls;
      copyIds(stream.tokens, from[p]!, end[p]!, ids, at + 1);
      for (let t = 1; t < n; t++) positions[at + t] = t;
      documents.fill(p - starts[r]!, at, at + n);
      at += n;
    }
  }
  return { ids, positions, documents, batch, length };
}

/** Chooses tokens and hides them; one at least, so that there is something to learn. */
function hide(rows: FilledRows, masking: Masking, share: number, random: Random): TokenBatch {
  const { ids, positions, documents, batch, length } = rows;
  const { mask, vocabulary, special, continues } = masking;
  const x = ids.slice();
  const most = mostMasked(ids.length, share);
  const places = new Int32Array(most);
  const y = new Int32Array(most);
  const weights = new Float32Array(most);
  let targets = 0;
  let least = { at: -1, draw: Infinity };
  let draw = 1;
  const choose = (at: number) => {
    if (targets === most) return;
    places[targets] = at;
    y[targets] = ids[at]!;
    weights[targets++] = 1;
    const kind = random.uniform(3 * at + 1);
    if (kind < MASKED) x[at] = mask;
    else if (kind < MASKED + REPLACED) x[at] = random.below(vocabulary, 3 * at + 2);
  };
  for (const [at, id] of ids.entries()) {
    if (documents[at] === -1 || special[id] === 1) continue;
    const goesOn = continues?.[id] === 1 && positions[at]! > 1 && special[ids[at - 1]!] === 0;
    if (!goesOn) draw = random.uniform(3 * at);
    if (draw < least.draw) least = { at, draw };
    if (draw < share) choose(at);
  }
  if (targets === 0 && least.at >= 0) choose(least.at);
  return { x, y, weights, at: places, positions, documents, targets, batch, length, fresh: true };
}

/** How many tokens of each row may be chosen. */
function candidatesIn(
  { tokens }: ItemStream,
  { starts, from, end }: Rows,
  length: number,
  { special }: Masking,
): Int32Array {
  const counts = new Int32Array(starts.length - 1);
  const piece = new Int32Array(length);
  for (let row = 0; row < counts.length; row++) {
    for (let p = starts[row]!; p < starts[row + 1]!; p++) {
      const size = end[p]! - from[p]!;
      copyIds(tokens, from[p]!, end[p]!, piece, 0);
      for (let t = 0; t < size; t++) counts[row]! += 1 - special[piece[t]!]!;
    }
  }
  return counts;
}
