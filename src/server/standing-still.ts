/**
 * Timers of a process that stood still are due before it has seen what came meanwhile: a connection that looks abandoned
 * may have a request, or room for more of its answer, that is only not read yet.
 */

/** Calls `act` once the event loop has read and written everything that was ready, unless `moved` says that something did. */
export function unlessMoved(moved: () => boolean, act: () => void): void {
  // Immediates run after the loop has polled its sockets; a second turn is for what these reads began.
  setImmediate(() =>
    setImmediate(() => {
      if (!moved()) act();
    }),
  );
}

/** What changes when bytes come or go. */
interface Traffic {
  readonly bytesRead: number;
  readonly bytesWritten: number;
  readonly writableLength: number;
}

/** Says whether anything went through `socket` since this call. */
export function movement(socket: Traffic): () => boolean {
  const { bytesRead, bytesWritten, writableLength } = socket;
  return () =>
    socket.bytesRead !== bytesRead ||
    socket.bytesWritten !== bytesWritten ||
    socket.writableLength !== writableLength;
}
