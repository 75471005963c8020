/** Characters of several bytes while their bytes come (The Unicode Standard, table 3-7). */

/** A character of which `left` bytes are to come: it is one of those from `from` to `to`. */
export interface Lead {
  readonly left: number;
  readonly from: number;
  readonly to: number;
}

/** What a first byte of 0x80 or more begins; undefined where it begins nothing. */
export function leadOf(byte: number): Lead | undefined {
  if (byte < 0xc2 || byte > 0xf4) return undefined;
  if (byte < 0xe0) return { left: 1, from: (byte - 0xc0) * 64, to: (byte - 0xbf) * 64 - 1 };
  if (byte < 0xf0) {
    const from = (byte - 0xe0) * 4096;
    return { left: 2, from: Math.max(from, 0x800), to: byte === 0xed ? 0xd7ff : from + 4095 };
  }
  const from = (byte - 0xf0) * 262_144;
  return { left: 3, from: Math.max(from, 0x10000), to: Math.min(from + 262_143, 0x10ffff) };
}

/** What is left after one more byte. */
export function narrowed({ left, from, to }: Lead, byte: number): Lead | undefined {
  if (byte < 0x80 || byte > 0xbf) return undefined;
  const size = 64 ** (left - 1);
  const start = Math.floor(from / (size * 64)) * size * 64 + (byte - 0x80) * size;
  const first = Math.max(from, start);
  const last = Math.min(to, start + size - 1);
  return first > last ? undefined : { left: left - 1, from: first, to: last };
}
