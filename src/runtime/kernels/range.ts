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

/**
 * The sum of squares in double precision, in a fixed order. Squares of float32 numbers cannot
 * overflow it, so it is NaN or infinite only where an element is.
 */
export function sumOfSquares(x: usize, n: usize): f64 {
  const bytes = n << 2;
  const wide = bytes & ~15;
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  let at: usize = 0;
  for (; at < wide; at += 16) {
    const four = v128.load(x + at);
    const a = f64x2.promote_low_f32x4(four);
    const b = f64x2.promote_low_f32x4(v128.shuffle<f32>(four, four, 2, 3, 2, 3));
    low = f64x2.add(low, f64x2.mul(a, a));
    high = f64x2.add(high, f64x2.mul(b, b));
  }
  const both = f64x2.add(low, high);
  let sum = f64x2.extract_lane(both, 0) + f64x2.extract_lane(both, 1);
  for (; at < bytes; at += 4) {
    const one = <f64>load<f32>(x + at);
    sum += one * one;
  }
  return sum;
}
