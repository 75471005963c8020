/** The side that speaks HTTP: gives jobs to a model, here or in a thread of its own, and passes on what it answers. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { InputError, UsageError } from "../../core/errors.ts";
import type { BatcherCounts } from "../../generate/batching/batcher.ts";
import type { LocalModel } from "../../generate/local-model.ts";
import { ApiError, ServerBug } from "../errors.ts";
import type { ServeLimits } from "../limits.ts";
import type { JobName } from "../model/jobs.ts";
import { createHost, openServed } from "./host.ts";
import type { Failure, FromModel, OpeningFailure, OpenRequest, Piece, ToModel } from "./protocol.ts";

/** Where a model is. */
interface Place {
  post(message: ToModel): void;
  /** Ends what runs there, whatever it does. */
  end(): Promise<void>;
}

interface Pending {
  take(piece: Piece): void;
  end(error?: unknown): void;
}

/** Characters that may wait until they are taken, before the texts of their call are held. */
const MOST_WAITING = 1 << 18;

const none: BatcherCounts = { running: 0, waiting: 0, read: 0, copied: 0, written: 0, bytes: 0 };

export class Engine {
  readonly #calls = new Map<number, Pending>();
  #last = 0;
  #place: Place | undefined;
  #released: (() => void) | undefined;
  #lost: unknown;
  #counts = none;
  readonly #notice: (sentence: string) => void;

  private constructor(notice: (sentence: string) => void) {
    this.#notice = notice;
  }

  /** An engine for a model of this thread, which its runs block while they compute. */
  static here(
    lm: LocalModel,
    settings: { readonly id: string; readonly limits: ServeLimits },
    notice: (sentence: string) => void,
  ): Engine {
    const engine = new Engine(notice);
    const host = createHost(lm, settings, (message) => engine.#take(message));
    engine.#place = { post: (message) => host(message), end: async () => {} };
    return engine;
  }

  /**
   * Opens a model in a thread of its own, so that requests are answered while it computes. Where Punchline runs from its
   * sources, it is opened in this one.
   * @throws as `loadModel`
   */
  static async open(request: OpenRequest, notice: (sentence: string) => void): Promise<Engine> {
    if (!existsSync(file)) return Engine.here(await openServed(request), request, notice);
    const engine = new Engine(notice);
    const worker = new Worker(file, { workerData: request });
    await new Promise<void>((resolve, reject) => {
      worker.on("message", (message: FromModel) => {
        if ("ready" in message) resolve();
        else if ("notReady" in message) reject(openingError(message.notReady));
        else engine.#take(message);
      });
      worker.on("error", (error) => {
        reject(error);
        engine.#lose(error);
      });
      worker.on("exit", (code) => {
        const error = new ServerBug(`The model's thread ended with status ${code}.`);
        reject(error);
        engine.#lose(error);
      });
    });
    engine.#place = {
      post: (message) => worker.postMessage(message),
      end: async () => void (await worker.terminate()),
    };
    return engine;
  }

  get counts(): BatcherCounts {
    return this.#counts;
  }

  /** Calls that are under way. */
  get size(): number {
    return this.#calls.size;
  }

  /** What the model was lost by; undefined while it is there. */
  get lost(): unknown {
    return this.#lost;
  }

  /** The answer to a request: one message. @throws ApiError, or the signal's reason */
  ask(job: JobName, request: unknown, signal: AbortSignal): AsyncGenerator<Piece, void> {
    return this.#messages(job, request, false, signal);
  }

  /** The answer to a request in messages as they come. @throws ApiError, or the signal's reason */
  stream(job: JobName, request: unknown, signal: AbortSignal): AsyncGenerator<Piece, void> {
    return this.#messages(job, request, true, signal);
  }

  /**
   * Frees the model; calls that are under way end.
   * @param ms to wait for what it computes at this moment
   */
  async release(ms: number): Promise<void> {
    if (this.#lost === undefined) {
      const released = new Promise<void>((done) => {
        this.#released = done;
      });
      this.#place!.post({ release: true });
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((done) => {
        timer = setTimeout(done, ms);
      });
      await Promise.race([released, late]);
      clearTimeout(timer);
    }
    await this.#place!.end();
  }

  async *#messages(
    job: JobName,
    request: unknown,
    stream: boolean,
    signal: AbortSignal,
  ): AsyncGenerator<Piece, void> {
    signal.throwIfAborted();
    if (this.#lost !== undefined) throw gone();
    const call = ++this.#last;
    const { post } = this.#place!;
    const waiting: Piece[] = [];
    /** Characters of all that waits. */
    let length = 0;
    let paused = false;
    let over = false;
    let error: unknown;
    let wake = () => {};
    const end = (reason?: unknown) => {
      this.#calls.delete(call);
      over = true;
      error = reason;
      wake();
    };
    this.#calls.set(call, {
      take(piece) {
        waiting.push(piece);
        length += piece.piece.length;
        if (length >= MOST_WAITING && !paused) {
          paused = true;
          post({ pause: call });
        }
        wake();
      },
      end,
    });
    const abort = () => {
      if (over) return;
      post({ cancel: call });
      waiting.length = 0;
      end(signal.reason);
    };
    signal.addEventListener("abort", abort, { once: true });
    post({ call, job, request, stream });
    try {
      while (true) {
        const next = waiting.shift();
        length -= next?.piece.length ?? 0;
        if (paused && length < MOST_WAITING / 2) {
          paused = false;
          post({ resume: call });
        }
        if (next !== undefined) yield next;
        else if (over) break;
        else
          await new Promise<void>((resume) => {
            wake = resume;
          });
      }
    } finally {
      signal.removeEventListener("abort", abort);
      abort();
    }
    if (error !== undefined) throw error;
  }

  #take(message: FromModel): void {
    if ("counts" in message) this.#counts = message.counts;
    else if ("notice" in message) this.#notice(message.notice);
    else if ("released" in message) this.#released?.();
    else if ("call" in message) {
      const pending = this.#calls.get(message.call);
      if ("piece" in message) pending?.take(message);
      else pending?.end("failed" in message ? errorOf(message.failed) : undefined);
    }
  }

  #lose(error: unknown): void {
    this.#lost ??= error;
    for (const pending of [...this.#calls.values()]) pending.end(error);
    this.#released?.();
  }
}

/** The thread's program, as built; there is none where Punchline runs from its sources. */
const file = fileURLToPath(new URL("./serve-worker.js", import.meta.url));

const gone = () => new ApiError(503, "The model was lost; ask again later.", "model_lost");

const errorOf = ({ status, message, code, param, bug }: Failure): Error =>
  bug === undefined ? new ApiError(status, message, code, param) : new ServerBug(bug);

function openingError({ kind, code, message }: OpeningFailure): Error {
  if (kind === "bug") return new ServerBug(message);
  return kind === "usage" ? new UsageError(message) : new InputError(code, message);
}
