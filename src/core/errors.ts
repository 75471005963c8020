/**
 * The one family of errors that Punchline raises on purpose.
 *
 * Every message is a whole sentence that says what is wrong and what to do; `code` is stable and is
 * what programs should test. The command line exits with 2 for `kind: "usage"` and 1 for the rest.
 */

/** Facts about an error that a program may want, such as the file, the line or the shapes. */
export type ErrorDetails = Readonly<Record<string, unknown>>;

export interface PunchlineErrorOptions {
  /** `usage`: the caller asked for something that cannot be; `failure`: it could be, but went wrong. */
  readonly kind?: "usage" | "failure" | undefined;
  readonly details?: ErrorDetails | undefined;
  readonly cause?: unknown;
}

export class PunchlineError extends Error {
  override readonly name: string = "PunchlineError";
  readonly code: string;
  readonly kind: "usage" | "failure";
  readonly details: ErrorDetails;

  constructor(code: string, message: string, options: PunchlineErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.kind = options.kind ?? "failure";
    this.details = options.details ?? {};
  }
}

/** An option or argument that cannot be honoured. */
export class UsageError extends PunchlineError {
  override readonly name = "UsageError";
  constructor(message: string, details: ErrorDetails = {}) {
    super("usage", message, { kind: "usage", details });
  }
}

/** Input (a file, a row, a checkpoint) that is not what it should be. */
export class InputError extends PunchlineError {
  override readonly name = "InputError";
  constructor(code: string, message: string, details: ErrorDetails = {}, cause?: unknown) {
    super(code, message, { details, cause });
  }
}

type Sizes = readonly (number | string)[];

/** Operand shapes or dtypes that an operation cannot take. `details` has `op` and the `shapes` of the operands. */
export class ShapeError extends PunchlineError {
  override readonly name = "ShapeError";
  constructor(op: string, reason: string, operands: readonly (Sizes | { readonly shape: Sizes })[]) {
    const shapes = operands.map((operand) => ("shape" in operand ? operand.shape : operand));
    const shown = shapes.map((s) => `[${s.join(", ")}]`).join(" and ");
    super("shape", `${op}: ${reason}${shown ? ` (got ${shown})` : ""}.`, { details: { op, shapes } });
  }
}

/** The name among `known` nearest to `name` by edit distance, where one is near enough to be meant. */
export function nearestName(name: string, known: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(name.length / 3)) + 1;
  for (const candidate of known) {
    const d = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (d < bestDistance) {
      best = candidate;
      bestDistance = d;
    }
  }
  return best;
}

/** A sentence end such as `; did you mean "char-lstm"?`, or the whole list where nothing is near. */
export function didYouMean(name: string, known: Iterable<string>): string {
  const names = [...known];
  const near = nearestName(name, names);
  return near ? `did you mean "${near}"?` : `known are: ${names.join(", ")}.`;
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      row.push(
        Math.min(previous[j]! + 1, row[j - 1]! + 1, previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)),
      );
    }
    previous = row;
  }
  return previous[b.length]!;
}
