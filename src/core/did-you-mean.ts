/**
 * "Did you mean": the names that a wrong one is like. A name that is like none gets the list of what is known, because
 * a wrong guess is worse than none.
 */

/** Most names that are offered, and most that a list has. */
const OFFERED = 3;
const LISTED = 20;

/**
 * A sentence end such as `; did you mean "char-lstm"?`, or the list of what is known where nothing is like it.
 * @param written how names are written. Default: in quotes, and in a list as they are
 */
export function didYouMean(
  name: string,
  known: Iterable<string>,
  written?: (name: string) => string,
): string {
  const write = (names: readonly string[], otherwise: (name: string) => string) =>
    names.map((one) => (written ?? otherwise)(one));
  const names = [...known];
  const alike = namesLike(name, names);
  if (alike.length > 0) return `did you mean ${oneOf(write(alike, (near) => `"${near}"`))}?`;
  if (names.length === 0) return "there are none.";
  const more = names.length > LISTED ? ` and ${names.length - LISTED} more` : "";
  return `known are: ${write(names.slice(0, LISTED), String).join(", ")}${more}.`;
}

/** `"a"`, `"a" or "b"`, `"a", "b" or "c"`. */
export const oneOf = (names: readonly string[]): string =>
  [names.slice(0, -1).join(", "), names.at(-1)].filter(Boolean).join(" or ");

/**
 * The names among `known` that `name` is most like, the likest alone if one is likest, at most three. Alike are:
 * the same letters (`topK`, `top_k`, `top-k`), a slip of the keys in every third letter, two letters that changed places,
 * a beginning (`temp`), a name without some of its letters (`cfg`, and `eval` for `evaluate`), one of several words
 * (`rate`) and their initials (`lr`).
 */
export function namesLike(name: string, known: Iterable<string>): string[] {
  const found = [...new Set(known)].flatMap((candidate) => {
    const distance = unlikeness(name, candidate);
    return distance === undefined ? [] : [{ candidate, distance }];
  });
  const least = Math.min(...found.map(({ distance }) => distance));
  return found
    .filter(({ distance }) => distance === least)
    .map(({ candidate }) => candidate)
    .slice(0, OFFERED);
}

/** 0 for the same letters, more for less alike; undefined for a name that is not meant. */
function unlikeness(name: string, candidate: string): number | undefined {
  const [given, wanted] = [wordsOf(name), wordsOf(candidate)];
  const [a, b] = [given.join(""), wanted.join("")];
  if (a === "" || b === "") return undefined;
  if (a === b) return 0;
  const slips = slipsBetween(a, b);
  if (slips !== undefined) return slips;
  if (a.length > 1 && b.startsWith(a)) return 1;
  if (isShortFor(a, b) || isShortFor(b, a)) return 2;
  const initials = wanted.map((word) => word[0]).join("");
  return wanted.length > 1 && ((a.length > 2 && wanted.includes(a)) || initials === a) ? 2 : undefined;
}

/** Whether `name` is `candidate` with slips of the keys or other signs between its words, and nothing less alike. */
export const isSlipOf = (name: string, candidate: string): boolean =>
  slipsBetween(wordsOf(name).join(""), wordsOf(candidate).join("")) !== undefined;

/** How many, if few for the length. */
function slipsBetween(a: string, b: string): number | undefined {
  if (Math.min(a.length, b.length) < 3) return undefined;
  const most = Math.max(a.length, b.length) / 3;
  if (Math.abs(a.length - b.length) > most) return undefined;
  const distance = editDistance(a, b);
  return distance <= most ? distance : undefined;
}

/** Whether `short` is `long` with at most half its letters left out, none of them the first. */
function isShortFor(short: string, long: string): boolean {
  if (short.length < 3 || 2 * short.length < long.length || short[0] !== long[0]) return false;
  let at = 0;
  for (const letter of long) if (letter === short[at]) at++;
  return at === short.length;
}

/** The words of a name in small letters: `top`, `k` of `topK`, `top_k` and `--top-k`. */
const wordsOf = (name: string): string[] =>
  name
    .replace(/(\p{Ll})(\p{Lu})/gu, "$1 $2")
    .toLowerCase()
    .split(/[^\p{L}\p{M}\p{N}]+/u)
    .filter((word) => word !== "");

/** Letters to change, add, leave out, or swap with the next one (Damerau's distance, each place touched once). */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let least = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        least = Math.min(least, before[j - 2]! + 1);
      row.push(least);
    }
    [before, last] = [last, row];
  }
  return last[b.length]!;
}
