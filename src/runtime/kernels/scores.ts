// What sampling does with the scores of a whole vocabulary.

/** The largest of x, of at least one. */
export function largest(x: usize, n: usize): f32 {
  const bytes = n << 2;
  const wide = bytes & ~15;
  let best = load<f32>(x);
  let at: usize = 0;
  if (wide > 0) {
    let four = v128.load(x);
    for (at = 16; at < wide; at += 16) four = f32x4.max(four, v128.load(x + at));
    best = max<f32>(
      max<f32>(f32x4.extract_lane(four, 0), f32x4.extract_lane(four, 1)),
      max<f32>(f32x4.extract_lane(four, 2), f32x4.extract_lane(four, 3)),
    );
    at = wide;
  }
  for (; at < bytes; at += 4) best = max<f32>(best, load<f32>(x + at));
  return best;
}

/**
 * weights[i] = exp(scale * (x[i] - best)) to a few units in the last place, 0 below 1e-37; the exponents are 0 or less.
 * Returns the sum of the weights.
 */
export function exponentials(weights: usize, x: usize, n: usize, best: f32, scale: f32): f64 {
  const bytes = n << 2;
  const wide = bytes & ~15;
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  let at: usize = 0;
  for (; at < wide; at += 16) {
    const four = exp(
      f32x4.mul(f32x4.splat(scale), f32x4.sub(v128.load(x + at), f32x4.splat(best))),
    );
    v128.store(weights + at, four);
    low = f64x2.add(low, f64x2.promote_low_f32x4(four));
    high = f64x2.add(high, f64x2.promote_low_f32x4(v128.shuffle<f32>(four, four, 2, 3, 2, 3)));
  }
  const both = f64x2.add(low, high);
  let sum = f64x2.extract_lane(both, 0) + f64x2.extract_lane(both, 1);
  for (; at < bytes; at += 4) {
    const four = exp(f32x4.splat(scale * (load<f32>(x + at) - best)));
    store<f32>(weights + at, f32x4.extract_lane(four, 0));
    sum += <f64>f32x4.extract_lane(four, 0);
  }
  return sum;
}

/** The first place up to which more than `share` of the weight lies, or the last with any. */
export function placeOf(weights: usize, n: usize, share: f64): i32 {
  let left = share;
  let chosen: i32 = 0;
  for (let i: usize = 0; i < n && left >= 0; i++) {
    const weight = load<f32>(weights + (i << 2));
    if (weight > 0) chosen = <i32>i;
    left -= <f64>weight;
  }
  return chosen;
}

/** exp(x) = 2^n exp(r), with |r| at most half of ln 2, and its series up to the seventh power. */
// @ts-expect-error: a decorator of AssemblyScript
@inline
function exp(x: v128): v128 {
  const n = f32x4.nearest(f32x4.mul(x, f32x4.splat(1.44269504)));
  // ln 2 in two parts, the first with few bits, so that its products are exact.
  const r = f32x4.sub(
    f32x4.sub(x, f32x4.mul(n, f32x4.splat(0.693359375))),
    f32x4.mul(n, f32x4.splat(-0.00021219444)),
  );
  let series = f32x4.splat(1.0 / 5040.0);
  series = f32x4.add(f32x4.splat(1.0 / 720.0), f32x4.mul(series, r));
  series = f32x4.add(f32x4.splat(1.0 / 120.0), f32x4.mul(series, r));
  series = f32x4.add(f32x4.splat(1.0 / 24.0), f32x4.mul(series, r));
  series = f32x4.add(f32x4.splat(1.0 / 6.0), f32x4.mul(series, r));
  series = f32x4.add(f32x4.splat(0.5), f32x4.mul(series, r));
  series = f32x4.add(f32x4.splat(1), f32x4.mul(series, r));
  series = f32x4.add(f32x4.splat(1), f32x4.mul(series, r));
  const power = i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(n), i32x4.splat(127)), 23);
  // Minus infinity, of which the series makes NaN, has no weight.
  return v128.and(f32x4.mul(series, power), f32x4.ge(x, f32x4.splat(-85)));
}
