/**
 * Can you find out from outside which texts a model was trained on? The signals of Carlini et al.,
 * "Extracting training data from large language models" (USENIX Security 2021, section 5.1), each oriented
 * so that a higher value means a training text, and how well each distinguishes the two kinds.
 *
 * - `perplexity`: the model finds the text likely;
 * - `zlib`: likelier than its compressed size suggests;
 * - `lowercase`: likelier than the same text in lower case.
 *
 * A signal is left out, with the reason, where the model cannot score every text, such as when its vocabulary lacks a
 * letter of the text in lower case: over the remaining texts it would measure something else.
 */
import { PunchlineError } from "../../core/errors.ts";
import { type Scorer, sum } from "./extraction.ts";

const membershipSignals = ["perplexity", "zlib", "lowercase"] as const;
export type MembershipSignal = (typeof membershipSignals)[number];

export interface SignalQuality {
  readonly signal: MembershipSignal;
  /** Chance that a training text has a stronger signal than a held-out text; 0.5 is no better than guessing. */
  readonly auc: number;
  /** Standard error of the AUC (Hanley and McNeil 1982). */
  readonly standardError: number;
  /** Share of training texts found at a false positive rate of at most 1 %. */
  readonly foundAtOnePercent: number;
}

export interface Membership {
  readonly signals: readonly SignalQuality[];
  /** Signals that could not be computed, and why. */
  readonly leftOut: readonly { readonly signal: MembershipSignal; readonly reason: string }[];
}

/** For a model that cannot give the likelihood of texts: no signal, and the reason for each. */
export const withoutMembership = (reason: string): Membership => ({
  signals: [],
  leftOut: membershipSignals.map((signal) => ({ signal, reason })),
});

export interface MembershipOptions {
  /** Texts scored at a time. Default 32. */
  readonly batch?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** How well each signal distinguishes training texts from held-out ones. Texts without a token are left out. */
export async function measureMembership(
  model: Scorer,
  texts: { readonly training: readonly string[]; readonly heldout: readonly string[] },
  { batch = 32, signal: stop }: MembershipOptions = {},
): Promise<Membership> {
  const failed = new Map<MembershipSignal, string>();
  const measure = async (list: readonly string[]) => {
    const rows: Record<MembershipSignal, number>[] = [];
    for (let i = 0; i < list.length; i += batch) {
      stop?.throwIfAborted();
      rows.push(...(await signalsOf(model, list.slice(i, i + batch), failed)));
    }
    return rows;
  };
  const training = await measure(texts.training);
  const heldout = await measure(texts.heldout);
  const signals: SignalQuality[] = [];
  for (const signal of membershipSignals.filter((name) => !failed.has(name))) {
    const pick = (rows: typeof training) => rows.map((r) => r[signal]).filter((v) => !Number.isNaN(v));
    const [members, others] = [pick(training), pick(heldout)];
    if (members.length === 0 || others.length === 0) {
      const kind = members.length === 0 ? "training" : "held-out";
      failed.set(signal, `There is no ${kind} text that the model can be asked about.`);
      continue;
    }
    const auc = areaUnderCurve(members, others);
    signals.push({
      signal,
      auc,
      standardError: standardError(auc, members.length, others.length),
      foundAtOnePercent: foundAt(0.01, members, others),
    });
  }
  return { signals, leftOut: [...failed].map(([signal, reason]) => ({ signal, reason })) };
}

/** The signals of some texts; those that cannot be computed are added to `failed` and not tried again. */
async function signalsOf(
  model: Scorer,
  texts: readonly string[],
  failed: Map<MembershipSignal, string>,
): Promise<Record<MembershipSignal, number>[]> {
  /** The mean log-probabilities that the signals `needing` are computed from. */
  const attempt = async (needing: readonly MembershipSignal[], asked: readonly string[]) => {
    const unknown = () => asked.map(() => Number.NaN);
    if (needing.every((signal) => failed.has(signal))) return unknown();
    try {
      return await meanLogs(model, asked);
    } catch (error) {
      if (!(error instanceof PunchlineError)) throw error;
      for (const signal of needing) if (!failed.has(signal)) failed.set(signal, error.message);
      return unknown();
    }
  };
  const own = await attempt(membershipSignals, texts);
  const lowered = texts.map((text) => text.toLowerCase());
  const lower = await attempt(["lowercase"], lowered);
  const sizes = await Promise.all(texts.map(zlibSize));
  // Log-perplexities are -own etc.; the paper's ratios are those of log-perplexities, and of bits to them.
  return own.map((log, i) => {
    const divisor = Math.min(log, -1e-9); // a text that is certain has the log-perplexity 0
    return { perplexity: log, zlib: sizes[i]! / -divisor, lowercase: lower[i]! / divisor };
  });
}

/** Mean log-probability per token; NaN where there is no token. */
async function meanLogs(model: Scorer, texts: readonly string[]): Promise<number[]> {
  const scores = await model.score(texts.map((rest) => ({ head: "", rest })));
  return scores.map((tokens) => sum(tokens) / tokens.length);
}

/** Bytes of the text, zlib-compressed. */
export async function zlibSize(text: string): Promise<number> {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream("deflate"));
  return (await new Response(stream).arrayBuffer()).byteLength;
}

/**
 * Area under the ROC curve: the share of pairs in which the member has the larger value, ties counted half
 * (Mann and Whitney). NaN where either list is empty.
 */
export function areaUnderCurve(members: readonly number[], others: readonly number[]): number {
  const all = [
    ...members.map((value) => ({ value, member: 1 })),
    ...others.map((value) => ({ value, member: 0 })),
  ];
  all.sort((a, b) => (a.value < b.value ? -1 : a.value > b.value ? 1 : 0));
  let rankSum = 0;
  for (let i = 0; i < all.length; ) {
    let j = i;
    while (j < all.length && all[j]!.value === all[i]!.value) j++;
    for (let k = i; k < j; k++) rankSum += all[k]!.member * ((i + j + 1) / 2);
    i = j;
  }
  const m = members.length;
  return (rankSum - (m * (m + 1)) / 2) / (m * others.length);
}

function standardError(auc: number, m: number, n: number): number {
  const q1 = auc / (2 - auc);
  const q2 = (2 * auc * auc) / (1 + auc);
  return Math.sqrt((auc * (1 - auc) + (m - 1) * (q1 - auc * auc) + (n - 1) * (q2 - auc * auc)) / (m * n));
}

/** Share of members above the threshold that lets at most `share` of the others pass. */
function foundAt(share: number, members: readonly number[], others: readonly number[]): number {
  const sorted = [...others].sort((a, b) => b - a);
  const threshold = sorted[Math.floor(share * sorted.length)] ?? -Infinity;
  return members.filter((value) => value > threshold).length / members.length;
}
