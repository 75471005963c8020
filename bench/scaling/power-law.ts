/** The loss of trainings as a power of their parameters and of their tokens, by least squares of the logarithms. */

export interface Trained {
  readonly parameters: number;
  readonly tokens: number;
  /** The loss, in bits per byte. */
  readonly bits: number;
}

export interface PowerLaw {
  /** The exponent of the parameters, below 0 where more of them help. */
  readonly parameters: number;
  /** The exponent of the tokens. */
  readonly tokens: number;
  bits(parameters: number, tokens: number): number;
}

/** bits = c · parameters^a · tokens^b. @throws RangeError where the trainings do not differ in both */
export function fitPowerLaw(runs: readonly Trained[]): PowerLaw {
  const n = runs.length;
  const mean = (of: (run: Trained) => number) => runs.reduce((sum, run) => sum + Math.log(of(run)), 0) / n;
  const [p, t, b] = [mean((r) => r.parameters), mean((r) => r.tokens), mean((r) => r.bits)];
  let [pp, tt, pt, pb, tb] = [0, 0, 0, 0, 0];
  for (const run of runs) {
    const [x, y, z] = [Math.log(run.parameters) - p, Math.log(run.tokens) - t, Math.log(run.bits) - b];
    pp += x * x;
    tt += y * y;
    pt += x * y;
    pb += x * z;
    tb += y * z;
  }
  const determinant = pp * tt - pt * pt;
  // What does not differ has squares of rounding errors alone.
  if (!(Math.min(pp, tt) > 1e-9 && determinant > 1e-9 * pp * tt))
    throw new RangeError("The trainings must differ in parameters and in tokens.");
  const parameters = (pb * tt - tb * pt) / determinant;
  const tokens = (tb * pp - pb * pt) / determinant;
  return {
    parameters,
    tokens,
    bits: (count, read) => Math.exp(b + parameters * (Math.log(count) - p) + tokens * (Math.log(read) - t)),
  };
}
