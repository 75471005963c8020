/**
 * Slots of models with a cache of keys and values. All caches are one tensor with a row for each slot. A run takes the
 * rows from the first on, so that those which are written together are moved to the front when others join or leave.
 */
import { float32, type HostArray, int32, sizeOf } from "../../core/array.ts";
import { remember } from "../../core/remember.ts";
import type { Spec } from "../../graph/tree.ts";
import { zeroState } from "../../models/model.ts";
import { type CacheGraph, cacheGraph } from "../decoders/cache-graph.ts";
import { makeRoom, roomFor } from "../decoders/cache-room.ts";
import type { LanguageModel } from "../language-model.ts";
import { bytesOf, rowsOf, type Slots } from "./slots.ts";

export class CacheSlots implements Slots {
  readonly count: number;
  readonly #lm: LanguageModel;
  /** Tensors with room for tokens, and the axis of that room. */
  readonly #growing: readonly (readonly [name: string, axis: number])[];
  /** Caches of a fixed size, of layers that see a window. */
  readonly #windows: readonly string[];
  /** Tensors that say how many tokens of each row are in use. */
  readonly #lengths: readonly string[];
  readonly #graphs = new Map<"last" | "all", CacheGraph>();
  /** Memory for those of a step, of as many rows as the largest had. */
  #logits = new Float32Array(0);
  #capacity: number;
  #cache: Record<string, HostArray>;
  /** Views of consecutive rows of the cache, by the first and how many. */
  readonly #views = new Map<string, Record<string, HostArray>>();
  /** Tokens in use, by row. */
  readonly #used: number[];
  /** The row of each slot, and the slot of each row. */
  readonly #rowOf: number[];
  readonly #slotOf: number[];

  constructor(lm: LanguageModel, count: number) {
    const specs = Object.entries(lm.model.state(count));
    const axisOf = ({ shape }: Spec) => shape.findIndex((size) => typeof size === "string");
    this.count = count;
    this.#lm = lm;
    this.#growing = specs.flatMap(([name, spec]) =>
      axisOf(spec) < 0 ? [] : [[name, axisOf(spec)] as const],
    );
    const fixed = specs.filter(([, spec]) => axisOf(spec) < 0);
    this.#windows = fixed.flatMap(([name, { dtype }]) => (dtype === "float32" ? [name] : []));
    this.#lengths = fixed.flatMap(([name, { dtype }]) => (dtype === "int32" ? [name] : []));
    this.#capacity = roomFor(0, lm.model.contextLength);
    this.#cache = zeroState(lm.model.state(count), this.#capacity);
    this.#used = new Array<number>(count).fill(0);
    this.#rowOf = [...this.#used.keys()];
    this.#slotOf = [...this.#used.keys()];
  }

  held(slot: number): number {
    return this.#used[this.#rowOf[slot]!]!;
  }

  async step(slots: readonly number[], ids: Int32Array): Promise<Float32Array[]> {
    this.#bringToFront(slots);
    const count = slots.length;
    const tokens = new Int32Array(count);
    slots.forEach((slot, k) => {
      tokens[this.#rowOf[slot]!] = ids[k]!;
    });
    const width = this.#lm.model.config.vocab_size;
    if (this.#logits.length < count * width) this.#logits = new Float32Array(count * width);
    const logits = float32([count, width], this.#logits.subarray(0, count * width));
    await this.#run("last", 0, int32([count, 1], tokens), logits);
    const rows = rowsOf(logits.data, count);
    return slots.map((slot) => rows[this.#rowOf[slot]!]!);
  }

  async read(slot: number, ids: Int32Array, each: boolean): Promise<Float32Array[]> {
    const count = each ? ids.length : 1;
    const logits = float32([count, this.#lm.model.config.vocab_size]);
    await this.#run(each ? "all" : "last", this.#rowOf[slot]!, int32([1, ids.length], ids), logits);
    return rowsOf(logits.data, count);
  }

  copy(from: number, to: number, tokens: number): boolean {
    const source = this.#rowOf[from]!;
    const row = this.#rowOf[to]!;
    const used = this.#used[source]!;
    if (tokens > used || (this.#lm.model.slides && tokens !== used && tokens !== 0)) return false;
    if (row !== source)
      this.#eachPart(tokens, (data, size, length) => {
        const start = source * size;
        data.copyWithin(row * size, start, start + length);
      });
    this.#used[row] = tokens;
    return true;
  }

  clear(slot: number): void {
    const row = this.#rowOf[slot]!;
    this.#used[row] = 0;
    // Attention passes over it with a weight of 0, and 0 times NaN is NaN.
    this.#eachPart(this.#capacity, (data, size, length) => data.fill(0, row * size, row * size + length));
  }

  get bytes(): number {
    return bytesOf([this.#cache]);
  }

  shrink(): void {
    const needed = roomFor(Math.max(...this.#used), this.#lm.model.contextLength);
    // To move all for less is not worth its while.
    if (2 * needed > this.#capacity) return;
    this.#logits = new Float32Array(0);
    try {
      this.#resize(needed);
    } catch (error) {
      // To move them takes memory too. Where there is none, all stays as it is.
      if (!(error instanceof RangeError)) throw error;
    }
  }

  async release(): Promise<void> {
    for (const graph of this.#graphs.values()) await graph.release();
  }

  /** Appends ids [rows, length] to the rows from `first` on. */
  async #run(
    kind: "last" | "all",
    first: number,
    ids: HostArray<"int32">,
    logits: HostArray<"float32">,
  ): Promise<void> {
    const [count, length] = ids.shape as [number, number];
    const rows = Array.from({ length: count }, (_, k) => first + k);
    const graph = remember(this.#graphs, kind, () => cacheGraph(this.#lm, kind, true));
    this.#reserve(Math.max(...rows.map((row) => this.#used[row]! + length)), graph.roomIsFree);
    const past = rows.map((row) => this.#used[row]!);
    const state = this.#view(rows);
    const after = await graph.run(this.#lm.weights, { ids, state, past }, logits);
    for (const name of this.#windows)
      (state[name]!.data as Float32Array).set(after[name]!.data as Float32Array);
    for (const row of rows) this.#used[row]! += length;
  }

  /** The state of consecutive rows, in the memory of all. */
  #view(rows: readonly number[]): Record<string, HostArray> {
    const [first] = rows;
    const caches = remember(this.#views, `${first} ${rows.length}`, () =>
      Object.fromEntries(
        [...this.#growing.map(([name]) => name), ...this.#windows].map((name) => {
          const { data, shape, dtype } = this.#cache[name]!;
          const sizes = [rows.length, ...shape.slice(1)];
          const start = first! * sizeOf(shape.slice(1));
          const part = data.subarray(start, start + sizeOf(sizes));
          return [name, { dtype, shape: sizes, data: part } as HostArray];
        }),
      ),
    );
    const used = int32(
      [rows.length],
      Int32Array.from(rows, (row) => this.#used[row]!),
    );
    return { ...caches, ...Object.fromEntries(this.#lengths.map((name) => [name, used])) };
  }

  /** Makes room for `needed` tokens in every row. */
  #reserve(needed: number, roomIsFree: boolean): void {
    if (needed <= this.#capacity) return;
    const twice = roomIsFree ? 2 * this.#capacity : 0;
    makeRoom(needed, this.#lm.model.contextLength, twice, (room) => this.#resize(room));
  }

  /** Moves what is in use into caches with another room. */
  #resize(capacity: number): void {
    const before = this.#cache;
    const room = this.#capacity;
    const { model } = this.#lm;
    // Where there is no memory for it this throws, and the cache stays as it is.
    this.#cache = zeroState(model.state(this.count), capacity);
    this.#capacity = capacity;
    this.#views.clear();
    for (const name of this.#windows) this.#cache[name] = before[name]!;
    for (const [name, axis] of this.#growing) {
      const { data, shape } = this.#cache[name]!;
      const inner = sizeOf(shape.slice(axis + 1));
      const outer = sizeOf(shape.slice(1, axis));
      const old = before[name]!.data as Float32Array;
      for (let row = 0; row < this.count; row++)
        for (let o = row * outer; o < (row + 1) * outer; o++) {
          const from = o * room * inner;
          (data as Float32Array).set(
            old.subarray(from, from + this.#used[row]! * inner),
            o * this.#capacity * inner,
          );
        }
    }
  }

  /** Moves the rows of some slots to the places before all others. */
  #bringToFront(slots: readonly number[]): void {
    const wanted = new Set(slots);
    let place = 0;
    for (const slot of slots) {
      const row = this.#rowOf[slot]!;
      if (row < slots.length) continue;
      while (wanted.has(this.#slotOf[place]!)) place++;
      this.#exchange(row, place);
    }
  }

  #exchange(a: number, b: number): void {
    const tokens = Math.max(this.#used[a]!, this.#used[b]!);
    this.#eachPart(tokens, (data, size, length) => {
      const kept = data.slice(a * size, a * size + length);
      data.copyWithin(a * size, b * size, b * size + length);
      data.set(kept, b * size);
    });
    [this.#used[a], this.#used[b]] = [this.#used[b]!, this.#used[a]!];
    const [slotA, slotB] = [this.#slotOf[a]!, this.#slotOf[b]!];
    [this.#slotOf[a], this.#slotOf[b]] = [slotB, slotA];
    [this.#rowOf[slotA], this.#rowOf[slotB]] = [b, a];
  }

  /**
   * Calls `work` for each part of the cache in which a row's first `tokens` tokens lie one after the other, such as one
   * head of one layer; of a cache of a fixed size, for a row of it.
   * @param work gets the memory from the part's place in the first row on, the distance of rows, and the size of the part
   */
  #eachPart(tokens: number, work: (data: Float32Array, size: number, length: number) => void): void {
    for (const name of this.#windows) {
      const { data, shape } = this.#cache[name]!;
      const size = sizeOf(shape.slice(1));
      work(data as Float32Array, size, size);
    }
    for (const [name, axis] of this.#growing) {
      const { data, shape } = this.#cache[name]!;
      const inner = sizeOf(shape.slice(axis + 1));
      const size = sizeOf(shape.slice(1));
      for (let start = 0; start < size; start += this.#capacity * inner)
        work((data as Float32Array).subarray(start), size, tokens * inner);
    }
  }
}
