/** Answers that are one JSON document: sent at once where they are short, else piece by piece as the client reads. */
import { turn } from "../generate/batching/turn.ts";
import type { Piece } from "./engine/protocol.ts";

export interface WholeBodyOptions {
  /** Called when all is passed on, or the client is gone. */
  readonly ended: () => void;
  /** Of the request: aborts when the client goes away, or the server must end. */
  readonly signal: AbortSignal;
  /** Called with an error in the middle of an answer, of which the client learns only that the connection broke. */
  readonly report: (error: unknown) => void;
}

/**
 * @throws what comes before the first piece, so that the answer gets the error's status; what comes later breaks the
 * connection, which clients notice
 */
export async function wholeBody(
  pieces: AsyncGenerator<Piece, void>,
  { ended, signal, report }: WholeBodyOptions,
): Promise<string | ReadableStream<Uint8Array>> {
  const first = await pieces.next().catch((error: unknown) => {
    ended();
    throw error;
  });
  const { piece, last } = first.value ?? { piece: "", last: true };
  if (last) {
    await pieces.return();
    ended();
    return piece;
  }
  const encoder = new TextEncoder();
  return new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(encoder.encode(piece)),
    async pull(controller) {
      // Where a client reads as fast as this writes, others have their turn between two pieces all the same.
      await turn();
      try {
        const { done, value } = await pieces.next();
        if (!done) return controller.enqueue(encoder.encode(value.piece));
        controller.close();
      } catch (error) {
        if (!signal.aborted) report(error);
        controller.error(error);
      }
      ended();
    },
    async cancel() {
      await pieces.return();
      ended();
    },
  });
}
