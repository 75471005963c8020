// Sums and scalings over one range.

/** y += a * x. */
export function axpy(y: usize, x: usize, n: usize, a: f32): void {
  const bytes = n << 2;
  const wide = bytes & ~15;
  let at: usize = 0;
  for (; at < wide; at += 16) {
    v128.store(y + at, f32x4.add(v128.load(y + at), f32x4.mul(f32x4.splat(a), v128.load(x + at))));
  }
  for (; at < bytes; at += 4) store<f32>(y + at, load<f32>(y + at) + a * load<f32>(x + at));
}

/** x *= a. */
export function scale(x: usize, n: usize, a: f32): void {
  const bytes = n << 2;
  const wide = bytes & ~15;
  let at: usize = 0;
  for (; at < wide; at += 16) v128.store(x + at, f32x4.mul(f32x4.splat(a), v128.load(x + at)));
  for (; at < bytes; at += 4) store<f32>(x + at, a * load<f32>(x + at));
}

/** x = 0, whatever it held. */
export function zero(x: usize, n: usize): void {
  memory.fill(x, 0, n << 2);
}

/** x = 0 where |x| is below `threshold`; NaN stays. */
export function flush(x: usize, n: usize, threshold: f32): void {
  const bytes = n << 2;
  const wide = bytes & ~15;
  let at: usize = 0;
  for (; at < wide; at += 16) {
    const four = v128.load(x + at);
    v128.store(x + at, v128.andnot(four, f32x4.lt(f32x4.abs(four), f32x4.splat(threshold))));
  }
  for (; at < bytes; at += 4) {
    if (abs(load<f32>(x + at)) < threshold) store<f32>(x + at, 0);
  }
}

/**
 * The sum of squares in double precision, in a fixed order. Squares of float32 numbers cannot
 * overflow it, so it is NaN or infinite only where an element is.
 */
export function sumOfSquares(x: usize, n: usize): f64 {
  const bytes = n << 2;
  const wide = bytes & ~31;
  // Four sums, because one alone would wait for each addition to end.
  let sum0 = f64x2.splat(0);
  let sum1 = f64x2.splat(0);
  let sum2 = f64x2.splat(0);
  let sum3 = f64x2.splat(0);
  let at: usize = 0;
  for (; at < wide; at += 32) {
    const a = f64x2.promote_low_f32x4(v128.load64_zero(x + at));
    const b = f64x2.promote_low_f32x4(v128.load64_zero(x + at, 8));
    const c = f64x2.promote_low_f32x4(v128.load64_zero(x + at, 16));
    const d = f64x2.promote_low_f32x4(v128.load64_zero(x + at, 24));
    sum0 = f64x2.add(sum0, f64x2.mul(a, a));
    sum1 = f64x2.add(sum1, f64x2.mul(b, b));
    sum2 = f64x2.add(sum2, f64x2.mul(c, c));
    sum3 = f64x2.add(sum3, f64x2.mul(d, d));
  }
  const all = f64x2.add(f64x2.add(sum0, sum1), f64x2.add(sum2, sum3));
  let sum = f64x2.extract_lane(all, 0) + f64x2.extract_lane(all, 1);
  for (; at < bytes; at += 4) {
    const one = <f64>load<f32>(x + at);
    sum += one * one;
  }
  return sum;
}
