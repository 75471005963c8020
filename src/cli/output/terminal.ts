/** One output stream as a command sees it: whether a person watches, how wide it is, whether colours are wanted. */
import picocolors from "picocolors";

export type Style = ReturnType<typeof picocolors.createColors>;

/** The part of a Node stream that is needed; tests give a simple object. */
export interface OutputStream {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
}

export interface Terminal {
  write(text: string): void;
  /** Whether lines can be redrawn in place; false also for a terminal that calls itself dumb. */
  readonly isTTY: boolean;
  /** Its width now, 80 where there is none. */
  readonly columns: number;
  readonly style: Style;
}

/** Wraps `stream`. NO_COLOR (any value) turns colours off, FORCE_COLOR on, also where nobody watches. */
export function terminal(stream: OutputStream, env: NodeJS.ProcessEnv): Terminal {
  const isTTY = Boolean(stream.isTTY) && env.TERM !== "dumb";
  return {
    write: (text) => void stream.write(text),
    isTTY,
    get columns() {
      return Math.max(20, stream.columns ?? 80);
    },
    style: picocolors.createColors(!env.NO_COLOR && (isTTY || Boolean(env.FORCE_COLOR))),
  };
}
