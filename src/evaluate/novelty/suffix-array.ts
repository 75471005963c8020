/**
 * The suffix array of a sequence of small integers, in linear time and with little more memory than the
 * result: induced sorting, SA-IS (Nong, Zhang and Chan, "Two Efficient Algorithms for Linear Time Suffix
 * Array Construction", IEEE Transactions on Computers 60(10), 2011).
 *
 * A suffix is of type S where it is smaller than the next one, else of type L; a leftmost S after an L is
 * called LMS. Sorting the LMS suffixes is enough: two sweeps induce the order of all the others. The LMS
 * suffixes are sorted by naming their substrings and, where names repeat, by recursion on the names.
 */

export type Symbols = Uint8Array | Uint16Array | Int32Array;

/**
 * Start positions of all suffixes of `symbols`, in lexicographic order; a suffix that is a prefix of
 * another comes first.
 *
 * @param symbols integers from 0 to `alphabetSize - 1`
 * @returns a permutation of 0 to `symbols.length - 1`
 */
export function suffixArray(symbols: Symbols, alphabetSize: number): Int32Array {
  const sa = new Int32Array(symbols.length);
  sortSuffixes(symbols, sa, alphabetSize);
  return sa;
}

function sortSuffixes(s: Symbols, sa: Int32Array, alphabetSize: number): void {
  const n = s.length;
  if (n < 2) return;
  const typeS = suffixTypes(s);
  const counts = new Int32Array(alphabetSize);
  for (let i = 0; i < n; i++) counts[s[i]!]!++;
  const bounds = new Int32Array(alphabetSize);

  // Sort the LMS substrings: place LMS suffixes in any order, then induce.
  sa.fill(-1);
  bucketEnds(counts, bounds);
  for (let i = n - 1; i > 0; i--) if (isLms(typeS, i)) sa[--bounds[s[i]!]!] = i;
  induce(s, sa, counts, bounds);

  const m = gatherLms(sa, typeS);
  const names = nameLmsSubstrings(s, sa, typeS, m);

  // sa[0..m) := the LMS suffixes in order, as indices into the list of LMS positions.
  const order = sa.subarray(0, m);
  const reduced = sa.subarray(n - m);
  if (names < m) sortSuffixes(reduced, order, names);
  else for (let i = 0; i < m; i++) order[reduced[i]!] = i;

  let tail = n;
  for (let i = n - 1; i > 0; i--) if (isLms(typeS, i)) sa[--tail] = i;
  for (let i = 0; i < m; i++) order[i] = reduced[order[i]!]!;

  sa.fill(-1, m);
  bucketEnds(counts, bounds);
  for (let i = m - 1; i >= 0; i--) {
    const position = sa[i]!;
    sa[i] = -1;
    sa[--bounds[s[position]!]!] = position;
  }
  induce(s, sa, counts, bounds);
}

/** One bit per suffix, set for type S. The last suffix, followed by the end, is of type L. */
function suffixTypes(s: Symbols): Uint8Array {
  const n = s.length;
  const bits = new Uint8Array((n >> 3) + 1);
  let nextIsS = false;
  for (let i = n - 2; i >= 0; i--) {
    const a = s[i]!;
    const b = s[i + 1]!;
    nextIsS = a < b || (a === b && nextIsS);
    if (nextIsS) bits[i >> 3]! |= 1 << (i & 7);
  }
  return bits;
}

function isS(bits: Uint8Array, i: number): boolean {
  return (bits[i >> 3]! & (1 << (i & 7))) !== 0;
}

function isLms(bits: Uint8Array, i: number): boolean {
  return i > 0 && isS(bits, i) && !isS(bits, i - 1);
}

function bucketEnds(counts: Int32Array, bounds: Int32Array): void {
  let sum = 0;
  for (let c = 0; c < counts.length; c++) {
    sum += counts[c]!;
    bounds[c] = sum;
  }
}

/** From LMS suffixes at the ends of their buckets (and -1 elsewhere): all L suffixes, then all S suffixes. */
function induce(s: Symbols, sa: Int32Array, counts: Int32Array, bounds: Int32Array): void {
  const n = s.length;
  let sum = 0;
  for (let c = 0; c < counts.length; c++) {
    bounds[c] = sum;
    sum += counts[c]!;
  }
  sa[bounds[s[n - 1]!]!++] = n - 1;
  for (let i = 0; i < n; i++) {
    const j = sa[i]! - 1;
    if (j < 0) continue;
    const c = s[j]!;
    if (c >= s[j + 1]!) sa[bounds[c]!++] = j;
  }
  bucketEnds(counts, bounds);
  for (let i = n - 1; i >= 0; i--) {
    const j = sa[i]! - 1;
    if (j < 0) continue;
    const c = s[j]!;
    const d = s[j + 1]!;
    // Equal symbols: j is of type S exactly where j + 1 is, that is where i lies in its bucket's S part.
    if (c < d || (c === d && i >= bounds[c]!)) sa[--bounds[c]!] = j;
  }
}

/** Moves the LMS suffixes to the front, in their order; returns their number. */
function gatherLms(sa: Int32Array, typeS: Uint8Array): number {
  let m = 0;
  for (let i = 0; i < sa.length; i++) if (isLms(typeS, sa[i]!)) sa[m++] = sa[i]!;
  return m;
}

/** Writes the names of the LMS substrings, in text order, to the last `m` places; returns how many differ. */
function nameLmsSubstrings(s: Symbols, sa: Int32Array, typeS: Uint8Array, m: number): number {
  const n = s.length;
  sa.fill(-1, m);
  let names = 0;
  let previous = -1;
  for (let i = 0; i < m; i++) {
    const position = sa[i]!;
    if (previous < 0 || !sameLmsSubstring(s, typeS, previous, position)) names++;
    previous = position;
    sa[m + (position >> 1)] = names - 1; // LMS positions are at least two apart
  }
  let tail = n;
  for (let i = n - 1; i >= m; i--) if (sa[i]! >= 0) sa[--tail] = sa[i]!;
  return names;
}

function sameLmsSubstring(s: Symbols, typeS: Uint8Array, a: number, b: number): boolean {
  const n = s.length;
  for (let k = 0; ; k++) {
    if (a + k >= n || b + k >= n) return false;
    if (s[a + k] !== s[b + k]) return false;
    if (k > 0) {
      const endA = isLms(typeS, a + k);
      const endB = isLms(typeS, b + k);
      if (endA || endB) return endA && endB;
    }
  }
}
