/** Slots of models without a state: the last window of each text is read again for every token. */
import { int32 } from "../../core/array.ts";
import { type WindowGraph, windowGraph } from "../decoders/window.ts";
import type { LanguageModel } from "../language-model.ts";
import { rowsOf, type Slots } from "./slots.ts";

/** Most windows of a run. */
const MOST = 32;

export class WindowSlots implements Slots {
  readonly count: number;
  readonly #lm: LanguageModel;
  readonly #graph: WindowGraph;
  readonly #texts: number[][];

  constructor(lm: LanguageModel, count: number) {
    this.count = count;
    this.#lm = lm;
    this.#graph = windowGraph(lm);
    this.#texts = Array.from({ length: count }, () => []);
  }

  held(slot: number): number {
    return this.#texts[slot]!.length;
  }

  step(slots: readonly number[], ids: Int32Array): Promise<Float32Array[]> {
    slots.forEach((slot, k) => void this.#texts[slot]!.push(ids[k]!));
    return this.#after(slots.map((slot) => this.#texts[slot]!));
  }

  read(slot: number, ids: Int32Array, each: boolean): Promise<Float32Array[]> {
    const text = this.#texts[slot]!;
    const before = text.length;
    for (const id of ids) text.push(id);
    if (!each) return this.#after([text]);
    const window = this.#lm.model.contextLength;
    const endsAt = (end: number) => text.slice(Math.max(0, end - window), end);
    return this.#after(Array.from(ids, (_, k) => endsAt(before + k + 1)));
  }

  copy(from: number, to: number, tokens: number): boolean {
    if (tokens > this.#texts[from]!.length) return false;
    this.#texts[to] = this.#texts[from]!.slice(0, tokens);
    return true;
  }

  clear(slot: number): void {
    this.#texts[slot] = [];
  }

  /** Of ids alone, which are few. */
  readonly bytes = 0;

  shrink(): void {}

  release(): Promise<void> {
    return this.#graph.release();
  }

  /** The logits after each text. */
  async #after(texts: readonly (readonly number[])[]): Promise<Float32Array[]> {
    const { model, tokenizer, weights } = this.#lm;
    const window = model.contextLength;
    const found: Float32Array[] = [];
    for (let k = 0; k < texts.length; k += MOST) {
      const some = texts.slice(k, k + MOST);
      const ids = new Int32Array(some.length * window).fill(tokenizer.endOfText);
      some.forEach((text, row) => {
        const seen = text.slice(-window);
        ids.set(seen, (row + 1) * window - seen.length);
      });
      const logits = (await this.#graph(weights, int32([some.length, window], ids))).data as Float32Array;
      found.push(...rowsOf(logits, some.length));
    }
    return found;
  }
}
