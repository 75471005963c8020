/**
 * Decoding with attention's keys and values kept: any number of tokens at a time, and one graph for all lengths
 * and numbers of rows (cache-graph.ts).
 */
import { float32, type HostArray, int32 } from "../../core/array.ts";
import { UsageError } from "../../core/errors.ts";
import { requireFinite } from "../../core/finite.ts";
import { option } from "../../core/options.ts";
import type { Spec } from "../../graph/tree.ts";
import { zeroState } from "../../models/model.ts";
import { rowOf, selectRows } from "../../models/state.ts";
import type { LanguageModel } from "../language-model.ts";
import { type CacheGraph, cacheGraph } from "./cache-graph.ts";
import { makeRoom, roomFor } from "./cache-room.ts";
import type { Decoder, Overflow } from "./decoder.ts";

/** Most tokens of all rows that are read at once, which bounds the memory of a long prompt. */
export const READ_AT_ONCE = 512;

/** What a branch starts with. */
interface Start {
  readonly graph: CacheGraph;
  readonly rows: number[][];
  readonly state: Record<string, HostArray>;
  readonly capacity: number;
  readonly stale?: boolean;
}

export class CacheDecoder implements Decoder {
  readonly batch: number;
  readonly #lm: LanguageModel;
  readonly #overflow: Overflow;
  readonly #specs: Readonly<Record<string, Spec>>;
  /** Shared with branches. */
  readonly #graph: CacheGraph;
  readonly #logits: HostArray<"float32">;
  #capacity: number;
  #state: Record<string, HostArray>;
  #rows: number[][];
  /** Whether the state is of tokens that were taken back, and cannot go back itself. */
  #stale: boolean;

  constructor(lm: LanguageModel, batch: number, overflow: Overflow, start?: Start) {
    const { model } = lm;
    this.batch = batch;
    this.#lm = lm;
    this.#overflow = overflow;
    this.#specs = model.state(batch);
    this.#graph = start?.graph ?? cacheGraph(lm);
    this.#logits = float32([batch, model.config.vocab_size]);
    this.#capacity = start?.capacity ?? roomFor(0, model.contextLength);
    this.#state = start?.state ?? zeroState(this.#specs, this.#capacity);
    this.#stale = start?.stale ?? false;
    this.#rows = start?.rows ?? Array.from({ length: batch }, () => []);
  }

  async append(tokens: Int32Array, signal?: AbortSignal): Promise<Float32Array> {
    const { contextLength } = this.#lm.model;
    const length = tokens.length / this.batch;
    const past = this.#rows[0]!.length;
    this.#rows.forEach((row, r) => {
      for (let t = 0; t < length; t++) row.push(tokens[r * length + t]!);
    });
    if (past + length <= contextLength) return this.#follow(tokens, past, signal);
    if (this.#overflow === "error") {
      for (const row of this.#rows) row.length = past;
      throw contextOverflow(this.#lm, past + length);
    }
    // Keep the newer half of the context and read it again: positions cannot move under a cache.
    const kept = this.#rows.map((row) => row.slice(-Math.max(1, Math.floor(contextLength / 2))));
    this.reset();
    this.#rows = kept;
    return this.#read(Int32Array.from(kept.flat()), 0, signal);
  }

  /** Read once, and copied to the rows. */
  async start(ids: Int32Array, signal?: AbortSignal): Promise<Float32Array> {
    this.reset();
    if (this.batch === 1) return this.append(ids, signal);
    const one = new CacheDecoder(this.#lm, 1, this.#overflow, {
      graph: this.#graph,
      rows: [[]],
      state: zeroState(this.#lm.model.state(1), this.#capacity),
      capacity: this.#capacity,
    });
    const logits = await one.append(ids, signal);
    const all = new Array<number>(this.batch).fill(0);
    const used = one.#rows[0]!.length;
    this.#state = selectRows(one.#state, this.#specs, all, one.#capacity, used);
    this.#capacity = one.#capacity;
    this.#rows = all.map(() => [...one.#rows[0]!]);
    for (const row of all.keys()) this.#logits.data.set(logits, row * logits.length);
    return this.#logits.data;
  }

  branch(rows: ArrayLike<number>): Decoder {
    const specs = this.#lm.model.state(rows.length);
    const used = this.#rows[0]!.length;
    // Searches branch at every token: what is more would be made for nothing.
    const room = Math.min(this.#capacity, roomFor(used + 1, this.#lm.model.contextLength));
    return new CacheDecoder(this.#lm, rows.length, this.#overflow, {
      graph: this.#graph,
      rows: Array.from(rows, (r) => [...this.#rows[r]!]),
      state: selectRows(this.#state, specs, rows, room, used),
      capacity: room,
      stale: this.#stale,
    });
  }

  rewind(tokens: number): boolean {
    const left = this.#rows[0]!.length - tokens;
    if (left < 0) return false;
    for (const row of this.#rows) row.length = left;
    if (tokens > 0 && this.#lm.model.slides) this.#stale = true;
    else this.#setLengths(left);
    return true;
  }

  reset(): void {
    this.#rows = this.#rows.map(() => []);
    this.#stale = false;
    this.#setLengths(0);
  }

  release(): Promise<void> {
    return this.#graph.release();
  }

  /** Reads tokens that are the last of the rows, and the rows from the start where the state cannot go on. */
  #follow(tokens: Int32Array, past: number, signal?: AbortSignal): Promise<Float32Array> {
    if (!this.#stale) return this.#read(tokens, past, signal);
    this.#stale = false;
    this.#setLengths(0);
    return this.#read(Int32Array.from(this.#rows.flat()), 0, signal);
  }

  /** Reads tokens that are to follow the first `past` of every row. */
  async #read(tokens: Int32Array, past: number, signal?: AbortSignal): Promise<Float32Array> {
    const length = tokens.length / this.batch;
    this.#reserve(past, past + length);
    const piece = Math.max(1, Math.floor(READ_AT_ONCE / this.batch));
    const apart = this.#graph.inPlace && this.batch > 1 && length > (past === 0 ? piece : 1);
    if (apart) await this.#feedRows(tokens, past, signal);
    else
      for (let t = 0; t < length; t += piece) {
        signal?.throwIfAborted();
        await this.#feed(columns(tokens, this.batch, t, Math.min(length, t + piece)), past + t);
      }
    requireFinite(this.#logits.data, this.#lm.name);
    return this.#logits.data;
  }

  async #feed(tokens: Int32Array, past: number): Promise<void> {
    const ids = int32([this.batch, tokens.length / this.batch], tokens);
    this.#state = await this.#graph.run(this.#lm.weights, { ids, state: this.#state, past }, this.#logits);
  }

  /** Reads on in one row after the other, for graphs that take several tokens of one row alone. */
  async #feedRows(tokens: Int32Array, past: number, signal?: AbortSignal): Promise<void> {
    const length = tokens.length / this.batch;
    for (const r of this.#rows.keys()) {
      let state = Object.fromEntries(
        Object.entries(this.#state).map(([name, array]) => [name, rowOf(array, r)]),
      );
      const logits = rowOf(this.#logits, r) as HostArray<"float32">;
      for (let t = 0; t < length; t += READ_AT_ONCE) {
        signal?.throwIfAborted();
        const piece = tokens.subarray(r * length + t, r * length + Math.min(length, t + READ_AT_ONCE));
        const ids = int32([1, piece.length], piece);
        state = await this.#graph.run(this.#lm.weights, { ids, state, past: past + t }, logits);
      }
    }
    this.#setLengths(past + length);
  }

  #reserve(used: number, needed: number): void {
    if (needed <= this.#capacity) return;
    const twice = this.#graph.roomIsFree ? 2 * this.#capacity : 0;
    makeRoom(needed, this.#lm.model.contextLength, twice, (room) => {
      this.#state = selectRows(this.#state, this.#specs, [...this.#rows.keys()], room, used);
      this.#capacity = room;
    });
  }

  /** Sets the tensors of the state that say how much of the others is used: those of whole numbers. */
  #setLengths(length: number): void {
    const fixed = Object.entries(this.#specs).filter(([, { dtype }]) => dtype === "int32");
    const lengths = zeroState(Object.fromEntries(fixed));
    for (const { data } of Object.values(lengths)) (data as Int32Array).fill(length);
    this.#state = { ...this.#state, ...lengths };
  }
}

/** Columns `from` to `to` of [batch, length]. */
export function columns(tokens: Int32Array, batch: number, from: number, to: number): Int32Array {
  const length = tokens.length / batch;
  const width = to - from;
  if (width === length) return tokens;
  const part = new Int32Array(batch * width);
  for (let row = 0; row < batch; row++)
    part.set(tokens.subarray(row * length + from, row * length + to), row * width);
  return part;
}

export function contextOverflow({ model, name }: LanguageModel, length: number): UsageError {
  return new UsageError(
    `${name} sees at most ${model.contextLength} tokens at once and the text would have ${length}; shorten the prompt or ${option("maxLength")}, or add ${option("slide")} to drop the oldest.`,
    { contextLength: model.contextLength, length },
  );
}
