/** Slots of recurrent models: each has a state of fixed size, and a run takes those of several together. */
import { type HostArray, int32 } from "../../core/array.ts";
import { remember } from "../../core/remember.ts";
import { zeroState } from "../../models/model.ts";
import { selectRows } from "../../models/state.ts";
import { type StateGraph, stateGraph } from "../decoders/state.ts";
import type { LanguageModel } from "../language-model.ts";
import { bytesOf, rowsOf, type Slots } from "./slots.ts";

type Arrays = Record<string, HostArray>;

/** Tokens of a prompt that are read in one run. */
const PIECE = 32;
/** Texts of a run: each number of them is a graph of its own, so that there are few. */
const RUNS = [1, 2, 4, 8, 16, 32] as const;

export class StateSlots implements Slots {
  readonly count: number;
  readonly #lm: LanguageModel;
  readonly #graphs = new Map<number, StateGraph>();
  /** For prompts: {@link PIECE} tokens of one text. */
  #reading: StateGraph | undefined;
  readonly #states: Arrays[];
  readonly #held: number[];

  constructor(lm: LanguageModel, count: number) {
    this.count = count;
    this.#lm = lm;
    this.#states = Array.from({ length: count }, () => zeroState(lm.model.state(1)));
    this.#held = new Array<number>(count).fill(0);
  }

  held(slot: number): number {
    return this.#held[slot]!;
  }

  async step(slots: readonly number[], ids: Int32Array): Promise<Float32Array[]> {
    const most = RUNS.at(-1)!;
    const found: Float32Array[] = [];
    for (let k = 0; k < slots.length; k += most)
      found.push(...(await this.#run(slots.slice(k, k + most), ids.subarray(k, k + most))));
    return found;
  }

  async read(slot: number, ids: Int32Array, each: boolean): Promise<Float32Array[]> {
    const found: Float32Array[] = [];
    for (let k = 0; k < ids.length; ) {
      const whole = k + PIECE <= ids.length;
      const piece = ids.subarray(k, k + (whole ? PIECE : 1));
      const logits = whole ? await this.#readPiece(slot, piece) : await this.#run([slot], piece);
      k += piece.length;
      if (each) found.push(...logits);
      else if (k === ids.length) found.push(logits.at(-1)!);
    }
    return found;
  }

  copy(from: number, to: number, tokens: number): boolean {
    if (tokens !== 0 && tokens !== this.#held[from]) return false;
    this.#states[to] = tokens === 0 ? zeroState(this.#lm.model.state(1)) : this.#states[from]!;
    this.#held[to] = tokens;
    return true;
  }

  clear(slot: number): void {
    this.copy(slot, slot, 0);
  }

  get bytes(): number {
    return bytesOf(this.#states);
  }

  /** A state has one size. */
  shrink(): void {}

  async release(): Promise<void> {
    for (const graph of this.#graphs.values()) await graph.release();
    await this.#reading?.release();
  }

  async #readPiece(slot: number, ids: Int32Array): Promise<Float32Array[]> {
    const { weights } = this.#lm;
    this.#reading ??= stateGraph(this.#lm, 1, PIECE, "all");
    const result = await this.#reading(weights, { ids: int32([1, PIECE], ids), state: this.#states[slot]! });
    const logits = result.logits.data as Float32Array;
    this.#states[slot] = result.state as Arrays;
    this.#held[slot]! += PIECE;
    return rowsOf(logits, PIECE);
  }

  async #run(slots: readonly number[], ids: Int32Array): Promise<Float32Array[]> {
    const { model, weights } = this.#lm;
    const rows = RUNS.find((count) => count >= slots.length)!;
    const graph = remember(this.#graphs, rows, () => stateGraph(this.#lm, rows));
    const column = new Int32Array(rows);
    column.set(ids);
    const result = await graph(weights, { ids: int32([rows, 1], column), state: this.#joined(slots, rows) });
    const logits = rowsOf(result.logits.data as Float32Array, rows).slice(0, slots.length);
    for (const [row, slot] of slots.entries()) {
      this.#states[slot] = selectRows(result.state as Arrays, model.state(1), [row]);
      this.#held[slot]!++;
    }
    return logits;
  }

  /** The states of some slots as one of `rows` texts; zeros for those beyond. */
  #joined(slots: readonly number[], rows: number): Arrays {
    if (rows === 1) return this.#states[slots[0]!]!;
    const state = zeroState(this.#lm.model.state(rows));
    for (const [name, { data }] of Object.entries(state)) {
      const size = data.length / rows;
      for (const [row, slot] of slots.entries())
        (data as Float32Array).set(this.#states[slot]![name]!.data as Float32Array, row * size);
    }
    return state;
  }
}
