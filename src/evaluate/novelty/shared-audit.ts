/**
 * An audit by several ranks: rank 0 sends the texts to look samples up in, each rank makes its own index of them, and each
 * judges a part of the samples.
 */
import { numbersBySplit } from "../../data/rows.ts";
import { type Lead, type Order, partOf, type Ranks, sendJson, together } from "../../ranks/ranks.ts";
import { located } from "./audit.ts";
import { Auditor, type AuditorOptions, type Judged, type JudgeTexts, judgeAll } from "./auditor.ts";
import { type AuditedSource, elsewhereOf, placesOf } from "./source-texts.ts";
import { buildIndex } from "./training-index.ts";

/** Beyond the orders of a shared model. */
const orders = { index: 21, judge: 22 } as const;

/** What JSON can hold of them. */
type SentOptions = Omit<AuditorOptions, "placeOf">;

interface Sent extends Pick<AuditedSource, "splits" | "droppedTexts"> {
  readonly rows?:
    | { readonly sources: Rows["sources"]; readonly splits: Numbers; readonly dropped: number[] }
    | undefined;
  readonly options: SentOptions;
}
type Rows = NonNullable<AuditedSource["rows"]>;
type Numbers = Readonly<Record<keyof Rows["splits"], number[]>>;

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
  const { train, validation, test } = splits;
  const sent: Sent = {
    splits: { train, validation, test },
    options,
    ...(droppedTexts ? { droppedTexts } : {}),
    ...(rows ? { rows: numbersOf(rows) } : {}),
  };
  await sendJson(ranks, sent);
  return async (auditor, texts, { prompt, onTurn, signal, locates = false } = {}) => {
    await lead.order(orders.judge);
    await sendJson(ranks, { texts, prompt, locates });
    const share = (done: number) => onTurn?.(Math.min(texts.length, done * ranks.size));
    return judgeTogether(ranks, texts, (part) => judgeAll(auditor, part, { prompt, onTurn: share, signal }));
  };
}

const numbersOf = ({ sources, splits, dropped }: Rows): Sent["rows"] => ({
  sources,
  splits: {
    train: [...splits.train],
    validation: [...splits.validation],
    test: [...splits.test],
  },
  dropped: [...dropped],
});

/** What a rank other than 0 does for an audit. */
export function auditWork(ranks: Ranks): Readonly<Record<number, (order: Order) => Promise<void>>> {
  let auditor: Auditor | undefined;
  let whole: Pick<Auditor, "judge"> | undefined;
  return {
    async [orders.index]() {
      const { options, rows, ...parts } = await sendJson<Sent>(ranks, undefined);
      const source: AuditedSource = {
        ...parts,
        rows: rows && {
          ...rows,
          splits: numbersBySplit(rows.splits),
          dropped: Uint32Array.from(rows.dropped),
        },
      };
      const placeOf = placesOf(source);
      const one = new Auditor(buildIndex(source.splits.train), { ...options, placeOf });
      const elsewhere = elsewhereOf(source, options);
      auditor = one;
      whole = { judge: (text, prompt) => located(one.judge(text, prompt), { elsewhere, placeOf }) };
    },
    async [orders.judge]() {
      const { texts, prompt, locates } = await sendJson<{
        texts: string[];
        prompt?: string;
        locates: boolean;
      }>(ranks, undefined);
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
    for (const one of await sendJson<Judged[]>(ranks, ranks.rank === rank ? own : undefined, rank))
      all.push(one);
  return all;
}
