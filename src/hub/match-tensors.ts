/**
 * Matches a file's tensors with those that a model expects, across the naming conventions of checkpoints, and
 * reports all mismatches at once. Runs in a browser.
 */
import { sizeOf } from "../core/array.ts";
import { InputError } from "../core/errors.ts";
import { checkFinite, type TensorSource } from "./tensor-source.ts";

export interface ExpectedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** Whether the file may lack it. Default false. */
  readonly optional?: boolean | undefined;
}

export interface MatchOptions {
  /** Prefixes that names may have or lack on either side, such as `transformer.` or `bert.`. */
  readonly prefixes?: readonly string[] | undefined;
  /** Tensors of the file to ignore, by their name without prefix, such as `/^h\.\d+\.attn\.bias$/`. */
  readonly ignore?: readonly RegExp[] | undefined;
  /** Old names in the file, such as `[/gamma$/, "weight"]`, replaced before names are compared. */
  readonly rename?: readonly (readonly [RegExp, string])[] | undefined;
  /** Other names of an expected tensor in the file, such as the embedding's name for a tied head. */
  readonly aliases?: Readonly<Record<string, readonly string[]>> | undefined;
  /** Expected tensors of the head that scores tokens, by their name without prefix, for the message where they are missing. */
  readonly head?: RegExp | undefined;
}

/**
 * The name in `source` of each expected tensor that it holds.
 *
 * @throws InputError `tensor-mismatch`, which names every tensor that is missing, unknown or of another shape;
 * `details` has the full lists `missing`, `unknown` and `wrongShape`.
 */
export function matchTensors(
  expected: Iterable<ExpectedTensor>,
  source: Pick<TensorSource, "tensors">,
  options: MatchOptions = {},
): Map<string, string> {
  const key = (name: string) => canonicalName(name, options);
  const unused = new Map<string, string>();
  const duplicates: string[] = [];
  for (const name of source.tensors.keys()) {
    const other = unused.get(key(name));
    if (other !== undefined) duplicates.push(`"${name}" and "${other}"`);
    unused.set(key(name), name);
  }
  const available = new Map(unused);
  const wanted = [...expected];
  // A name of two parameters is an alias of neither: an untied head is not the embedding.
  const own = new Set(wanted.map(({ name }) => name));
  const matches = new Map<string, string>();
  const missing: string[] = [];
  const wrongShape: string[] = [];
  for (const { name, shape, optional } of wanted) {
    const aliases = (options.aliases?.[name] ?? []).filter((alias) => !own.has(alias));
    const found = [name, ...aliases].map(key).find((k) => available.has(k));
    if (found === undefined) {
      if (!optional) missing.push(name);
      continue;
    }
    unused.delete(found);
    const stored = available.get(found)!;
    const got = source.tensors.get(stored)!.shape;
    if (!sameShape(got, shape))
      wrongShape.push(`${stored} is [${got.join(", ")}], not [${shape.join(", ")}]`);
    else matches.set(name, stored);
  }
  const unread = [...unused].filter(
    ([canonical, name]) =>
      source.tensors.get(name)!.adapted || !options.ignore?.some((pattern) => pattern.test(canonical)),
  );
  const named = (adapted: boolean) =>
    unread.flatMap(([, name]) => ((source.tensors.get(name)!.adapted ?? false) === adapted ? [name] : []));
  const unknown = named(false);
  const problems = [
    describe("missing", missing),
    describe("unknown", unknown),
    describe("adapted, but not used by the model", named(true)),
    describe("of another shape", wrongShape),
    describe("twice under two spellings", duplicates),
  ].filter((line) => line !== "");
  const { head } = options;
  const headless = missing.length > 0 && missing.every((name) => head?.test(key(name)));
  if (headless && wrongShape.length + duplicates.length === 0)
    throw new InputError(
      "tensor-mismatch",
      `The weights have no head that scores tokens (${problems.join("; ")}): a base model, or one that classifies, neither writes nor fills masks; take one that was saved with that head.`,
      { missing, unknown, wrongShape },
    );
  if (problems.length > 0) {
    throw new InputError(
      "tensor-mismatch",
      `The weights do not fit the model that config.json describes: ${problems.join("; ")}.`,
      { missing, unknown, wrongShape },
    );
  }
  return matches;
}

/** An expected tensor, and the memory to read it into, usually of the arena. */
export interface TensorSlot extends ExpectedTensor {
  readonly data: Float32Array;
}

/**
 * Matches the slots with the file's tensors and reads each, in the file's order.
 *
 * @returns the names of the optional slots that the file lacks; their memory is unchanged.
 * @throws InputError as {@link matchTensors}, TensorSource's `read` and {@link checkFinite}; slots that were read
 * before the error are filled.
 */
export async function readTensors(
  slots: readonly TensorSlot[],
  source: TensorSource,
  options: MatchOptions = {},
): Promise<string[]> {
  const matches = matchTensors(slots, source, options);
  const position = new Map([...source.tensors.keys()].map((name, i) => [name, i]));
  const place = (slot: TensorSlot) => position.get(matches.get(slot.name) ?? "") ?? -1;
  const absent: string[] = [];
  for (const slot of [...slots].sort((a, b) => place(a) - place(b))) {
    const stored = matches.get(slot.name);
    if (stored === undefined) {
      absent.push(slot.name);
      continue;
    }
    await source.read(stored, slot.data);
    checkFinite(stored, slot.data);
  }
  return absent;
}

/**
 * Reads every tensor once, as {@link readTensors} does, and keeps none.
 * @throws InputError where they do not fit, cannot be read or are not finite
 */
export async function checkTensors(
  expected: readonly ExpectedTensor[],
  source: TensorSource,
  options: MatchOptions = {},
): Promise<void> {
  const matches = matchTensors(expected, source, options);
  for (const { name, shape } of expected) {
    const stored = matches.get(name);
    if (stored === undefined) continue;
    const data = new Float32Array(sizeOf(shape));
    await source.read(stored, data);
    checkFinite(stored, data);
  }
}

function canonicalName(name: string, { prefixes = [], rename = [] }: MatchOptions): string {
  const prefix = prefixes.find((p) => name.startsWith(p)) ?? "";
  let canonical = name.slice(prefix.length);
  for (const [pattern, replacement] of rename) canonical = canonical.replace(pattern, replacement);
  return canonical;
}

function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((d, i) => d === b[i]);
}

/** Most names of a kind in the message; the details have all. */
const NAMES_SHOWN = 6;

function describe(what: string, names: readonly string[]): string {
  if (names.length === 0) return "";
  const more = names.length > NAMES_SHOWN ? ` and ${names.length - NAMES_SHOWN} more` : "";
  return `${what}: ${names.slice(0, NAMES_SHOWN).join(", ")}${more}`;
}
