/**
 * A text piece by piece, as it is written.
 *
 * @example
 * for await (const piece of stream(lm, { prompt: "Why did", seed: 1 })) process.stdout.write(piece);
 */
import type { LanguageModel } from "./language-model.ts";
import { type SampleOptions, sample } from "./sample.ts";

/** One text is streamed, and drawn token by token. */
export type StreamOptions = Omit<SampleOptions, "n" | "batch" | "beams" | "onText">;

/**
 * The pieces of a text, without its prompt; together they are the text that `sample` writes with the same options.
 * The model writes on while the loop asks for more. Leaving the loop ends the writing; so does `signal`, whose reason is
 * thrown.
 * @throws UsageError as {@link sample}
 */
export const stream = (
  lm: LanguageModel,
  options: StreamOptions = {},
): AsyncGenerator<string, void, undefined> =>
  piecesOf((writing) => sample(lm, { ...options, ...writing }), options.signal);

type Writing = Required<Pick<SampleOptions, "onText" | "signal">>;

/** The pieces that a call gives to `onText`. It waits until each is taken, and is aborted when the loop is left. */
export async function* piecesOf(
  write: (options: Writing) => Promise<unknown>,
  signal: AbortSignal | undefined,
): AsyncGenerator<string, void, undefined> {
  signal?.throwIfAborted();
  const left = new AbortController();
  const pieces: string[] = [];
  let written = false;
  let wakeReader = () => {};
  let wakeWriter = () => {};
  const writing = write({
    signal: signal ? AbortSignal.any([signal, left.signal]) : left.signal,
    onText(_, piece) {
      pieces.push(piece);
      wakeReader();
      return new Promise<void>((wake) => {
        wakeWriter = wake;
      });
    },
  }).finally(() => {
    written = true;
    wakeReader();
  });
  // Its failure is thrown below, once the pieces before it are out.
  writing.catch(() => {});
  try {
    while (true) {
      const piece = pieces.shift();
      if (piece !== undefined) {
        yield piece;
      } else {
        wakeWriter();
        if (written) break;
        await new Promise<void>((wake) => {
          wakeReader = wake;
        });
      }
    }
    await writing;
  } finally {
    left.abort();
    wakeWriter();
    await writing.catch(() => {});
  }
}
