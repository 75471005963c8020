/**
 * 16-bit floats to and from float32: IEEE binary16 ("f16") and bfloat16 ("bf16"), as bit patterns.
 *
 * Arrays of 16-bit values are `Uint16Array`. Widening is exact; narrowing rounds to nearest, ties to even.
 */

/** Smallest step of binary16's subnormals, 2^-24. */
const HALF_SUBNORMAL = 2 ** -24;

/** Writes the values of the binary16 numbers `from` to `into`, which has the same length. */
export function halfToFloat(from: Uint16Array, into: Float32Array): void {
  const bits = new Uint32Array(into.buffer, into.byteOffset, into.length);
  for (let i = 0; i < from.length; i++) {
    const h = from[i]!;
    const sign = (h & 0x8000) << 16;
    const magnitude = h & 0x7fff;
    if (magnitude < 0x0400) {
      into[i] = sign ? -magnitude * HALF_SUBNORMAL : magnitude * HALF_SUBNORMAL;
    } else if (magnitude < 0x7c00) {
      bits[i] = sign | ((magnitude << 13) + ((127 - 15) << 23));
    } else {
      bits[i] = sign | 0x7f800000 | ((magnitude & 0x03ff) << 13);
    }
  }
}

/** Writes the values of the bfloat16 numbers `from` to `into`, which has the same length. */
export function bfloatToFloat(from: Uint16Array, into: Float32Array): void {
  const bits = new Uint32Array(into.buffer, into.byteOffset, into.length);
  for (let i = 0; i < from.length; i++) bits[i] = from[i]! << 16;
}

/** Rounds float32 numbers to binary16; too large numbers become infinite. */
export function floatToHalf(from: Float32Array, into: Uint16Array): void {
  const all = new Uint32Array(from.buffer, from.byteOffset, from.length);
  for (let i = 0; i < from.length; i++) {
    const bits = all[i]!;
    const sign = (bits >>> 16) & 0x8000;
    const magnitude = bits & 0x7fffffff;
    if (magnitude > 0x7f800000) {
      into[i] = sign | 0x7e00; // not a number
    } else if (magnitude >= 0x477ff000) {
      into[i] = sign | 0x7c00; // 65,520 and above round to infinity
    } else if (magnitude < 0x38800000) {
      into[i] = sign | roundToEven(Math.abs(from[i]!) / HALF_SUBNORMAL);
    } else {
      // Rounding up may carry into the exponent, as it should.
      into[i] = sign | ((magnitude - ((127 - 15) << 23) + 0x0fff + ((magnitude >>> 13) & 1)) >>> 13);
    }
  }
}

/** Rounds float32 numbers to bfloat16. */
export function floatToBfloat(from: Float32Array, into: Uint16Array): void {
  const all = new Uint32Array(from.buffer, from.byteOffset, from.length);
  for (let i = 0; i < from.length; i++) {
    const bits = all[i]!;
    const notANumber = (bits & 0x7fffffff) > 0x7f800000;
    into[i] = notANumber ? (bits >>> 16) | 0x40 : (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16;
  }
}

function roundToEven(x: number): number {
  const down = Math.floor(x);
  const rest = x - down;
  return rest > 0.5 || (rest === 0.5 && down % 2 === 1) ? down + 1 : down;
}
