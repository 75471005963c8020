/** The models that a server has: those of a list that was given at its start, each opened when it is asked for. */
import { basename, resolve } from "node:path";
import { UsageError } from "../core/errors.ts";
import { option } from "../core/options.ts";
import { excerpt } from "../core/printable.ts";
import { turn } from "../generate/batching/turn.ts";
import type { LocalModel } from "../generate/local-model.ts";
import type { Quantization } from "../models/quantize.ts";
import type { BackendChoice } from "../runtime/backend.ts";
import { Engine } from "./engine/engine.ts";
import { ApiError } from "./errors.ts";
import type { ServeLimits } from "./limits.ts";

/** A model in a folder, which is opened in a thread of its own. */
export interface ServedFolder {
  /** What people call it. */
  readonly name: string;
  readonly folder: string;
  /** The folder of a LoRA adapter that is merged into it. */
  readonly adapter?: string | undefined;
  readonly backend?: BackendChoice | undefined;
  readonly quantize?: Quantization | undefined;
}

export type ServedModel = LocalModel | ServedFolder;

interface Entry {
  readonly model: ServedModel;
  engine: Promise<Engine> | undefined;
  /** When it was asked last. */
  used: number;
}

export interface ModelsOptions {
  readonly limits: ServeLimits;
  readonly notice: (sentence: string) => void;
  /** Models that are open at the same time; the one that was not asked for longest makes room. */
  readonly maxOpen: number;
}

export class Models {
  readonly #entries = new Map<string, Entry>();
  readonly #options: ModelsOptions;
  readonly #engines = new Map<string, Engine>();
  /** Models are opened one after the other, so that each finds the room that the one before has left. */
  #openings: Promise<unknown> = Promise.resolve();
  /** Requests that wait until their model is open. */
  #waiting = 0;
  #over = false;

  /** @throws UsageError for no model, and for two of one name */
  constructor(models: readonly ServedModel[], options: ModelsOptions) {
    this.#options = options;
    for (const model of models) {
      const id = idOf(model);
      if (this.#entries.has(id))
        throw new UsageError(
          `Two models would be called "${id}"; serve one of them, or give it another name.`,
        );
      this.#entries.set(id, { model, engine: undefined, used: 0 });
    }
    if (this.#entries.size === 0)
      throw new UsageError(`There is no model to serve; give ${option("models")} at least one.`);
  }

  get ids(): readonly string[] {
    return [...this.#entries.keys()];
  }

  /** Engines that are open. */
  get open(): readonly (readonly [id: string, engine: Engine])[] {
    return [...this.#engines].filter(([, engine]) => engine.lost === undefined);
  }

  /** @throws ApiError 404 for a model that is not served; what opening it throws */
  async engine(id: string): Promise<Engine> {
    const entry = this.#entries.get(id);
    if (!entry) throw unknownModel(id, this.ids);
    entry.used = performance.now();
    if (entry.engine === undefined || this.#engines.get(id)?.lost !== undefined) {
      this.#engines.delete(id);
      // Before anything is waited for, so that requests which come together open one.
      const opening = this.#openings.then(() => this.#open(id, entry.model));
      this.#openings = opening.catch(() => {});
      entry.engine = opening;
    }
    const asked = entry.engine;
    this.#waiting++;
    try {
      return await asked;
    } catch (error) {
      if (entry.engine === asked) entry.engine = undefined;
      throw error;
    } finally {
      this.#waiting--;
    }
  }

  /** Calls that are under way, or wait until their model is open. */
  get size(): number {
    return [...this.#engines.values()].reduce((sum, { size }) => sum + size, this.#waiting);
  }

  /** Frees all, and what is being opened as soon as it is. */
  async release(ms: number): Promise<void> {
    this.#over = true;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((done) => {
      timer = setTimeout(done, ms);
    });
    await Promise.race([this.#openings, late]);
    clearTimeout(timer);
    await Promise.all([...this.#engines.values()].map((engine) => engine.release(ms)));
  }

  async #open(id: string, model: ServedModel): Promise<Engine> {
    const { limits, notice } = this.#options;
    if (this.#over) throw stopping();
    if (isOpen(model)) {
      const here = Engine.here(model, { id, limits }, notice);
      this.#engines.set(id, here);
      return here;
    }
    await this.#makeRoom();
    const engine = await Engine.open({ ...model, id, limits }, notice);
    if (this.#over) {
      await engine.release(1_000);
      throw stopping();
    }
    this.#engines.set(id, engine);
    return engine;
  }

  /**
   * Closes the model that was not asked for longest, of those in folders that do nothing now.
   * @throws ApiError 503 where all are at work
   */
  async #makeRoom(): Promise<void> {
    // Requests that waited for the model before have asked it once the event loop has turned: it is not idle.
    await turn();
    const inFolders = this.open.filter(([id]) => !isOpen(this.#entries.get(id)!.model));
    const { maxOpen } = this.#options;
    if (inFolders.length < maxOpen) return;
    const used = ([id]: (typeof inFolders)[number]) => this.#entries.get(id)!.used;
    const [first] = inFolders.filter(([, { size }]) => size === 0).sort((a, b) => used(a) - used(b));
    if (first === undefined) {
      const open =
        maxOpen === 1 ? "The one model that may be open is" : `All ${maxOpen} models that may be open are`;
      throw new ApiError(503, `${open} at work; ask for another later.`, "overloaded", "model");
    }
    const [id, engine] = first;
    this.#entries.get(id)!.engine = undefined;
    this.#engines.delete(id);
    await engine.release(1_000);
  }
}

const isOpen = (model: ServedModel): model is LocalModel => "weights" in model;

export const stopping = () => new ApiError(503, "The server is stopping.", "stopping");

export function unknownModel(asked: string, ids: readonly string[]): ApiError {
  const [first] = ids;
  const others = ids.length === 1 ? `only "${first}"` : ids.map((id) => `"${id}"`).join(", ");
  const message = `There is no model "${excerpt(asked)}" here, ${ids.length === 1 ? "" : "but "}${others}.`;
  return new ApiError(404, message, "model_not_found", "model");
}

/** The model's name in requests: a folder's last part, or the name on the Hub, or that of an adapter. */
export const idOf = ({ name, folder, ...model }: ServedModel): string =>
  !("adapter" in model && model.adapter !== undefined) &&
  folder !== undefined &&
  resolve(name) === resolve(folder)
    ? basename(resolve(name))
    : name;
