/** Answers that are one JSON document: sent at once where they are short, else piece by piece as the client reads. */
import { turn } from "../generate/batching/turn.ts";
import type { Piece } from "./engine/protocol.ts";

/**
 * @param ended called when all is passed on, or the client is gone
 * @throws what comes before the first piece, so that the answer gets the error's status; what comes later breaks the
 * connection, which clients notice
 */
export async function wholeBody(
  pieces: AsyncGenerator<Piece, void>,
  ended: () => void,
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
