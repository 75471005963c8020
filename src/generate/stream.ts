/**
 * A text piece by piece, as it is written.
 *
 * @example
 * for await (const piece of stream(lm, { prompt: "Why did", seed: 1 })) process.stdout.write(piece);
 */
import { UsageError } from "../core/errors.ts";
import { checkOptions, option } from "../core/options.ts";
import type { LanguageModel } from "./language-model.ts";
import { type SampleOptions, sample, sampleOptionNames } from "./sample.ts";

/** One text is streamed, and drawn token by token. */
export type StreamOptions = Omit<SampleOptions, "n" | "batch" | "beams" | "onText">;

/**
 * The pieces of a text, without its prompt; together they are the text that `sample` writes with the same options.
 * The model writes on while the loop asks for more. Leaving the loop ends the writing; so does `signal`; its reason is
 * thrown.
 * @throws UsageError as {@link sample}, and for options of several texts
 */
export const stream = (
  lm: LanguageModel,
  options: StreamOptions = {},
): AsyncGenerator<string, void, undefined> => piecesOf(options, (all) => sample(lm, all));

type Writing = Required<Pick<SampleOptions, "onText" | "signal">>;

/** The pieces that a call gives to `onText`. The call waits until each is taken, and is aborted when the loop is left. @throws UsageError for options of several texts */
export async function* piecesOf(
  options: StreamOptions,
  write: (options: StreamOptions & Writing) => Promise<unknown>,
): AsyncGenerator<string, void, undefined> {
  const { signal } = checkOptions(options, sampleOptionNames);
  refuseSeveral(options);
  const left = new AbortController();
  const pieces: string[] = [];
  let written = false;
  let wakeReader = () => {};
  let wakeWriter = () => {};
  const writing = write({
    ...options,
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

/** @throws UsageError where several texts are asked for, or another listener, as a program without types can */
function refuseSeveral({ n = 1, batch = 1, ...rest }: SampleOptions): void {
  const given = (["beams", "onText"] as const).find((name) => rest[name] !== undefined);
  const several = n !== 1 ? "n" : batch !== 1 ? "batch" : given;
  if (several === undefined) return;
  throw new UsageError(`A stream is one text, drawn token by token; leave ${option(several)} out.`, {
    option: several,
  });
}
