/**
 * Many texts written at the same time by one model, each for a request of its own (continuous batching: Yu et al. 2022,
 * Orca). All that are being written share every run; prompts are read in pieces between the runs, the shortest first;
 * and what a prompt has in common with a text that a slot holds is copied instead of read. A run takes some tens of
 * milliseconds, so that whoever leaves is heard soon.
 *
 * A text is what `sample` writes with the same seed and options, up to the rounding of the products that it shares.
 */
import { requireFinite } from "../../core/finite.ts";
import { type Continuation, continuationOf } from "../../text/stream-decoder.ts";
import { unknownWord } from "../../text/words.ts";
import { Draft } from "../draft.ts";
import type { LanguageModel } from "../language-model.ts";
import { likeliest } from "../likeliest.ts";
import type { Sample } from "../sample.ts";
import { logSumExp } from "../sampler.ts";
import { createSlots } from "./create-slots.ts";
import { HeldTokens, type KeepingOptions } from "./held-tokens.ts";
import { type Chooser, type Constraint, createChooser, type ScoreOptions } from "./penalties.ts";
import type { Slots } from "./slots.ts";
import { turn } from "./turn.ts";

/** Tokens of a prompt that are read in one run, at least and at most. */
const LEAST_PIECE = 8;
const PIECE = 256;
/** Logits that a run keeps in memory where those of each token are wanted: of 32 tokens of GPT-2. */
const MOST_LOGITS = 1 << 21;
/** Milliseconds for which prompts are read between two tokens of the others; a run takes up to twice as long. */
const READING_MS = 20;
/** Tokens after which a text makes room for one that waits. */
const QUANTUM = 64;

/** A token and its natural log-probability under the model itself, with those that would have been likelier or nearly so. */
export interface ScoredToken {
  readonly id: number;
  readonly logProbability: number;
  /** Best first. */
  readonly alternatives: readonly { readonly id: number; readonly logProbability: number }[];
}

export interface TextRequest {
  /** Texts of one request take turns with those of others. */
  readonly owner: object;
  /** The prompt as text, and as the model reads it: at least one id. */
  readonly prompt: string;
  readonly ids: Int32Array;
  /** How a text goes on after the prompt. Default: found for each text. */
  readonly continuation?: Continuation | undefined;
  readonly seed: number;
  /** Which of the texts of its seed it is. */
  readonly index: number;
  /** Tokens to write; 0 only reads the prompt. */
  readonly maxLength: number;
  readonly stop?: readonly string[] | undefined;
  readonly options?: ScoreOptions | undefined;
  readonly constraint?: Constraint | undefined;
  /** How many alternatives {@link onToken} and {@link onScores} get. Default 0. */
  readonly alternatives?: number | undefined;
  /** Gets the scores of the prompt's ids from the second on, in pieces. Absent: they are not computed. */
  readonly onScores?: ((scores: readonly ScoredToken[]) => void) | undefined;
  /** Gets each token that is written. */
  readonly onToken?: ((token: ScoredToken) => void) | undefined;
  /** Gets each piece of text that is certain. */
  readonly onText?: ((text: string) => void) | undefined;
  /** Whether to hold it where it is; {@link Batcher.wake} tells that this has changed. */
  readonly paused?: (() => boolean) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A text from its request to its end. */
interface Text {
  readonly request: TextRequest;
  readonly draft: Draft;
  readonly choose: Chooser;
  readonly done: (sample: Sample) => void;
  readonly failed: (error: unknown) => void;
  /** What its signal calls. */
  readonly abort: () => void;
  /** `reading` until the slot holds `wanted`, then `writing`: its newest token is not in the slot yet. */
  phase: "reading" | "writing";
  wanted: Int32Array;
  /** How many ids of the prompt are scored, or need no score. */
  scored: number;
  slot: number | undefined;
  /** Tokens that were written in this slot. */
  since: number;
}

export interface BatcherCounts {
  /** Texts that are read or written, and that wait for a slot. */
  readonly running: number;
  readonly waiting: number;
  /** Tokens since the start: read from prompts, copied instead of read, and written. */
  readonly read: number;
  readonly copied: number;
  readonly written: number;
  /** Bytes that the slots take. */
  readonly bytes: number;
}

export class Batcher {
  readonly #lm: LanguageModel;
  readonly #slots: Slots;
  /** Ids below this have a spelling. */
  readonly #size: number;
  readonly #held: HeldTokens;
  /** The text that uses each slot. */
  readonly #user: (Text | undefined)[];
  #waiting: Text[] = [];
  #turn: Promise<void> | undefined;
  #wake = () => {};
  #read = 0;
  #written = 0;
  /** Tokens of a prompt that a run scores, at most. */
  readonly #scoredPiece: number;
  /** Tokens of a prompt that a run can read in about {@link READING_MS}. */
  #piece = 32;

  /** @param slots texts that are read or written at the same time */
  constructor(lm: LanguageModel, slots: number, options: KeepingOptions = {}) {
    this.#lm = lm;
    this.#slots = createSlots(lm, slots);
    this.#held = new HeldTokens(this.#slots, { ...options, isRunning: () => this.#turn !== undefined });
    this.#user = new Array<undefined>(slots).fill(undefined);
    this.#size = Math.min(lm.tokenizer.size, lm.model.config.vocab_size);
    this.#scoredPiece = Math.max(LEAST_PIECE, Math.floor(MOST_LOGITS / lm.model.config.vocab_size));
  }

  get counts(): BatcherCounts {
    const running = this.#running.filter((text) => !isAborted(text)).length;
    const waiting = this.#waiting.filter((text) => !isAborted(text)).length;
    const { bytes } = this.#slots;
    return { running, waiting, read: this.#read, copied: this.#held.copied, written: this.#written, bytes };
  }

  /**
   * Writes a text. Resolves at its end.
   * @throws UsageError for an option out of range, the signal's reason where it is aborted, and what a run throws
   */
  write(request: TextRequest): Promise<Sample> {
    const { options = {}, constraint, onText, stop, maxLength, signal } = request;
    const { tokenizer } = this.#lm;
    const choosable = { size: this.#size, never: tokenizer.id(unknownWord) };
    const choose = createChooser(options, choosable, constraint);
    signal?.throwIfAborted();
    return new Promise((done, failed) => {
      // Its slot is free when the run that is under way is over; whoever asked need not wait for that.
      const abort = () => {
        failed(signal!.reason);
        this.wake();
      };
      const beginning = {
        prompt: request.prompt,
        continuation: request.continuation ?? continuationOf(tokenizer, request.prompt),
        seen: request.ids,
      };
      const draft = new Draft(this.#lm, beginning, request.index, request.seed, {
        maxLength,
        stop,
        onText: onText && ((_, piece) => onText(piece)),
      });
      this.#waiting.push({
        request,
        draft,
        choose,
        done,
        failed,
        abort,
        phase: "reading",
        wanted: request.ids,
        scored: request.onScores ? 1 : request.ids.length,
        slot: undefined,
        since: 0,
      });
      signal?.addEventListener("abort", abort, { once: true });
      this.#turn ??= this.#run();
      this.wake();
    });
  }

  /** Looks again at texts that were paused. */
  readonly wake = (): void => {
    this.#wake();
  };

  /** Ends when no text is under way. */
  async idle(): Promise<void> {
    while (this.#turn) await this.#turn;
  }

  async release(): Promise<void> {
    await this.idle();
    this.#held.release();
    await this.#slots.release();
  }

  async #run(): Promise<void> {
    // Requests that come together begin together.
    await turn();
    while (true) {
      this.#dropAborted();
      this.#held.forgetOld();
      if (this.#waiting.length === 0 && this.#running.length === 0) break;
      this.#makeRoom();
      for (let next = this.#nextWaiting(); next; next = this.#nextWaiting()) this.#begin(next);
      const woken = new Promise<void>((resume) => {
        this.#wake = resume;
      });
      const read = await this.#readPieces();
      if (read) await turn();
      const wrote = await this.#writeTokens();
      await (read || wrote ? turn() : woken);
    }
    this.#turn = undefined;
  }

  get #running(): Text[] {
    return this.#user.filter((text) => text !== undefined);
  }

  #dropAborted(): void {
    for (const text of this.#running)
      if (isAborted(text)) this.#end(text, () => text.failed(text.request.signal!.reason));
    this.#waiting = this.#waiting.filter((text) => !isAborted(text));
  }

  /**
   * Where texts wait, one that is paused leaves its slot, or the one that has been written longest; it goes on when its
   * turn comes again.
   */
  #makeRoom(): void {
    if (this.#held.hasFree || !this.#waiting.some(isReady)) return;
    const writing = this.#running.filter(({ phase }) => phase === "writing");
    const held = writing.find((text) => !isReady(text));
    const longest =
      held ?? writing.reduce<Text | undefined>((a, b) => (a && a.since >= b.since ? a : b), undefined);
    if (!longest || (longest.since < QUANTUM && longest !== held)) return;
    const { ids } = longest.request;
    longest.phase = "reading";
    longest.wanted = Int32Array.from([...ids, ...longest.draft.ids]);
    this.#leave(longest);
    this.#waiting.push(longest);
  }

  /** The first of the owner that has the fewest texts in slots; undefined where none can begin. */
  #nextWaiting(): Text | undefined {
    const waiting = this.#waiting.filter(isReady);
    if (!this.#held.hasFree || waiting.length === 0) return undefined;
    const running = new Map<object, number>();
    for (const { request } of this.#running)
      running.set(request.owner, (running.get(request.owner) ?? 0) + 1);
    const shareOf = ({ request }: Text) => running.get(request.owner) ?? 0;
    const next = waiting.reduce((a, b) => (shareOf(b) < shareOf(a) ? b : a));
    this.#waiting.splice(this.#waiting.indexOf(next), 1);
    return next;
  }

  #begin(text: Text): void {
    text.slot = this.#held.begin(toRead(text));
    text.since = 0;
    this.#user[text.slot] = text;
  }

  /** Reads prompts, those with least left first, for {@link READING_MS}. @returns whether there were any */
  async #readPieces(): Promise<boolean> {
    const begun = performance.now();
    const next = () =>
      this.#running
        .filter((text) => text.phase === "reading" && !this.#joins(text) && !isAborted(text))
        .reduce<Text | undefined>((a, b) => (a && this.#left(a) <= this.#left(b) ? a : b), undefined);
    let text = next();
    if (!text) return false;
    for (; text; text = performance.now() - begun < READING_MS ? next() : undefined)
      await this.#readPiece(text);
    return true;
  }

  /** Tokens of a text that are to be read. */
  #left({ wanted, slot }: Text): number {
    return wanted.length - this.#held.count(slot!);
  }

  /** Whether a text's last token can be read by the run that writes: the logits after it are all that is needed. */
  #joins(text: Text): boolean {
    return this.#left(text) === 1 && !needsScores(text);
  }

  async #readPiece(text: Text): Promise<void> {
    const slot = text.slot!;
    this.#held.share(slot, toRead(text));
    if (this.#joins(text)) return;
    const scores = needsScores(text);
    const piece = scores ? Math.min(this.#piece, this.#scoredPiece) : this.#piece;
    const has = this.#held.count(slot);
    const ids = text.wanted.subarray(has, has + piece);
    const begun = performance.now();
    const logits = await this.#tried([text], () => this.#slots.read(slot, ids, scores));
    if (logits === undefined || !this.#areNumbers(text, logits)) return;
    if (ids.length === this.#piece) {
      const took = performance.now() - begun;
      if (took < READING_MS) this.#piece = Math.min(PIECE, 2 * this.#piece);
      else if (took > 2 * READING_MS) this.#piece = Math.max(LEAST_PIECE, this.#piece / 2);
    }
    this.#held.append(slot, ids);
    this.#read += ids.length;
    if (scores) this.#score(text, logits);
    if (text.slot !== undefined && this.#left(text) === 0) this.#goOn(text, logits.at(-1)!);
  }

  /** What follows the last token of a text's prompt. */
  #goOn(text: Text, logits: Float32Array): void {
    text.phase = "writing";
    if (text.request.maxLength === 0) this.#end(text, () => text.done(text.draft.finished()));
    else this.#choose(text, logits);
  }

  /** One token for every text whose prompt is read. @returns whether there was one */
  async #writeTokens(): Promise<boolean> {
    const texts = this.#running.filter(
      (text) => !isAborted(text) && (text.phase === "writing" ? isReady(text) : this.#joins(text)),
    );
    if (texts.length === 0) return false;
    const slots = texts.map(({ slot }) => slot!);
    const ids = Int32Array.from(texts, ({ phase, wanted, draft }) =>
      phase === "writing" ? draft.ids.at(-1)! : wanted.at(-1)!,
    );
    const logits = await this.#tried(texts, () => this.#slots.step(slots, ids));
    if (logits === undefined) return true;
    for (const [k, text] of texts.entries()) {
      if (!this.#areNumbers(text, [logits[k]!])) continue;
      this.#held.append(text.slot!, [ids[k]!]);
      if (text.phase === "writing") this.#choose(text, logits[k]!);
      else {
        this.#read++;
        this.#goOn(text, logits[k]!);
      }
    }
    return true;
  }

  /** The scores of the ids that follow those which were read last. */
  #score(text: Text, logits: readonly Float32Array[]): void {
    const { onScores, alternatives = 0 } = text.request;
    const found: ScoredToken[] = [];
    for (const row of logits) {
      const id = text.request.ids[text.scored];
      if (id === undefined) break;
      text.scored++;
      found.push(this.#scoreOf(row, id, alternatives));
    }
    try {
      onScores!(found);
    } catch (error) {
      this.#end(text, () => text.failed(error));
    }
  }

  #choose(text: Text, logits: Float32Array): void {
    if (isAborted(text)) return;
    const { draft, request } = text;
    try {
      const { id, logProbability, last } = text.choose(logits, draft.seen(), draft.ids, draft.uniform());
      const { alternatives = 0, onToken } = request;
      onToken?.(
        alternatives > 0 ? this.#scoreOf(logits, id, alternatives) : { id, logProbability, alternatives: [] },
      );
      draft.append(id, logProbability, last);
      text.since++;
      this.#written++;
    } catch (error) {
      this.#end(text, () => text.failed(error));
      return;
    }
    if (draft.finish) this.#end(text, () => text.done(draft.finished()));
  }

  #scoreOf(logits: Float32Array, id: number, alternatives: number): ScoredToken {
    const total = logSumExp(logits);
    const likely = likeliest(logits.subarray(0, this.#size), alternatives);
    return {
      id,
      logProbability: logits[id]! - total,
      alternatives: Array.from(likely, (other) => ({ id: other, logProbability: logits[other]! - total })),
    };
  }

  /** What a run gives; undefined where it fails, and the texts of it with it. */
  async #tried<T>(texts: readonly Text[], work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      for (const text of texts) this.#fail(text, error);
      return undefined;
    }
  }

  /** Whether a text can go on; it alone fails where its scores are no numbers. */
  #areNumbers(text: Text, logits: readonly Float32Array[]): boolean {
    try {
      for (const row of logits) requireFinite(row, this.#lm.name);
      return true;
    } catch (error) {
      this.#fail(text, error);
      return false;
    }
  }

  /** Ends a text of which the slot may hold anything. */
  #fail(text: Text, error: unknown): void {
    const slot = text.slot!;
    this.#end(text, () => text.failed(error));
    this.#held.clear(slot);
  }

  #end(text: Text, tell: () => void): void {
    text.request.signal?.removeEventListener("abort", text.abort);
    if (text.slot !== undefined) this.#leave(text);
    tell();
  }

  #leave(text: Text): void {
    const slot = text.slot!;
    text.slot = undefined;
    this.#user[slot] = undefined;
    this.#held.leave(slot);
  }
}

const isAborted = ({ request }: Text): boolean => request.signal?.aborted === true;

const isReady = ({ request }: Text): boolean => request.paused?.() !== true;

/** Tokens whose scores are wanted must be read. One token at least is read, as its logits are needed. */
const toRead = (text: Text) => ({
  ids: text.wanted,
  copyable: needsScores(text) ? 0 : text.wanted.length - 1,
});

const needsScores = ({ scored, request }: Text): boolean => scored < request.ids.length;
