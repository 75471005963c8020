// Dropout masks from Philox4x32-10, four counters at a time; the numbers are those of src/core/random.ts.

const M0: u32 = 0xd2511f53;
const M1: u32 = 0xcd9e8d57;
const W0: u32 = 0x9e3779b9;
const W1: u32 = 0xbb67ae85;

/**
 * mask[i] = 0 where the upper 24 bits of word `index + i` are below `threshold`, else `kept`.
 * Words are those of one key and one step.
 */
export function dropoutMask(
  mask: usize,
  n: usize,
  key0: u32,
  key1: u32,
  stepLow: u32,
  stepHigh: u32,
  indexLow: u32,
  indexHigh: u32,
  threshold: u32,
  kept: f32,
): void {
  let index: u64 = (<u64>indexHigh << 32) | indexLow;
  const end = index + n;
  // Single words up to a block's border, then sixteen at a time, then what is left.
  for (; index < end && (index & 3) != 0; index++, mask += 4) {
    storeOne(mask, index, key0, key1, stepLow, stepHigh, threshold, kept);
  }
  for (; index + 16 <= end; index += 16, mask += 64) {
    storeSixteen(mask, index >> 2, key0, key1, stepLow, stepHigh, threshold, kept);
  }
  for (; index < end; index++, mask += 4) {
    storeOne(mask, index, key0, key1, stepLow, stepHigh, threshold, kept);
  }
}

function storeOne(
  mask: usize,
  index: u64,
  key0: u32,
  key1: u32,
  stepLow: u32,
  stepHigh: u32,
  threshold: u32,
  kept: f32,
): void {
  const block = index >> 2;
  let x0 = <u32>block;
  let x1 = <u32>(block >> 32);
  let x2 = stepLow;
  let x3 = stepHigh;
  for (let round = 0; round < 10; round++) {
    const p = <u64>x0 * M0;
    const q = <u64>x2 * M1;
    x0 = <u32>(q >> 32) ^ x1 ^ key0;
    x1 = <u32>q;
    x2 = <u32>(p >> 32) ^ x3 ^ key1;
    x3 = <u32>p;
    key0 += W0;
    key1 += W1;
  }
  const which = <u32>index & 3;
  const word = which < 2 ? (which == 0 ? x0 : x1) : which == 2 ? x2 : x3;
  store<f32>(mask, word >> 8 < threshold ? 0 : kept);
}

function storeSixteen(
  mask: usize,
  block: u64,
  key0: u32,
  key1: u32,
  stepLow: u32,
  stepHigh: u32,
  threshold: u32,
  kept: f32,
): void {
  // Lane i of x0..x3 is the counter of block + i; the upper words differ only across a border of 2^32.
  let x0 = i32x4.add(i32x4.splat(<u32>block), i32x4(0, 1, 2, 3));
  let x1 = i32x4(
    <u32>(block >> 32),
    <u32>((block + 1) >> 32),
    <u32>((block + 2) >> 32),
    <u32>((block + 3) >> 32),
  );
  let x2 = i32x4.splat(stepLow);
  let x3 = i32x4.splat(stepHigh);
  for (let round = 0; round < 10; round++) {
    const high0 = multiplyHigh(x0, i32x4.splat(M0));
    const high1 = multiplyHigh(x2, i32x4.splat(M1));
    const low0 = i32x4.mul(x0, i32x4.splat(M0));
    const low1 = i32x4.mul(x2, i32x4.splat(M1));
    x0 = v128.xor(v128.xor(high1, x1), i32x4.splat(key0));
    x1 = low1;
    x2 = v128.xor(v128.xor(high0, x3), i32x4.splat(key1));
    x3 = low0;
    key0 += W0;
    key1 += W1;
  }
  // From a register per word to a register per block: a 4 x 4 transpose.
  const a = v128.shuffle<i32>(x0, x1, 0, 4, 1, 5);
  const b = v128.shuffle<i32>(x2, x3, 0, 4, 1, 5);
  const c = v128.shuffle<i32>(x0, x1, 2, 6, 3, 7);
  const d = v128.shuffle<i32>(x2, x3, 2, 6, 3, 7);
  storeFour(mask, v128.shuffle<i64>(a, b, 0, 2), threshold, kept);
  storeFour(mask + 16, v128.shuffle<i64>(a, b, 1, 3), threshold, kept);
  storeFour(mask + 32, v128.shuffle<i64>(c, d, 0, 2), threshold, kept);
  storeFour(mask + 48, v128.shuffle<i64>(c, d, 1, 3), threshold, kept);
}

// @ts-ignore: decorators are AssemblyScript's
@inline
function multiplyHigh(a: v128, b: v128): v128 {
  return v128.shuffle<i32>(i64x2.extmul_low_i32x4_u(a, b), i64x2.extmul_high_i32x4_u(a, b), 1, 3, 5, 7);
}

// @ts-ignore: decorators are AssemblyScript's
@inline
function storeFour(at: usize, words: v128, threshold: u32, kept: f32): void {
  const dropped = i32x4.lt_s(i32x4.shr_u(words, 8), i32x4.splat(threshold));
  v128.store(at, v128.andnot(f32x4.splat(kept), dropped));
}
