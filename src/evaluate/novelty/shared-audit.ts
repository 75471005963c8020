/**
 * An audit by several ranks: rank 0 sends the texts to look samples up in, each rank makes its own index of them, and each
 * judges a part of the samples.
 */
import type { SplitName } from "../../data/split.ts";
import {
  bytesOf,
  type Lead,
  type Order,
  partOf,
  type Ranks,
  send,
  sendJson,
  sendList,
  together,
} from "../../ranks/ranks.ts";
import { located } from "./audit.ts";
import { Auditor, type AuditorOptions, type Judged, type JudgeTexts, judgeAll } from "./auditor.ts";
import { type AuditedSource, elsewhereOf, placesOf } from "./source-texts.ts";
import { buildIndex } from "./training-index.ts";

/** Beyond the orders of a shared model. */
const orders = { index: 21, judge: 22 } as const;

/** What JSON can hold of them. */
type SentOptions = Omit<AuditorOptions, "placeOf">;

/**
 * Has the other ranks index the source, as rank 0 does for itself.
 * @returns judges texts as `judgeAll` does, by all ranks
 */
export async function shareAudit(
  lead: Lead,
  { splits, droppedTexts, rows }: AuditedSource,
  options: SentOptions,
): Promise<JudgeTexts> {
  const { ranks } = lead;
  await lead.order(orders.index);
  await sendJson(ranks, options);
  await shareSource(ranks, { splits, droppedTexts, rows });
  return async (auditor, texts, { prompt, onTurn, signal, locates = false } = {}) => {
    await lead.order(orders.judge);
    await sendJson(ranks, { prompt, locates });
    await sendList(ranks, texts);
    const share = (done: number) => onTurn?.(Math.min(texts.length, done * ranks.size));
    return judgeTogether(ranks, texts, (part) => judgeAll(auditor, part, { prompt, onTurn: share, signal }));
  };
}

/** The source of rank 0. Its lists may be longer than one text. */
async function shareSource(ranks: Ranks, source?: AuditedSource): Promise<AuditedSource> {
  const { rows } = source ?? {};
  const has = await sendJson(
    ranks,
    source && { dropped: source.droppedTexts !== undefined, sources: rows?.sources },
  );
  const texts = (split: SplitName) => sendList(ranks, source?.splits[split]);
  const numbers = async (of: Uint32Array | undefined) =>
    new Uint32Array((await send(ranks, of && bytesOf(of))).slice().buffer);
  const [train, validation, test] = [await texts("train"), await texts("validation"), await texts("test")];
  return {
    splits: { train, validation, test },
    ...(has.dropped ? { droppedTexts: await sendList(ranks, source?.droppedTexts) } : {}),
    ...(has.sources
      ? {
          rows: {
            sources: has.sources,
            splits: {
              train: await numbers(rows?.splits.train),
              validation: await numbers(rows?.splits.validation),
              test: await numbers(rows?.splits.test),
            },
            dropped: await numbers(rows?.dropped),
          },
        }
      : {}),
  };
}

/** What a rank other than 0 does for an audit. */
export function auditWork(ranks: Ranks): Readonly<Record<number, (order: Order) => Promise<void>>> {
  let auditor: Auditor | undefined;
  let whole: Pick<Auditor, "judge"> | undefined;
  return {
    async [orders.index]() {
      const options = await sendJson<SentOptions>(ranks, undefined);
      const source = await shareSource(ranks);
      const placeOf = placesOf(source);
      const one = new Auditor(buildIndex(source.splits.train), { ...options, placeOf });
      const elsewhere = elsewhereOf(source, options);
      auditor = one;
      whole = { judge: (text, prompt) => located(one.judge(text, prompt), { elsewhere, placeOf }) };
    },
    async [orders.judge]() {
      const { prompt, locates } = await sendJson<{ prompt?: string; locates: boolean }>(ranks, undefined);
      const texts = await sendList<string>(ranks, undefined);
      await judgeTogether(ranks, texts, (part) => judgeAll(locates ? whole! : auditor!, part, { prompt }));
    },
  };
}

/** All texts, of which each rank judges a part. */
async function judgeTogether(
  ranks: Ranks,
  texts: readonly string[],
  judge: (part: readonly string[]) => Promise<Judged[]>,
): Promise<Judged[]> {
  const { from, to } = partOf(texts.length, ranks);
  const own = await together(ranks, () => judge(texts.slice(from, to)));
  const all: Judged[] = [];
  for (let rank = 0; rank < ranks.size; rank++)
    for (const one of await sendList(ranks, ranks.rank === rank ? own : undefined, rank)) all.push(one);
  return all;
}
