/**
 * Writes JSON byte by byte as a shape allows it: a pushdown automaton with several stacks at a time where a text can still
 * become one of several things. Every state that it reaches can be brought to an end.
 *
 * White space is written as formatters do: one space, or a line break with the indentation, behind `{`, `[`, `,` and `:` and
 * before `}` and `]`. Objects have their properties in the order of their shape. Names and texts are UTF-8.
 */
import { InputError } from "../../core/errors.ts";
import { remember } from "../../core/remember.ts";
import { beginsNumber, isNumber, isUnbounded, withoutDigits } from "./numbers.ts";
import type { ArrayShape, NumberShape, ObjectShape, Shape, StringShape } from "./shapes.ts";
import { hasBetween, type Trie, trieOf } from "./trie.ts";
import { type Lead, leadOf, narrowed } from "./utf8.ts";

/** What is next in a text. */
interface Frame {
  /** Whether it can be left out, or ends here. */
  readonly ends: boolean;
  /** What can be in its place after a byte: lists of frames, the next first. */
  step(byte: number): Steps;
  /** As it is where only the next `bytes` matter. */
  near?(bytes: number): Frame;
}

/** Frames, the next one on top. */
class Stack {
  readonly id: number;
  readonly frame: Frame | undefined;
  readonly below: Stack | undefined;
  readonly #above = new Map<Frame, Stack>();
  readonly #count: { stacks: number };

  constructor(count: { stacks: number }, frame?: Frame, below?: Stack) {
    this.#count = count;
    this.id = count.stacks++;
    this.frame = frame;
    this.below = below;
  }

  push(frame: Frame): Stack {
    return remember(this.#above, frame, () => new Stack(this.#count, frame, this));
  }
}

/** Where a text can be. */
export interface State {
  /** Whether the text is whole. */
  readonly ends: boolean;
  /** Whether it is whole and nothing can follow. */
  readonly over: boolean;
  readonly stacks: readonly Stack[];
  readonly next: Map<number, State | null>;
}

/** Ways in which a text can be read at the same time, at most. */
const MOST_STACKS = 256;
/** States after which a machine is full, and frames after which those of others are forgotten. */
const MOST_STATES = 50_000;
const MOST_FRAMES = 200_000;

/** Objects and lists within each other for which line breaks are indented further. */
const DEEPEST = 8;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const encoder = new TextEncoder();

/** What can follow a backslash, and what it stands for. */
const escapes = new Map([...'"\\/bfnrt'].map((c, k) => [c.charCodeAt(0), '"\\/\b\f\n\r\t'.charCodeAt(k)]));

type Steps = readonly (readonly Frame[])[];

export class Machine {
  readonly #shape: Shape;
  readonly #frames: Frames;
  readonly #count = { stacks: 0 };
  readonly #bottom = new Stack(this.#count);
  readonly #states = new Map<string, State>();

  constructor(shape: Shape, frames = new Frames()) {
    this.#shape = shape;
    this.#frames = frames;
  }

  /** Whether it remembers so much that another should take its place. */
  get full(): boolean {
    return this.#states.size > MOST_STATES || this.#count.stacks > 4 * MOST_STATES;
  }

  /** One that remembers nothing of the texts that were read, in which their states can go on: {@link adopt}. */
  fresh(): Machine {
    this.#frames.forget(MOST_FRAMES);
    return new Machine(this.#shape, this.#frames);
  }

  /** This machine's state for one of a machine that was there before it. */
  adopt({ stacks }: State): State {
    const adopted = ({ frame, below }: Stack): Stack =>
      frame === undefined ? this.#bottom : adopted(below!).push(frame);
    return this.#stateOf([...new Set(stacks.map(adopted))]);
  }

  /** The beginning of a text. */
  begin(): State {
    return this.#stateOf([this.#bottom.push(this.#frames.value(this.#shape, 0))]);
  }

  /**
   * The state after a byte; null where no text goes on so.
   * @throws InputError `schema` where more than {@link MOST_STACKS} ways of reading the text are left
   */
  after(state: State, byte: number): State | null {
    const known = state.next.get(byte);
    if (known !== undefined) return known;
    const found = new Set<Stack>();
    for (const whole of state.stacks)
      for (let stack: Stack = whole; stack.frame; stack = stack.below!) {
        for (const frames of stack.frame.step(byte)) {
          let next = stack.below!;
          for (let k = frames.length - 1; k >= 0; k--) next = next.push(frames[k]!);
          found.add(next);
        }
        if (found.size > MOST_STACKS) throw ambiguous();
        if (!stack.frame.ends) break;
      }
    const next = found.size === 0 ? null : this.#stateOf([...found]);
    state.next.set(byte, next);
    return next;
  }

  /** A state that goes on as this one does for so many bytes. */
  near(state: State, bytes: number): State {
    const stacks = state.stacks.map((stack) => {
      const near = stack.frame?.near?.(bytes);
      return near === undefined || near === stack.frame ? stack : stack.below!.push(near);
    });
    return stacks.every((stack, k) => stack === state.stacks[k])
      ? state
      : this.#stateOf([...new Set(stacks)]);
  }

  /** The state after a text; null where it is not allowed. */
  read(bytes: Iterable<number>): State | null {
    let state: State | null = this.begin();
    for (const byte of bytes) {
      state = this.after(state, byte);
      if (state === null) return null;
    }
    return state;
  }

  /** Whether a whole text is allowed. */
  accepts(text: string): boolean {
    return this.read(encoder.encode(text))?.ends ?? false;
  }

  #stateOf(stacks: readonly Stack[]): State {
    const sorted = [...stacks].sort((a, b) => a.id - b.id);
    return remember(this.#states, sorted.map(({ id }) => id).join(" "), () => {
      const ends = sorted.some((stack) => {
        let left: Stack = stack;
        while (left.frame?.ends) left = left.below!;
        return left.frame === undefined;
      });
      const over = sorted.every(({ frame }) => frame === undefined);
      return { ends, over, stacks: sorted, next: new Map() };
    });
  }
}

const ambiguous = (): InputError =>
  new InputError(
    "schema",
    `The schema can be read in more than ${MOST_STACKS} ways at the same place; give its alternatives different beginnings, such as a property of one value each that comes first.`,
  );

/** The frames of the machines of one shape, each made once. */
class Frames {
  readonly #known = new Map<string, Frame>();
  readonly #ids = new Map<object, number>();

  /** Makes all frames again where there are more than `most`. */
  forget(most: number): void {
    if (this.#known.size > most) this.#known.clear();
  }

  id(of: object): number {
    return remember(this.#ids, of, () => this.#ids.size);
  }

  /** A frame that remembers its steps. */
  make(key: string, ends: boolean, step: Frame["step"], near?: Frame["near"]): Frame {
    return remember(this.#known, key, () => {
      const steps: Steps[] = [];
      return { ends, step: (byte) => (steps[byte] ??= step(byte)), ...(near ? { near } : {}) };
    });
  }

  /** @param deep how many objects and lists it is in */
  value(shape: Shape, deep: number): Frame {
    return this.make(`value ${this.id(shape)} ${deep}`, false, (byte) => this.#begin(shape, deep, byte));
  }

  #begin(shape: Shape, deep: number, byte: number): Steps {
    const inside = Math.min(deep + 1, DEEPEST);
    switch (shape.kind) {
      case "union":
        return shape.members.flatMap((member) => this.#begin(member, deep, byte));
      case "literal":
        return this.#literal(this.#trieOf(shape, shape.texts)).step(byte);
      case "string":
        return byte === QUOTE ? this.#text(shape, shape.min, shape.max, 0) : [];
      case "number":
        return this.#number(shape, String.fromCharCode(byte));
      case "object":
        return byte === 0x7b
          ? [[this.space(inside), this.#key(shape, inside, { index: 0, count: 0 }, true)]]
          : [];
      case "array":
        return byte === 0x5b ? [[this.space(inside), this.#item(shape, inside, 0, true)]] : [];
    }
  }

  // --- white space ---

  space(deep: number): Frame {
    return this.make(`space ${deep}`, true, (byte) =>
      byte === 0x20 ? [[]] : byte === 0x0a ? [[this.#indentation(4 * deep)]] : [],
    );
  }

  #indentation(left: number): Frame {
    return this.make(`indentation ${left}`, true, (byte) =>
      byte === 0x20 && left > 0 ? [[this.#indentation(left - 1)]] : [],
    );
  }

  /** One space, as behind a colon. */
  get #blank(): Frame {
    return this.make("blank", true, (byte) => (byte === 0x20 ? [[]] : []));
  }

  // --- literals ---

  readonly #tries = new Map<object, Trie>();

  #trieOf(of: object, texts: readonly string[]): Trie {
    return remember(this.#tries, of, () => trieOf(texts));
  }

  #literal(trie: Trie): Frame {
    return this.make(`literal ${this.id(trie)}`, false, (byte) => {
      const next = trie.next.get(byte);
      if (next === undefined) return [];
      const whole: Steps = next.whole === undefined ? [] : [[]];
      return next.next.size > 0 ? [[this.#literal(next)], ...whole] : whole;
    });
  }

  // --- numbers ---

  #number(shape: NumberShape, written: string): Steps {
    const text = isUnbounded(shape) ? withoutDigits(written) : written;
    if (!beginsNumber(shape, text)) return [];
    const step = (byte: number) => this.#number(shape, text + String.fromCharCode(byte));
    return [[this.make(`number ${this.id(shape)} ${text}`, isNumber(shape, text), step)]];
  }

  // --- texts ---

  /** Within a text, of which `min` to `max` characters are to come, `at` a state of its pattern. */
  #text({ pattern }: Pick<StringShape, "pattern">, min: number, max: number, at: number): Steps {
    if (pattern && !pattern.reaches(at, min, max)) return [];
    const key = `text ${pattern ? this.id(pattern) : ""} ${min} ${max} ${at}`;
    const least = Math.max(0, min - 1);
    const after = (character: number): Steps => {
      if (max === 0) return [];
      const next = pattern ? pattern.after(at, character) : 0;
      return next === undefined ? [] : this.#text({ pattern }, least, max - 1, next);
    };
    const some = (from: number, to: number) =>
      !pattern || pattern.some(at, from, to, (next) => pattern.reaches(next, least, max - 1));
    const step = (byte: number): Steps => {
      if (byte === QUOTE) return min === 0 && (!pattern || pattern.accepts(at)) ? [[]] : [];
      if (max === 0 || byte < 0x20) return [];
      if (byte === BACKSLASH) return this.#escape(key, after, pattern === undefined);
      if (byte < 0x80) return after(byte);
      return this.#character(key, leadOf(byte), after, some);
    };
    const near = (bytes: number): Frame =>
      this.#text({}, Math.min(min, bytes), max >= bytes ? Infinity : max, 0)[0]![0]!;
    return [[this.make(key, false, step, pattern ? undefined : near)]];
  }

  /** The rest of a character of several bytes. @param some whether one of a range can follow */
  #character(
    key: string,
    lead: Lead | undefined,
    after: (character: number) => Steps,
    some: (from: number, to: number) => boolean,
  ): Steps {
    if (lead === undefined) return [];
    const { left, from, to } = lead;
    if (left === 0) return after(from);
    if (!some(from, to)) return [];
    const step = (byte: number) => this.#character(key, narrowed(lead, byte), after, some);
    return [[this.make(`${key} > ${left} ${from}`, false, step)]];
  }

  /** Behind a backslash. @param coded whether `\u` may follow */
  #escape(key: string, after: (character: number) => Steps, coded: boolean): Steps {
    const isHex = (byte: number) => /[\da-f]/i.test(String.fromCharCode(byte));
    const hex = (left: number): Frame =>
      this.make(`${key} u ${left}`, false, (byte) => {
        // No halves of surrogate pairs (D800 to DFFF).
        if (!isHex(byte) || (left === 4 && /d/i.test(String.fromCharCode(byte)))) return [];
        return left > 1 ? [[hex(left - 1)]] : after(0);
      });
    if (!coded && [...escapes.values()].every((c) => after(c).length === 0)) return [];
    const step = (byte: number): Steps => {
      if (coded && byte === 0x75) return [[hex(4)]];
      const character = escapes.get(byte);
      return character === undefined ? [] : after(character);
    };
    return [[this.make(`${key} escape`, false, step)]];
  }

  // --- objects ---

  /** A name or, where that is allowed, the end. @param first whether there was none before */
  #key(shape: ObjectShape, deep: number, place: Place, first: boolean): Frame {
    return this.make(
      `key ${this.id(shape)} ${deep} ${place.index} ${place.count} ${first}`,
      false,
      (byte) => {
        if (first && byte === 0x7d) return mayClose(shape, place) ? [[]] : [];
        return byte === QUOTE ? this.#names(shape, deep, place) : [];
      },
    );
  }

  #names(shape: ObjectShape, deep: number, place: Place): Steps {
    const { properties, others } = shape;
    const [from, to] = namesAt(shape, place);
    const found: (readonly Frame[])[] = [];
    if (from <= to) {
      const trie = this.#trieOf(
        shape,
        properties.map(({ text }) => text.slice(1)),
      );
      found.push([this.#name(shape, trie, deep, place.count, from, to)]);
    }
    if (others && mayAddOther(shape, place)) {
      const names = this.#trieOf(
        properties,
        properties.map(({ name }) => name),
      );
      found.push([
        this.#otherName(names),
        ...this.#valueOf(shape, others, deep, properties.length, place.count),
      ]);
    }
    return found;
  }

  /** One of the names from `from` to `to`, with its value. */
  #name(shape: ObjectShape, trie: Trie, deep: number, count: number, from: number, to: number): Frame {
    return this.make(`name ${this.id(trie)} ${deep} ${count} ${from} ${to}`, false, (byte) => {
      const next = trie.next.get(byte);
      if (next === undefined || !hasBetween(next.indexes, from, to)) return [];
      const { whole } = next;
      // A name ends with its quotation mark, so that nothing longer begins with it.
      if (whole === undefined) return [[this.#name(shape, next, deep, count, from, to)]];
      return [this.#valueOf(shape, shape.properties[whole]!.shape, deep, whole + 1, count)];
    });
  }

  /** A colon, a value, and what follows it in the object. */
  #valueOf(shape: ObjectShape, value: Shape, deep: number, index: number, count: number): readonly Frame[] {
    const then = { index, count: shape.max === Infinity ? Math.min(count + 1, shape.min) : count + 1 };
    const more = mayAdd(shape, then) ? [this.space(deep), this.#key(shape, deep, then, false)] : undefined;
    const close = mayClose(shape, then);
    const key = `${this.id(shape)} ${index} ${then.count}`;
    return [
      this.#byte(0x3a),
      this.#blank,
      this.value(value, deep),
      this.#next(key, deep, more, close ? 0x7d : 0),
    ];
  }

  /** A name that is none of the shape's own, without escapes. */
  #otherName(trie: Trie | undefined, lead?: Lead): Frame {
    const at = trie ? this.id(trie) : "";
    return this.make(`other ${at} ${lead ? `${lead.left} ${lead.from}` : ""}`, false, (byte) => {
      const next = trie?.next.get(byte);
      if (lead || byte >= 0x80) {
        const more = lead ? narrowed(lead, byte) : leadOf(byte);
        return more ? [[this.#otherName(next, more.left > 0 ? more : undefined)]] : [];
      }
      if (byte === QUOTE) return trie?.whole === undefined ? [[]] : [];
      return byte < 0x20 || byte === BACKSLASH ? [] : [[this.#otherName(next)]];
    });
  }

  #byte(wanted: number): Frame {
    return this.make(`byte ${wanted}`, false, (byte) => (byte === wanted ? [[]] : []));
  }

  /** Behind a value: a comma with `more`, or the byte that closes (0: it may not close yet). */
  #next(key: string, deep: number, more: readonly Frame[] | undefined, close: number): Frame {
    return this.make(`next ${key} ${deep} ${close}`, false, (byte) => {
      if (byte === 0x2c) return more ? [more] : [];
      if (close === 0) return [];
      if (byte === close) return [[]];
      if (byte === 0x20) return [[this.#byte(close)]];
      return byte === 0x0a ? [[this.#indentation(4 * (deep - 1)), this.#byte(close)]] : [];
    });
  }

  // --- lists ---

  /** An item or, where that is allowed, the end. @param first whether there was none before */
  #item(shape: ArrayShape, deep: number, count: number, first: boolean): Frame {
    return this.make(`item ${this.id(shape)} ${deep} ${count} ${first}`, false, (byte) => {
      if (first && byte === 0x5d) return shape.min === 0 ? [[]] : [];
      const item = shape.first[count] ?? shape.rest;
      if (item === undefined || count >= shape.max) return [];
      const enough = Math.max(shape.min, shape.first.length);
      const then = shape.max === Infinity ? Math.min(count + 1, enough) : count + 1;
      const more = then < shape.max ? [this.space(deep), this.#item(shape, deep, then, false)] : undefined;
      const next = this.#next(`${this.id(shape)} ${then}`, deep, more, then >= shape.min ? 0x5d : 0);
      return this.#begin(item, deep, byte).map((frames) => [...frames, next]);
    });
  }
}

/** Where an object is: the first of its properties that can still come, and how many it has. */
interface Place {
  readonly index: number;
  readonly count: number;
}

const requiredFrom = ({ properties }: ObjectShape, index: number): number =>
  properties.slice(index).filter(({ required }) => required).length;

const mayClose = (shape: ObjectShape, { index, count }: Place): boolean =>
  count >= shape.min && requiredFrom(shape, index) === 0;

const mayAddOther = (shape: ObjectShape, { index, count }: Place): boolean =>
  shape.others !== undefined && count < shape.max && requiredFrom(shape, index) === 0;

/** The first and the last property that can be next, such that the rest can still be as many as must be. */
function namesAt(shape: ObjectShape, { index, count }: Place): readonly [from: number, to: number] {
  const { properties, others, min, max } = shape;
  const needed = properties.findIndex(({ required }, k) => k >= index && required);
  const full = count + 1 + requiredFrom(shape, index) > max;
  if (full && needed < 0) return [0, -1];
  const from = full ? needed : index;
  const to = needed < 0 ? properties.length - 1 : needed;
  return [from, others ? to : Math.min(to, properties.length - Math.max(1, min - count))];
}

function mayAdd(shape: ObjectShape, place: Place): boolean {
  const [from, to] = namesAt(shape, place);
  return from <= to || mayAddOther(shape, place);
}
