/**
 * Runs a chat template in bounded work. A template comes with a model, so it is a stranger's program: it reads what it
 * is given and nothing else, and is stopped where it works on without end.
 */
import { Environment, Interpreter } from "@huggingface/jinja";

/** A node of a parsed template, as far as work is counted by it. */
export interface TemplateNode {
  readonly type: string;
  /** What a `For` goes through, and what a `SelectExpression` chooses from. */
  readonly iterable?: TemplateNode;
  readonly lhs?: TemplateNode;
  /** What a `MemberExpression` reads, and where. */
  readonly object?: TemplateNode;
  readonly property?: TemplateNode;
  /** What a `FilterExpression` works on, and the filter, which is a name where it has no arguments. */
  readonly operand?: TemplateNode;
  readonly filter?: TemplateNode;
  readonly value?: unknown;
}

/** The library's interpreter; its own types are not resolved by the rules of this package. */
interface Evaluating {
  evaluate: (node: TemplateNode | undefined, scope: unknown) => { readonly value: unknown };
  run(program: TemplateNode): { readonly value: unknown };
}
const open = (environment: Environment) => new Interpreter(environment) as unknown as Evaluating;

/** Why a template was stopped: its own words where it refused the conversation. */
export class TemplateStopped extends Error {
  readonly why: "refused" | "endless";
  constructor(why: "refused" | "endless", message: string) {
    super(message);
    this.why = why;
  }
}

export interface Rendering {
  /** What the template can read. */
  readonly variables: Readonly<Record<string, unknown>>;
  readonly now: Date;
}

/** Steps for a conversation of one message, part of a second; each further message adds {@link MESSAGE_STEPS}. */
const STEPS = 100_000;
/** Usual templates take 20 to 200 steps a message. */
const MESSAGE_STEPS = 300;
/** Numbers of a `range`. */
const MAX_RANGE = 1_000_000;
/** Longest text or list that may come about beyond what the conversation itself has. */
const MAX_LENGTH = 4_194_304;
/** UTF-16 units of a text, and entries of a list, that are gone through in the time of a step. */
const UNITS_A_STEP = 256;
const ENTRIES_A_STEP = 8;

/** Counts what is evaluated, and stops where it is too much. No clock: a busy machine changes nothing. */
class Work {
  #steps = 0;
  readonly #maxSteps: number;
  readonly #maxLength: number;
  /** Lists that a loop goes through: a step for each entry, even where its body has none. */
  readonly #loops = new WeakSet<TemplateNode>();
  /** Lists of which one entry, or only the length, is read. */
  readonly #glances = new WeakSet<TemplateNode>();

  constructor(messages: number, length: number) {
    this.#maxSteps = STEPS + MESSAGE_STEPS * messages;
    this.#maxLength = MAX_LENGTH + 4 * length;
  }

  /** Counts in an interpreter what it evaluates from now on. */
  watch(interpreter: Evaluating): void {
    const evaluate = interpreter.evaluate.bind(interpreter);
    interpreter.evaluate = (node, scope) => {
      this.#count(1);
      if (node) this.#note(node);
      const result = evaluate(node, scope);
      const { value } = result;
      if (typeof value === "string") this.#went(value.length, UNITS_A_STEP);
      else if (Array.isArray(value) && node && !this.#glances.has(node))
        this.#went(value.length, this.#loops.has(node) ? 1 : ENTRIES_A_STEP);
      return result;
    };
  }

  #note(node: TemplateNode): void {
    const { type, iterable, object, property, operand, filter } = node;
    if (type === "For" && iterable) this.#loops.add(iterable.lhs ?? iterable);
    if (type === "MemberExpression" && object && property?.type !== "SliceExpression")
      this.#glances.add(object);
    if (type === "FilterExpression" && operand && /^(length|count|first|last)$/.test(String(filter?.value)))
      this.#glances.add(operand);
  }

  #went(length: number, aStep: number): void {
    if (length > this.#maxLength)
      throw new TemplateStopped("endless", `it makes a text or list of more than ${this.#maxLength} parts`);
    this.#count(Math.floor(length / aStep));
  }

  #count(steps: number): void {
    this.#steps += steps;
    if (this.#steps > this.#maxSteps)
      throw new TemplateStopped("endless", `it takes more than ${this.#maxSteps} steps`);
  }
}

/**
 * The text that a template makes.
 * @throws TemplateStopped where it refuses or does not end; what the interpreter throws where it does not understand
 */
export function render(program: TemplateNode, { variables, now }: Rendering): string {
  const environment = new Environment();
  for (const [name, value] of Object.entries({ ...constants, ...functions(now), ...variables }))
    environment.set(name, value);
  const messages = Array.isArray(variables.messages) ? variables.messages.length : 0;
  const interpreter = open(environment);
  new Work(messages, lengthOf(variables)).watch(interpreter);
  return String(interpreter.run(program).value);
}

const constants = { true: true, True: true, false: false, False: false, none: null, None: null };

const functions = (now: Date) => ({
  raise_exception(message: unknown) {
    throw new TemplateStopped("refused", String(message));
  },
  range: boundedRange,
  strftime_now: (format: unknown) => formatTime(now, String(format)),
});

/** Python's `range`. */
function boundedRange(first: number, end?: number, step = 1): number[] {
  const [from, to] = end === undefined || end === null ? [0, first] : [first, end];
  const count = Math.max(0, Math.ceil((to - from) / step));
  if (!Number.isSafeInteger(count) || step === 0) throw new Error("range() of no whole numbers");
  if (count > MAX_RANGE) throw new TemplateStopped("endless", `it counts through ${count} numbers`);
  return Array.from({ length: count }, (_, i) => from + i * step);
}

/** Python's `strftime`, as far as templates use it, in English and the local time. */
function formatTime(time: Date, format: string): string {
  const two = (value: number) => String(value).padStart(2, "0");
  const named = (style: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat("en-GB", style).format(time);
  const parts: Readonly<Record<string, () => string>> = {
    Y: () => String(time.getFullYear()),
    m: () => two(time.getMonth() + 1),
    d: () => two(time.getDate()),
    H: () => two(time.getHours()),
    M: () => two(time.getMinutes()),
    S: () => two(time.getSeconds()),
    b: () => named({ month: "long" }).slice(0, 3),
    B: () => named({ month: "long" }),
    a: () => named({ weekday: "long" }).slice(0, 3),
    A: () => named({ weekday: "long" }),
    "%": () => "%",
  };
  return format.replace(/%(.)/g, (written, letter: string) => parts[letter]?.() ?? written);
}

/** UTF-16 units and entries of all texts and lists inside of a value. */
function lengthOf(value: unknown): number {
  if (typeof value === "string") return value.length;
  if (typeof value !== "object" || value === null) return 0;
  let sum = 0;
  for (const part of Object.values(value)) sum += 1 + lengthOf(part);
  return sum;
}
