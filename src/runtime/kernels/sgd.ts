// Stochastic gradient descent with weight decay added to the gradient, as torch.optim.SGD does it.

/** p -= lr * g where g = gradScale * gradient + weightDecay * p. */
export function sgd(
  parameters: usize,
  gradients: usize,
  n: usize,
  gradScale: f32,
  weightDecay: f32,
  lr: f32,
): void {
  const bytes = n << 2;
  const wide = bytes & ~15;
  let at: usize = 0;
  for (; at < wide; at += 16) {
    const p = v128.load(parameters + at);
    const g = f32x4.add(
      f32x4.mul(v128.load(gradients + at), f32x4.splat(gradScale)),
      f32x4.mul(p, f32x4.splat(weightDecay)),
    );
    v128.store(parameters + at, f32x4.sub(p, f32x4.mul(f32x4.splat(lr), g)));
  }
  for (; at < bytes; at += 4) {
    const p = load<f32>(parameters + at);
    const g = load<f32>(gradients + at) * gradScale + p * weightDecay;
    store<f32>(parameters + at, p - lr * g);
  }
}

/**
 * With momentum: m = momentum * m + g, then p -= lr * m; or, by Nesterov's look-ahead
 * (`nesterov` = 1, else 0), p -= lr * (g + momentum * m).
 */
export function sgdMomentum(
  parameters: usize,
  gradients: usize,
  moment: usize,
  n: usize,
  gradScale: f32,
  weightDecay: f32,
  lr: f32,
  momentum: f32,
  nesterov: i32,
): void {
  // Both rules are p -= lr * (own * g + kept * m).
  const own: f32 = nesterov ? 1 : 0;
  const kept: f32 = nesterov ? momentum : 1;
  const bytes = n << 2;
  const wide = bytes & ~15;
  let at: usize = 0;
  for (; at < wide; at += 16) {
    const p = v128.load(parameters + at);
    const g = f32x4.add(
      f32x4.mul(v128.load(gradients + at), f32x4.splat(gradScale)),
      f32x4.mul(p, f32x4.splat(weightDecay)),
    );
    const m = f32x4.add(f32x4.mul(f32x4.splat(momentum), v128.load(moment + at)), g);
    const direction = f32x4.add(f32x4.mul(f32x4.splat(own), g), f32x4.mul(f32x4.splat(kept), m));
    v128.store(moment + at, m);
    v128.store(parameters + at, f32x4.sub(p, f32x4.mul(f32x4.splat(lr), direction)));
  }
  for (; at < bytes; at += 4) {
    const p = load<f32>(parameters + at);
    const g = load<f32>(gradients + at) * gradScale + p * weightDecay;
    const m = momentum * load<f32>(moment + at) + g;
    store<f32>(moment + at, m);
    store<f32>(parameters + at, p - lr * (own * g + kept * m));
  }
}
