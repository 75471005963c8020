/**
 * Several processes that work on one thing, each with a number, its rank: what they exchange, and how they fail together.
 *
 * Rank 0 leads. It reads, decides, logs and writes; the others wait for its orders, do their share, and wait again, so
 * that nothing that depends on a clock or a file is ever decided twice.
 */
import { type ErrorDetails, InputError, PunchlineError, UsageError } from "../core/errors.ts";
import { wholeCharacter } from "../core/utf16.ts";

/** All processes of one job. Every call is made by all of them, in the same order. */
export interface Ranks {
  /** Of this process, from 0. */
  readonly rank: number;
  readonly size: number;
  /** The machine that this process runs on, for messages. */
  readonly host: string;
  /** Threads for this process, where several share a machine. Absent: as many as it likes. */
  readonly threads?: number | undefined;
  /** Adds up the arrays of all ranks; each has the sum, the same to the bit. */
  sum(values: Float32Array | Float64Array): Promise<void>;
  /** Overwrites `bytes` with those of rank `from`. */
  broadcast(bytes: Uint8Array, from?: number): Promise<void>;
}

/** One process by itself. */
export const alone: Ranks = {
  rank: 0,
  size: 1,
  host: "",
  async sum() {},
  async broadcast() {},
};

/** The bytes of any array. */
export const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array =>
  new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);

/** Bytes of one message; longer ones go in pieces. */
const PIECE = 2 ** 28;
/** Characters of one message of texts, of up to three bytes each: far less than a text can have. */
const CHARACTERS = 2 ** 26;

/** What rank `from` sends, of any length. @param bytes of that rank; not needed on the others */
export async function send(ranks: Ranks, bytes?: Uint8Array, from = 0, piece = PIECE): Promise<Uint8Array> {
  const length = Float64Array.of(bytes?.length ?? 0);
  await ranks.broadcast(bytesOf(length), from);
  const all = ranks.rank === from ? bytes! : new Uint8Array(length[0]!);
  for (let at = 0; at < all.length; at += piece) await ranks.broadcast(all.subarray(at, at + piece), from);
  return all;
}

/**
 * Lines of text that rank `from` sends, of any number. They are read on the others when all of them are there, so that no
 * rank stops listening.
 * @param lines of that rank, each with its end; they may come in any parts
 * @param characters of one message
 * @returns on the others, the lines without their ends
 * @throws on all ranks, where a line could not be made
 */
export async function sendLines(
  ranks: Ranks,
  lines: Iterable<string> | undefined,
  from = 0,
  characters = CHARACTERS,
): Promise<Iterable<string>> {
  if (ranks.rank === from) {
    const encoder = new TextEncoder();
    const made = await attempt(async () => {
      for (const piece of inPieces(lines!, characters)) await send(ranks, encoder.encode(piece), from);
    });
    await send(ranks, new Uint8Array(), from);
    await agreed(ranks, made);
    return [];
  }
  const pieces: Uint8Array[] = [];
  for (;;) {
    const bytes = await send(ranks, undefined, from);
    if (bytes.length === 0) break;
    pieces.push(bytes);
  }
  await agreed(ranks, { value: undefined });
  return linesOf(pieces);
}

/** Texts joined, and cut into pieces of about so many characters; none ends in the middle of one. */
function* inPieces(texts: Iterable<string>, characters: number): Generator<string> {
  let waiting: string[] = [];
  let length = 0;
  for (const text of texts) {
    for (let at = 0; at < text.length; ) {
      const end = wholeCharacter(text, Math.min(text.length, at + Math.max(2, characters - length)));
      waiting.push(text.slice(at, end));
      length += end - at;
      at = end;
      if (length < characters - 1) continue;
      yield waiting.join("");
      waiting = [];
      length = 0;
    }
  }
  if (length > 0) yield waiting.join("");
}

function* linesOf(pieces: readonly Uint8Array[]): Generator<string> {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  let begun: string[] = [];
  for (const bytes of pieces) {
    const parts = decoder.decode(bytes).split("\n");
    for (const [i, part] of parts.entries()) {
      begun.push(part);
      if (i === parts.length - 1) break;
      yield begun.join("");
      begun = [];
    }
  }
  const last = begun.join("");
  if (last !== "") yield last;
}

/**
 * A list of values that JSON can hold, of any number: of each value the JSON alone has to fit into a text.
 * @throws on all ranks, where one does not
 */
export async function sendList<T>(
  ranks: Ranks,
  list: readonly T[] | undefined,
  from = 0,
  characters?: number,
): Promise<readonly T[]> {
  if (ranks.size === 1) return list!;
  const lines = await sendLines(ranks, list && jsonLines(list), from, characters);
  if (ranks.rank === from) return list!;
  const all: T[] = [];
  for (const line of lines) all.push(JSON.parse(line) as T);
  return all;
}

function* jsonLines(list: readonly unknown[]): Generator<string> {
  for (const value of list) {
    try {
      yield `${JSON.stringify(value)}\n`;
    } catch (cause) {
      if (!(cause instanceof RangeError)) throw cause;
      throw new InputError(
        "too-long",
        "What ranks exchange has a part that is longer than a text can be (512 million characters); give shorter texts, or run it in one process.",
        {},
        cause,
      );
    }
  }
}

/** The same for one value. */
export async function sendJson<T>(ranks: Ranks, value: T | undefined, from = 0): Promise<T> {
  const [sent] = await sendList(ranks, ranks.rank === from ? [value as T] : undefined, from);
  return sent!;
}

/** What became of some work on this rank. */
export type Outcome<T> = { readonly value: T } | { readonly error: unknown };

export async function attempt<T>(work: () => T | Promise<T>): Promise<Outcome<T>> {
  try {
    return { value: await work() };
  } catch (error) {
    return { error };
  }
}

/** Every rank does its part. @throws on all ranks, where it failed on any: the error of the lowest rank that failed */
export async function together<T>(ranks: Ranks, work: () => T | Promise<T>): Promise<T> {
  return agreed(ranks, await attempt(work));
}

/** The value of an outcome. @throws as {@link together} */
export async function agreed<T>(ranks: Ranks, outcome: Outcome<T>): Promise<T> {
  const failed = new Float64Array(ranks.size);
  if ("error" in outcome) failed[ranks.rank] = 1;
  await ranks.sum(failed);
  const first = failed.indexOf(1);
  if (first < 0 && "value" in outcome) return outcome.value;
  throw await errorOf(ranks, first, "error" in outcome ? outcome.error : undefined);
}

/** An error that all ranks know of, so that none waits for another. */
export class SharedError extends PunchlineError {}

interface SentError {
  readonly code: string;
  readonly kind: "usage" | "failure";
  readonly message: string;
  readonly host: string;
}

/** The error of rank `first`; on that rank itself its own. */
async function errorOf(ranks: Ranks, first: number, own: unknown): Promise<unknown> {
  const mine = ranks.rank === first ? sentError(own, ranks.host) : undefined;
  const { code, kind, message, host } = await sendJson(ranks, mine, first);
  if (ranks.rank === 0 && first === 0) return own;
  const sentence = first === 0 ? message : `Rank ${first}${host === "" ? "" : ` on ${host}`}: ${message}`;
  return new SharedError(code, sentence, { kind, details: { rank: first, host } });
}

function sentError(error: unknown, host: string): SentError {
  if (error instanceof PunchlineError) {
    const { code, kind, message } = error;
    return { code, kind, message, host };
  }
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return { code: "failure", kind: "failure", message, host };
}

/** Orders of rank 0, by number: the kind, and up to seven numbers that belong to it. */
export type Order = Float64Array;
const ORDER = 8;
const END = 0;

/** Rank 0 of several, or of one. It must dismiss the others when it has no more for them to do. */
export class Lead {
  readonly ranks: Ranks;
  #dismissed = false;

  constructor(ranks: Ranks = alone) {
    this.ranks = ranks;
  }

  /** Sends an order, which the others then carry out. */
  async order(kind: number, ...numbers: readonly number[]): Promise<void> {
    if (this.ranks.size === 1) return;
    const order = new Float64Array(ORDER);
    order.set([kind, ...numbers]);
    await this.ranks.broadcast(bytesOf(order));
  }

  /** Ends the others. May be called again. */
  async dismiss(): Promise<void> {
    if (this.#dismissed) return;
    this.#dismissed = true;
    await this.order(END);
  }
}

/**
 * Carries out the orders of rank 0 until it dismisses this rank.
 * @param handlers by the kind of an order; an error that all ranks know of only ends what was under way
 */
export async function follow(
  ranks: Ranks,
  handlers: Readonly<Record<number, (order: Order) => Promise<void>>>,
): Promise<void> {
  for (;;) {
    const order = new Float64Array(ORDER);
    await ranks.broadcast(bytesOf(order));
    const [kind] = order as unknown as [number];
    if (kind === END) return;
    try {
      await handlers[kind]!(order);
    } catch (error) {
      if (!(error instanceof SharedError)) throw error;
    }
  }
}

/** The part of `count` things that a rank has: from the first to before the last. Parts differ by one at most. */
export function partOf(
  count: number,
  { rank, size }: Pick<Ranks, "rank" | "size">,
): { readonly from: number; readonly to: number } {
  return { from: Math.floor((count * rank) / size), to: Math.floor((count * (rank + 1)) / size) };
}

/** @throws UsageError where some ranks would have nothing to do */
export function refuseIdle(count: number, what: string, advice: string, { size }: Pick<Ranks, "size">): void {
  if (size <= count) return;
  const fewer = count === 1 ? "run it in one process" : `start ${count} ranks at most`;
  throw new UsageError(`${size} ranks cannot share ${what}: ${advice}, or ${fewer}.`, {
    ranks: size,
    count,
  } satisfies ErrorDetails);
}

/** The error of a library or of a launcher that ranks cannot work with. */
export const ranksError = (sentence: string, details: ErrorDetails = {}, cause?: unknown): InputError =>
  new InputError("mpi", sentence, details, cause);
