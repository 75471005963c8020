/** What leaves a model's side for the callers: JSON in pieces, one for each turn of the event loop. */
import { turn } from "../../generate/batching/turn.ts";
import { jsonPieces } from "./json-pieces.ts";
import type { FromModel } from "./protocol.ts";

export class Outbox {
  readonly #post: (message: FromModel) => void;
  /** Calls whose messages nobody takes at the moment. */
  readonly #paused = new Set<number>();
  readonly #waiting = new Set<() => void>();

  constructor(post: (message: FromModel) => void) {
    this.#post = post;
  }

  pause(call: number): void {
    this.#paused.add(call);
  }

  resume(call: number): void {
    this.#paused.delete(call);
    this.wake();
  }

  isPaused(call: number): boolean {
    return this.#paused.has(call);
  }

  /** Looks again at calls that are paused: their signal may have aborted. */
  wake(): void {
    for (const resume of this.#waiting) resume();
    this.#waiting.clear();
  }

  /** Sends a message, unless it is cancelled in the middle. */
  async send(call: number, message: object, cancelled: AbortSignal): Promise<void> {
    const pieces = jsonPieces(message);
    let piece = pieces.next().value!;
    while (!cancelled.aborted) {
      const next = pieces.next();
      this.#post({ call, piece, last: next.done === true });
      if (next.done) break;
      piece = next.value;
      await turn();
      while (this.#paused.has(call) && !cancelled.aborted)
        await new Promise<void>((resume) => this.#waiting.add(resume));
    }
  }
}
