// AdamW: Loshchilov and Hutter, "Decoupled Weight Decay Regularization" (ICLR 2019), algorithm 2.

/**
 * One step over a range, four elements at a time. The caller folds the bias corrections into
 * `stepSize` and `epsilon`, and gives `1 - beta` rounded once from double precision.
 *
 *     g = gradScale * gradient
 *     m = beta1 * m + oneMinusBeta1 * g
 *     v = beta2 * v + oneMinusBeta2 * g * g
 *     p = decay * p - stepSize * m / (sqrt(v) + epsilon)
 */
export function adamw(
  parameters: usize,
  gradients: usize,
  moment1: usize,
  moment2: usize,
  n: usize,
  gradScale: f32,
  decay: f32,
  beta1: f32,
  oneMinusBeta1: f32,
  beta2: f32,
  oneMinusBeta2: f32,
  stepSize: f32,
  epsilon: f32,
): void {
  const bytes = n << 2;
  const wide = bytes & ~15;
  let at: usize = 0;
  for (; at < wide; at += 16) {
    const g = f32x4.mul(v128.load(gradients + at), f32x4.splat(gradScale));
    const m = f32x4.add(
      f32x4.mul(f32x4.splat(beta1), v128.load(moment1 + at)),
      f32x4.mul(f32x4.splat(oneMinusBeta1), g),
    );
    const v = f32x4.add(
      f32x4.mul(f32x4.splat(beta2), v128.load(moment2 + at)),
      f32x4.mul(f32x4.mul(f32x4.splat(oneMinusBeta2), g), g),
    );
    const update = f32x4.div(
      f32x4.mul(f32x4.splat(stepSize), m),
      f32x4.add(f32x4.sqrt(v), f32x4.splat(epsilon)),
    );
    const p = f32x4.mul(f32x4.splat(decay), v128.load(parameters + at));
    v128.store(parameters + at, f32x4.sub(p, update));
    v128.store(moment1 + at, m);
    v128.store(moment2 + at, v);
  }
  for (; at < bytes; at += 4) {
    const g = load<f32>(gradients + at) * gradScale;
    const m = beta1 * load<f32>(moment1 + at) + oneMinusBeta1 * g;
    const v = beta2 * load<f32>(moment2 + at) + oneMinusBeta2 * g * g;
    const update = (stepSize * m) / (sqrt<f32>(v) + epsilon);
    store<f32>(parameters + at, decay * load<f32>(parameters + at) - update);
    store<f32>(moment1 + at, m);
    store<f32>(moment2 + at, v);
  }
}
