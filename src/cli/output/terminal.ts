/** An output stream with its properties: whether it is a terminal, its width, whether to use colours. */
import picocolors from "picocolors";

export type Style = ReturnType<typeof picocolors.createColors>;

/** The part of a Node stream that is used; tests pass a simple object. */
export interface OutputStream {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
}

export interface Terminal {
  write(text: string): void;
  /** Whether lines can be redrawn in place; false for TERM=dumb. */
  readonly isTTY: boolean;
  /** The current width; 80 if there is none. */
  readonly columns: number;
  readonly style: Style;
}

/** Wraps `stream`. NO_COLOR (any value) turns colours off; FORCE_COLOR turns them on, without a terminal too. */
export function terminal(stream: OutputStream, env: NodeJS.ProcessEnv): Terminal {
  // Open MPI gives its ranks a terminal of no columns, whose output it carries anywhere, into files too.
  const isTTY = Boolean(stream.isTTY) && stream.columns !== 0 && env.TERM !== "dumb";
  return {
    write: (text) => void stream.write(text),
    isTTY,
    get columns() {
      return Math.max(20, stream.columns || 80);
    },
    style: picocolors.createColors(!env.NO_COLOR && (isTTY || Boolean(env.FORCE_COLOR))),
  };
}
