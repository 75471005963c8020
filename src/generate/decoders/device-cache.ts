/**
 * Decoding with keys and values in the memory of a device: they are a result of one token that is fed to the next, and
 * weights go there once. Only ids and a few numbers go there for a token, and only logits come back.
 *
 * Each decoder knows its text, and what the device has of it is no more than a cache: what is missing is read again.
 */
import { type DeviceArray, float32, type HostArray, int32 } from "../../core/array.ts";
import { requireFinite } from "../../core/finite.ts";
import type { Tensor } from "../../graph/tensor.ts";
import { type ModelInput, type State, zeroState } from "../../models/model.ts";
import { appendedInGraph, capacityAxis } from "../../models/state.ts";
import { evaluation } from "../../nn/mode.ts";
import type { Parameters } from "../../nn/parameters.ts";
import type { Backend } from "../../runtime/backend.ts";
import { compile } from "../../runtime/compile.ts";
import { type DeviceTrees, discardArrays, Transfer } from "../../runtime/transfer.ts";
import { type LanguageModel, type Weights, weightSpecs } from "../language-model.ts";
import { columns, contextOverflow, READ_AT_ONCE } from "./cache.ts";
import { roomFor } from "./cache-room.ts";
import { type Decoder, type Overflow, repeated } from "./decoder.ts";

type OnDevice = Readonly<Record<string, DeviceArray>>;

/** Decoders that keep what they have read on the device; older ones read their text again. */
const MOST_KEPT = 2;

/** Whether the state of the model is [batch, heads, tokens, d], and can stay with this backend. */
export const fitsDevice = ({
  model,
  backend,
}: {
  model: LanguageModel["model"];
  backend: Backend;
}): boolean =>
  Boolean(backend.keepsResults) &&
  Object.values(model.state(1)).every(({ shape }) => [-1, 2].includes(capacityAxis(shape)));

/** What a decoder and its branches share: the graph, the weights, and who keeps what on the device. */
class Shared {
  readonly #lm: LanguageModel;
  readonly #transfer: Transfer;
  readonly #step;
  readonly #kept = new Map<object, OnDevice>();
  #weights: Promise<Weights> | undefined;
  #resident: DeviceTrees = {};

  constructor(lm: LanguageModel) {
    const { model, backend } = lm;
    this.#lm = lm;
    this.#transfer = new Transfer(backend);
    this.#step = compile(
      (parameters: Parameters, input: ModelInput & { state: State }, index: Tensor) => {
        const { logits, state } = model.forward(parameters, input, evaluation, { logits: "last" });
        return { logits, state: appendedInGraph(input.state, state, model.state(1), index) };
      },
      {
        backend,
        keep: (path) => path.startsWith("state."),
        specs: [
          weightSpecs(lm),
          { ids: { dtype: "int32", shape: ["batch", "length"] }, state: model.state("batch") },
          { dtype: "int32", shape: ["room"] },
        ],
      },
    );
  }

  /** What the device has for this decoder. */
  of(decoder: object): OnDevice | undefined {
    return this.#kept.get(decoder);
  }

  /**
   * Reads ids [batch, length] behind the first `used` tokens of the decoder.
   * @param capacity room of the cache that the device has now
   * @param room of the one after it
   */
  async read(
    decoder: object,
    ids: HostArray<"int32">,
    { used, capacity, room }: { readonly used: number; readonly capacity: number; readonly room: number },
  ): Promise<Float32Array> {
    const [batch, length] = ids.shape as [number, number];
    const lengths = Object.entries(zeroState(this.#lm.model.state(batch), capacity));
    const before = this.of(decoder);
    const state = Object.fromEntries(
      lengths.map(([name, array]) => {
        const kept = before?.[name];
        if (array.dtype === "int32") (array.data as Int32Array).fill(used);
        return [name, kept ?? array];
      }),
    ) as unknown as Record<string, HostArray>;
    const index = Int32Array.from({ length: room }, (_, slot) =>
      slot < used ? slot : slot < used + length ? capacity + slot - used : 0,
    );
    const weights = await this.#load();
    const result = await this.#step(weights, { ids, state }, int32([room], index));
    this.forget(decoder);
    this.#kept.set(decoder, result.state as unknown as OnDevice);
    for (const other of [...this.#kept.keys()].slice(0, -MOST_KEPT)) this.forget(other);
    return result.logits.data as Float32Array;
  }

  /** Frees what the device has for a decoder. */
  forget(decoder: object): void {
    const state = this.of(decoder);
    if (!state) return;
    this.#kept.delete(decoder);
    discardArrays({ state });
  }

  async release(): Promise<void> {
    for (const decoder of this.#kept.keys()) this.forget(decoder);
    discardArrays(this.#resident);
    this.#resident = {};
    this.#weights = undefined;
    await this.#step.release();
    await this.#transfer.release();
  }

  /** The weights: those in memory are copied to the device once; those in files are constants of the graph. */
  #load(): Promise<Weights> {
    this.#weights ??= (async () => {
      const { weights } = this.#lm;
      const inMemory = Object.entries(weights).filter(
        (entry): entry is [string, HostArray] => "data" in entry[1],
      );
      if (inMemory.length === 0) return weights;
      this.#resident = await this.#transfer.upload({ weights: Object.fromEntries(inMemory) });
      return { ...weights, ...this.#resident.weights } as unknown as Weights;
    })().catch((error: unknown) => {
      // The next reading tries again.
      this.#weights = undefined;
      throw error;
    });
    return this.#weights;
  }
}

export class DeviceCacheDecoder implements Decoder {
  readonly batch: number;
  readonly #lm: LanguageModel;
  readonly #overflow: Overflow;
  readonly #shared: Shared;
  #rows: readonly number[][];
  /** Tokens of each row that the device has, and room for how many. */
  #used = 0;
  #capacity = 1;

  constructor(lm: LanguageModel, batch: number, overflow: Overflow, from?: Shared, rows?: number[][]) {
    this.batch = batch;
    this.#lm = lm;
    this.#overflow = overflow;
    this.#shared = from ?? new Shared(lm);
    this.#rows = rows ?? Array.from({ length: batch }, () => []);
  }

  async append(tokens: Int32Array, signal?: AbortSignal): Promise<Float32Array> {
    const { contextLength } = this.#lm.model;
    const length = tokens.length / this.batch;
    const past = this.#rows[0]!.length;
    if (past + length > contextLength && this.#overflow === "error")
      throw contextOverflow(this.#lm, past + length);
    this.#rows.forEach((row, r) => {
      for (let t = 0; t < length; t++) row.push(tokens[r * length + t]!);
    });
    if (past + length > contextLength) {
      // Keep the newer half of the context and read it again: positions cannot move under a cache.
      this.#rows = this.#rows.map((row) => row.slice(-Math.max(1, Math.floor(contextLength / 2))));
      this.#used = 0;
    }
    return this.#read(signal);
  }

  start(ids: Int32Array, signal?: AbortSignal): Promise<Float32Array> {
    this.reset();
    return this.append(repeated(ids, this.batch), signal);
  }

  branch(rows: ArrayLike<number>): Decoder {
    const texts = Array.from(rows, (r) => [...this.#rows[r]!]);
    return new DeviceCacheDecoder(this.#lm, rows.length, this.#overflow, this.#shared, texts);
  }

  rewind(tokens: number): boolean {
    const left = this.#rows[0]!.length - tokens;
    if (left < 0) return false;
    for (const row of this.#rows) row.length = left;
    if (left < this.#used) this.#used = this.#lm.model.slides ? 0 : left;
    return true;
  }

  reset(): void {
    this.#rows = this.#rows.map(() => []);
    this.#used = 0;
  }

  async release(): Promise<void> {
    await this.#shared.release();
  }

  /** Reads what the device lacks of the text. */
  async #read(signal?: AbortSignal): Promise<Float32Array> {
    if (!this.#shared.of(this)) this.#used = 0;
    if (this.#used === 0) {
      this.#shared.forget(this);
      this.#capacity = 1;
    }
    const { length } = this.#rows[0]!;
    const text = int32([this.batch, length], Int32Array.from(this.#rows.flat())).data as Int32Array;
    const piece = Math.max(1, Math.floor(READ_AT_ONCE / this.batch));
    let logits = float32([0]).data as Float32Array;
    while (this.#used < length) {
      signal?.throwIfAborted();
      const to = Math.min(length, this.#used + piece);
      const ids = columns(text, this.batch, this.#used, to);
      const room = Math.max(this.#capacity, roomFor(to, this.#lm.model.contextLength));
      logits = await this.#shared.read(this, int32([this.batch, to - this.#used], ids), {
        used: this.#used,
        capacity: this.#capacity,
        room,
      });
      [this.#used, this.#capacity] = [to, room];
    }
    requireFinite(logits, this.#lm.name);
    return logits;
  }
}
