/** The calls of pages to the engine: what each has said so far, for those who hear it, also later. */
import type { Ongoing } from "../../browser/worker/connect-http.ts";
import { excerpt } from "../../core/printable.ts";
import { ApiError } from "../errors.ts";
import { type NativeCalls, nativeCalls } from "./calls.ts";
import type { NativeEngine } from "./engine.ts";

interface BookedCall {
  readonly lasting: boolean;
  /** The run that a training is of. */
  readonly run: string;
  /** As the engine wrote them. */
  readonly messages: string[];
  /** Stops it, a training with a checkpoint. */
  stop: () => void;
  /** Called at the next message. */
  readonly waiting: Set<() => void>;
  ended: boolean;
}

/** A call as a page sends it. */
export interface AskedCall {
  readonly name?: unknown;
  /** The run that it is of. */
  readonly run?: unknown;
  /** For the engine, as text. */
  readonly request: string;
}

/** Calls under way at a time, of all pages together. */
const MOST = 64;

export class CallBook {
  readonly #engine: NativeEngine;
  readonly #calls = new Map<string, BookedCall>();

  constructor(engine: NativeEngine) {
    this.#engine = engine;
  }

  /** The training under way, in a list; without one it is empty. */
  ongoing(): readonly Ongoing[] {
    return [...this.#calls]
      .filter(([, { lasting, ended }]) => lasting && !ended)
      .map(([id, { run }]) => ({ id, run }));
  }

  /**
   * Begins a call.
   * @throws ApiError 400 for a call that there is not, or an id that was used; 409 where a training is under way; 503
   * where too many calls are
   */
  begin(id: string, { name, run, request }: AskedCall): void {
    if (typeof name !== "string" || !Object.hasOwn(nativeCalls, name))
      throw new ApiError(400, "The engine of this machine has no such call.", "unknown_call", "name");
    const known = name as keyof NativeCalls;
    if (this.#calls.has(id)) throw new ApiError(400, "There is a call of this id already.", "id_taken", "id");
    if (this.#calls.size >= MOST) throw new ApiError(503, "Too many calls are under way.", "overloaded");
    const lasting = nativeCalls[known] === "lasting";
    const [busy] = this.ongoing();
    if (lasting && busy)
      throw new ApiError(
        409,
        `${excerpt(busy.run)} is being trained on this machine; stop it first, or wait until it is done.`,
        "training",
      );
    // What was over is kept until the next training, for a page that lost the connection just then.
    if (lasting) for (const [id, call] of this.#calls) if (call.lasting) this.#calls.delete(id);
    const call: BookedCall = {
      lasting,
      run: typeof run === "string" ? run : "",
      messages: [],
      stop: () => {},
      waiting: new Set(),
      ended: false,
    };
    call.stop = this.#engine.begin(known, request, ({ last, text }) => {
      call.messages.push(text);
      call.ended = last;
      for (const wake of call.waiting) wake();
    });
    this.#calls.set(id, call);
  }

  /**
   * Sends the messages of a call from the `from`th on, until it has ended or the page is gone. With its page ends a call
   * that does not last.
   * @throws ApiError 404 for a call that is over, or never was
   */
  async follow(
    id: string,
    from: number,
    send: (message: string) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    const call = this.#known(id);
    try {
      for (let next = from; !signal.aborted; ) {
        const message = call.messages[next];
        if (message !== undefined) {
          next++;
          await send(message);
        } else if (call.ended) return;
        else await another(call, signal);
      }
    } finally {
      if (!call.lasting) {
        call.stop();
        this.#calls.delete(id);
      }
    }
  }

  /** Stops a call, a training with a checkpoint. @throws ApiError 404 as {@link follow} */
  stop(id: string): void {
    this.#known(id).stop();
  }

  #known(id: string): BookedCall {
    const call = this.#calls.get(id);
    if (call) return call;
    throw new ApiError(404, "This call is over, or never was.", "unknown_call", "id");
  }
}

/** Resolves at the next message, or when nobody waits for it any longer. */
function another({ waiting }: BookedCall, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const wake = () => {
      waiting.delete(wake);
      signal.removeEventListener("abort", wake);
      resolve();
    };
    waiting.add(wake);
    signal.addEventListener("abort", wake, { once: true });
  });
}
