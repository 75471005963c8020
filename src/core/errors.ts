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
