/**
 * Regular expressions of schemas as automata over characters, so that a text can be kept on the way to a match.
 *
 * Thompson's construction, then subsets of states (Aho, Sethi, Ullman, 3.7). Characters that no expression tells apart are
 * one class. Left out are characters that JSON can only write as `\u` escapes, and halves of surrogate pairs.
 */
import { InputError } from "../../core/errors.ts";

type Range = readonly [from: number, to: number];
type Ranges = readonly Range[];

const LAST = 0x10ffff;
const writable: Ranges = [
  [0x08, 0x0a],
  [0x0c, 0x0d],
  [0x20, 0xd7ff],
  [0xe000, LAST],
];
const digits: Ranges = [[0x30, 0x39]];
const wordly: Ranges = [...digits, [0x41, 0x5a], [0x5f, 0x5f], [0x61, 0x7a]];
const blank: Ranges = [
  [0x09, 0x0d],
  [0x20, 0x20],
  [0xa0, 0xa0],
  [0x1680, 0x1680],
  [0x2000, 0x200a],
  [0x2028, 0x2029],
  [0x202f, 0x202f],
  [0x205f, 0x205f],
  [0x3000, 0x3000],
  [0xfeff, 0xfeff],
];
const lineEnds: Ranges = [
  [0x0a, 0x0a],
  [0x0d, 0x0d],
  [0x2028, 0x2029],
];

const intersection = (a: Ranges, b: Ranges): Ranges =>
  a.flatMap(([from, to]) =>
    b.flatMap(
      ([f, t]): Ranges =>
        Math.max(from, f) <= Math.min(to, t) ? [[Math.max(from, f), Math.min(to, t)]] : [],
    ),
  );

function complement(ranges: Ranges): Ranges {
  const sorted = [...ranges].sort((a, b) => a[0] - b[0]);
  const found: Range[] = [];
  let next = 0;
  for (const [from, to] of sorted) {
    if (from > next) found.push([next, from - 1]);
    next = Math.max(next, to + 1);
  }
  if (next <= LAST) found.push([next, LAST]);
  return found;
}

type Part =
  | { readonly is: "set"; readonly ranges: Ranges }
  | { readonly is: "all"; readonly parts: readonly Part[] }
  | { readonly is: "one"; readonly parts: readonly Part[] }
  | { readonly is: "repeat"; readonly part: Part; readonly min: number; readonly max: number };

const anything: Part = { is: "repeat", part: { is: "set", ranges: [[0, LAST]] }, min: 0, max: Infinity };
const empty: Part = { is: "all", parts: [] };

/** Most states of an automaton; counted repetitions multiply them. */
const MOST_STATES = 2_000;

/** Groups within each other, at most. */
const MOST_DEEP = 200;

/** Characters of a group's name, at most. */
const MOST_NAME = 100;

/** Steps of construction that are left, for all patterns of a schema together. */
export interface Work {
  left: number;
}

/** A second or two; usual patterns take a thousandth of it. */
export const fullWork = (): Work => ({ left: 1_000_000 });

const tooLarge = (): InputError => new InputError("pattern", "the pattern is too large");

function spend(work: Work, steps: number): void {
  work.left -= steps;
  if (work.left < 0) throw tooLarge();
}

/** An automaton with numbers as states; 0 is the first. */
export class Pattern {
  /** The last character of each class, rising. */
  readonly #ends: readonly number[];
  /** By state and class; -1 where nothing follows. */
  readonly #next: readonly Int32Array[];
  /** By the number of characters that are still to come: 1 for states from which a match can be as long. */
  readonly #exactly: Uint8Array[];

  constructor(ends: readonly number[], next: readonly Int32Array[], accepts: readonly boolean[]) {
    this.#ends = ends;
    this.#next = next;
    this.#exactly = [Uint8Array.from(accepts, Number)];
  }

  /** The state after a character; undefined where nothing matches any more. */
  after(state: number, character: number): number | undefined {
    const found = this.#next[state]![this.#classOf(character)]!;
    return found < 0 ? undefined : found;
  }

  accepts(state: number): boolean {
    return this.#exactly[0]![state] === 1;
  }

  /** Whether a match can end between `min` and `max` characters later. */
  reaches(state: number, min: number, max: number): boolean {
    // What is possible with many characters repeats itself.
    const most = Math.min(max, min + this.#next.length);
    for (let k = min; k <= most; k++) if (this.#after(k)[state] === 1) return true;
    return false;
  }

  /** Whether one of the characters from `from` to `to` leads to a state that `holds`. */
  some(state: number, from: number, to: number, holds: (next: number) => boolean): boolean {
    for (let k = this.#classOf(from); k <= this.#classOf(to); k++) {
      const next = this.#next[state]![k]!;
      if (next >= 0 && holds(next)) return true;
    }
    return false;
  }

  #after(count: number): Uint8Array {
    for (let k = this.#exactly.length; k <= count; k++) {
      const before = this.#exactly[k - 1]!;
      this.#exactly.push(
        Uint8Array.from(this.#next, (row) => (row.some((s) => s >= 0 && before[s] === 1) ? 1 : 0)),
      );
    }
    return this.#exactly[count]!;
  }

  #classOf(character: number): number {
    let low = 0;
    let high = this.#ends.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#ends[middle]! < character) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/**
 * A pattern as ECMA-262 writes it, found anywhere in a text unless it begins with ^ or ends with $.
 * @param within the characters that texts may have; undefined for all
 * @param work what building the automaton may take
 * @throws InputError `pattern` for what no automaton can do (look-around, back-references), and for a syntax error
 */
export function readPattern(source: string, within?: Ranges, work = fullWork()): Pattern {
  try {
    new RegExp(source, "u");
  } catch {
    throw new InputError("pattern", `${JSON.stringify(source)} is no regular expression`);
  }
  return automatonOf(new Reader(source).read(), within ? intersection(writable, within) : writable, work);
}

class Reader {
  readonly #characters: readonly string[];
  readonly #source: string;
  #at = 0;
  #deep = 0;

  constructor(source: string) {
    this.#source = source;
    this.#characters = [...source];
  }

  read(): Part {
    const parts = this.#alternatives(true);
    if (this.#at < this.#characters.length) throw this.#refuse(this.#characters[this.#at]!);
    return parts;
  }

  #peek = () => this.#characters[this.#at];

  #take(text: string): boolean {
    for (const [k, c] of [...text].entries()) if (this.#characters[this.#at + k] !== c) return false;
    this.#at += [...text].length;
    return true;
  }

  #refuse(what: string): InputError {
    return new InputError(
      "pattern",
      `${JSON.stringify(this.#source)} has ${JSON.stringify(what)}, which is not supported`,
    );
  }

  /** @param outer whether what is not anchored may have anything around it */
  #alternatives(outer: boolean): Part {
    const parts: Part[] = [];
    do {
      const begins = outer && this.#take("^");
      const sequence: Part[] = [];
      let ends = false;
      while (this.#peek() !== undefined && this.#peek() !== "|" && this.#peek() !== ")") {
        if (outer && this.#peek() === "$" && [undefined, "|"].includes(this.#characters[this.#at + 1])) {
          this.#at++;
          ends = true;
          break;
        }
        sequence.push(this.#repeated());
      }
      const whole: Part = { is: "all", parts: sequence };
      parts.push(
        outer ? { is: "all", parts: [begins ? empty : anything, whole, ends ? empty : anything] } : whole,
      );
    } while (this.#take("|"));
    return { is: "one", parts };
  }

  #repeated(): Part {
    const part = this.#atom();
    const counted = /^\{(\d+)(,?)(\d*)\}/.exec(this.#characters.slice(this.#at, this.#at + 20).join(""));
    let bounds: readonly [number, number] | undefined;
    if (this.#take("*")) bounds = [0, Infinity];
    else if (this.#take("+")) bounds = [1, Infinity];
    else if (this.#take("?")) bounds = [0, 1];
    else if (counted) {
      this.#at += counted[0].length;
      const least = Number(counted[1]);
      bounds = [least, counted[2] === "" ? least : counted[3] === "" ? Infinity : Number(counted[3])];
    }
    if (bounds === undefined) return part;
    // Greedy or not, the same texts match.
    this.#take("?");
    return { is: "repeat", part, min: bounds[0], max: bounds[1] };
  }

  #atom(): Part {
    if (this.#take("(")) {
      if (++this.#deep > MOST_DEEP) throw tooLarge();
      if (this.#peek() === "?" && !this.#take("?:")) {
        const ahead = this.#characters.slice(this.#at, this.#at + MOST_NAME + 3).join("");
        const name = /^\?<[\w$]+>/.exec(ahead);
        if (!name) throw this.#refuse(`(${this.#characters.slice(this.#at, this.#at + 2).join("")}`);
        this.#at += [...name[0]].length;
      }
      const inner = this.#alternatives(false);
      if (!this.#take(")")) throw this.#refuse(this.#peek() ?? "(");
      this.#deep--;
      return inner;
    }
    if (this.#take("[")) return { is: "set", ranges: this.#list() };
    if (this.#take(".")) return { is: "set", ranges: complement(lineEnds) };
    if (this.#peek() === "^" || this.#peek() === "$")
      throw this.#refuse(`${this.#peek()} within the pattern`);
    return { is: "set", ranges: this.#character() };
  }

  #list(): Ranges {
    const negative = this.#take("^");
    const ranges: Range[] = [];
    while (!this.#take("]")) {
      const first = this.#character();
      const single = first.length === 1 && first[0]![0] === first[0]![1];
      if (single && this.#peek() === "-" && this.#characters[this.#at + 1] !== "]") {
        this.#at++;
        const last = this.#character();
        ranges.push([first[0]![0], last[0]![1]]);
      } else ranges.push(...first);
    }
    return negative ? complement(ranges) : ranges;
  }

  #character(): Ranges {
    const c = this.#characters[this.#at++]!;
    if (c !== "\\") return [[c.codePointAt(0)!, c.codePointAt(0)!]];
    const escaped = this.#characters[this.#at++]!;
    const classes: Readonly<Record<string, Ranges>> = {
      d: digits,
      D: complement(digits),
      w: wordly,
      W: complement(wordly),
      s: blank,
      S: complement(blank),
    };
    const listed = classes[escaped];
    if (listed) return listed;
    const control = { t: 9, n: 10, v: 11, f: 12, r: 13, "0": 0 }[escaped];
    if (control !== undefined) return [[control, control]];
    const coded = /^(?:x([\da-f]{2})|u([\da-f]{4})|u\{([\da-f]+)\})/i.exec(
      escaped + this.#characters.slice(this.#at, this.#at + 10).join(""),
    );
    if (coded) {
      this.#at += coded[0].length - 1;
      const code = Number.parseInt(coded[1] ?? coded[2] ?? coded[3]!, 16);
      return [[code, code]];
    }
    if (/[A-Za-z\d]/.test(escaped)) throw this.#refuse(`\\${escaped}`);
    return [[escaped.codePointAt(0)!, escaped.codePointAt(0)!]];
  }
}

/** States by number, with what follows: at once, or after a character of a set. */
interface Edges {
  readonly free: number[];
  readonly sets: { readonly ranges: Ranges; readonly to: number }[];
}

function automatonOf(part: Part, within: Ranges, work: Work): Pattern {
  const states: Edges[] = [];
  const add = (): number => {
    if (states.length >= 10 * MOST_STATES) throw tooLarge();
    return states.push({ free: [], sets: [] }) - 1;
  };
  /** Adds a part behind state `from`; returns the state behind it. */
  const build = (one: Part, from: number): number => {
    switch (one.is) {
      case "set": {
        const to = add();
        spend(work, one.ranges.length * within.length);
        states[from]!.sets.push({ ranges: intersection(one.ranges, within), to });
        return to;
      }
      case "all":
        return one.parts.reduce((at, inner) => build(inner, at), from);
      case "one": {
        const end = add();
        for (const inner of one.parts) {
          const begin = add();
          states[from]!.free.push(begin);
          states[build(inner, begin)]!.free.push(end);
        }
        return end;
      }
      case "repeat": {
        let at = from;
        for (let k = 0; k < one.min; k++) at = build(one.part, at);
        const end = add();
        if (one.max === Infinity) {
          const loop = add();
          states[at]!.free.push(loop);
          states[build(one.part, loop)]!.free.push(loop);
          states[loop]!.free.push(end);
          return end;
        }
        states[at]!.free.push(end);
        for (let k = one.min; k < one.max; k++) {
          at = build(one.part, at);
          states[at]!.free.push(end);
        }
        return end;
      }
    }
  };
  const first = add();
  const last = build(part, first);
  const starts = new Set([0, LAST + 1]);
  for (const { sets } of states)
    for (const { ranges } of sets)
      for (const [from, to] of ranges) {
        starts.add(from);
        starts.add(to + 1);
      }
  const sorted = [...starts].sort((a, b) => a - b);
  const classes = sorted.slice(0, -1);
  const classAt = new Map(sorted.map((start, k) => [start, k]));

  const closed = (some: Iterable<number>): readonly number[] => {
    const all = new Set(some);
    for (const state of all) for (const next of states[state]!.free) all.add(next);
    spend(work, all.size);
    return [...all].sort((a, b) => a - b);
  };
  const known = new Map<string, number>();
  const sets: (readonly number[])[] = [];
  const numberOf = (set: readonly number[]): number => {
    const key = set.join(" ");
    const number = known.get(key) ?? sets.push(set) - 1;
    known.set(key, number);
    if (sets.length > MOST_STATES) throw tooLarge();
    return number;
  };
  numberOf(closed([first]));
  const next: Int32Array[] = [];
  for (let k = 0; k < sets.length; k++) {
    spend(work, classes.length);
    const reached = classes.map(() => new Set<number>());
    for (const state of sets[k]!)
      for (const { ranges, to } of states[state]!.sets)
        for (const [from, end] of ranges) {
          spend(work, 1);
          for (let c = classAt.get(from)!; c < classAt.get(end + 1)!; c++) reached[c]!.add(to);
        }
    next.push(Int32Array.from(reached, (set) => (set.size === 0 ? -1 : numberOf(closed(set)))));
  }
  return new Pattern(
    sorted.slice(1).map((start) => start - 1),
    next,
    sets.map((set) => set.includes(last)),
  );
}
