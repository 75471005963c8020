/** A side of a benchmark in a page's worker: answers what the benchmark asks, one after another. */

interface Question {
  readonly id: number;
  readonly ask: never;
}

/** ONNX Runtime may start its threads from this very script; those have the name `em-pthread`, and must not answer. */
export function answer(handle: (ask: never) => Promise<object>): void {
  if ((globalThis as { name?: string }).name === "em-pthread") return;
  globalThis.addEventListener("message", ({ data: { id, ask } }: MessageEvent<Question>) => {
    handle(ask).then(
      (result) => globalThis.postMessage({ id, result }),
      (error: unknown) => globalThis.postMessage({ id, error: String((error as Error)?.stack ?? error) }),
    );
  });
}
