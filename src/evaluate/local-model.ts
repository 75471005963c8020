/** A local model for the measures of memorisation: completes and scores texts. */
import { createDecoder } from "../generate/decoders/create.ts";
import type { Decoder } from "../generate/decoders/decoder.ts";
import { beginOf, type LanguageModel } from "../generate/language-model.ts";
import { promptIds } from "../generate/sample.ts";
import { argmax } from "../generate/sampler.ts";
import { tokenLosses } from "../generate/token-losses.ts";
import { continuationOf } from "../text/stream-decoder.ts";
import { unknownWord } from "../text/words.ts";
import type { Completer, Scorer, TextCut } from "./novelty/extraction.ts";

/** Texts completed side by side. */
const BATCH = 32;

export interface LocalCompleter extends Completer, Scorer {
  /** Frees the graph that completes. */
  release(): Promise<void>;
}

/** Greedy completions, and log-probabilities at temperature 1 without truncation. Release it when done. */
export function localModel(lm: LanguageModel, signal?: AbortSignal): LocalCompleter {
  const { tokenizer } = lm;
  let decoder: Decoder | undefined;
  return {
    cut(text, tokens): TextCut | undefined {
      const ids = tokenizer.encode(text);
      if (ids.length <= tokens) return undefined;
      const head = tokenizer.decode(ids.subarray(0, tokens));
      // Where a word vocabulary decodes to another text, the text cannot be cut exactly.
      if (!text.startsWith(head)) return undefined;
      return { head, rest: text.slice(head.length), restTokens: ids.length - tokens };
    },
    async complete(cuts) {
      decoder ??= createDecoder(lm, { batch: BATCH });
      const completions = new Array<string>(cuts.length);
      for (const rows of rowsOf(lm, cuts)) {
        signal?.throwIfAborted();
        decoder.reset();
        const written = await greedy(lm, decoder, rows);
        rows.forEach(({ cut }, i) => {
          completions[cut] = continuationOf(tokenizer, cuts[cut]!.head).decode(written[i]!);
        });
      }
      return completions;
    },
    async score(pairs) {
      const begin = beginOf(tokenizer);
      const begins = begin === undefined ? [] : [begin];
      const heads = pairs.map(({ head }) => promptIds(lm, head));
      const rows = pairs.map(({ head, rest }, i) => [
        ...heads[i]!,
        ...[...begins, ...tokenizer.encode(head + rest)].slice(
          begins.length === 0 && head === "" ? 0 : heads[i]!.length,
        ),
      ]);
      const losses = await tokenLosses(lm, rows, signal);
      return losses.map((list, i) => list.subarray(heads[i]!.length - 1).map((nats) => -nats));
    },
    async release() {
      await decoder?.release();
      decoder = undefined;
    },
  };
}

interface Row {
  /** Index of the text. */
  readonly cut: number;
  readonly head: Int32Array;
  /** Most tokens to write. */
  readonly most: number;
}

/** Texts that can be completed side by side: at most a batch, with heads of equally many tokens. */
function rowsOf(lm: LanguageModel, cuts: readonly TextCut[]): Row[][] {
  const byLength = new Map<number, Row[]>();
  cuts.forEach(({ head, restTokens }, cut) => {
    const row = { cut, head: promptIds(lm, head), most: restTokens };
    byLength.set(row.head.length, [...(byLength.get(row.head.length) ?? []), row]);
  });
  return [...byLength.values()].flatMap((rows) =>
    Array.from({ length: Math.ceil(rows.length / BATCH) }, (_, k) => rows.slice(k * BATCH, (k + 1) * BATCH)),
  );
}

/** The likeliest tokens after each head, until the model ends its text or has written enough. */
async function greedy(lm: LanguageModel, decoder: Decoder, rows: readonly Row[]): Promise<number[][]> {
  const { tokenizer, stopAtEos } = lm;
  // No text is completed with the unknown token of a word vocabulary.
  const unknown = tokenizer.id(unknownWord);
  const written = rows.map((): number[] => []);
  const ended = rows.map(({ most }) => most === 0);
  const length = rows[0]!.head.length;
  let next = new Int32Array(BATCH * length);
  for (let row = 0; row < BATCH; row++) next.set((rows[row] ?? rows[0])!.head, row * length);
  while (ended.includes(false)) {
    const logits = await decoder.append(next);
    const width = logits.length / BATCH;
    next = new Int32Array(BATCH).fill(tokenizer.endOfText);
    rows.forEach(({ most }, row) => {
      if (ended[row]) return;
      const scores = logits.subarray(row * width, row * width + Math.min(width, tokenizer.size));
      if (unknown !== undefined) scores[unknown] = -Infinity;
      const id = argmax(scores);
      next[row] = id;
      if (!stopAtEos || id !== tokenizer.endOfText) written[row]!.push(id);
      ended[row] = (stopAtEos && id === tokenizer.endOfText) || written[row]!.length === most;
    });
  }
  return written;
}
