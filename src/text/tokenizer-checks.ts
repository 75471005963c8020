/**
 * Checks that a `tokenizer.json` of sub-words is consistent. The library that reads it does not check, and an
 * inconsistent vocabulary would silently spell texts wrongly.
 */
import { InputError } from "../core/errors.ts";

type Fields = Readonly<Record<string, unknown>>;

/**
 * @returns how many tokens the vocabulary has, whose ids are all numbers below that
 * @throws InputError `tokenizer-file` that names what does not fit
 */
export function checkTokenizerFile(json: Fields): number {
  const model = fields(json.model, "model");
  const vocab = fields(model.vocab, "vocabulary");
  const added = json.added_tokens ?? [];
  if (!Array.isArray(added)) throw broken("its added_tokens are not a list");
  // A map finds tokens in half the time that an object takes.
  const ids = new Map<string, unknown>();
  const byId: string[] = [];
  for (const token of Object.keys(vocab)) {
    ids.set(token, vocab[token]);
    claim(byId, token, vocab[token]);
  }
  let size = ids.size;
  for (const entry of added) {
    const { content, id } = fields(entry, "added token");
    if (typeof content !== "string" || content === "") throw broken("an added token has no text");
    const known = ids.get(content);
    if (known !== undefined && known !== id)
      throw broken(`it gives ${shown(content)} the ids ${shown(known)} and ${shown(id)}`);
    if (known !== undefined) continue;
    claim(byId, content, id);
    size++;
  }
  for (let id = 0; id < size; id++)
    if (byId[id] === undefined) throw broken(`it has ${size} tokens and none with the id ${id}`);
  if (model.unk_token != null && typeof model.unk_token !== "string")
    throw broken("its unk_token is not text");
  if (model.merges !== undefined) checkMerges(model.merges, ids, model.continuing_subword_prefix);
  for (const part of ["normalizer", "pre_tokenizer", "post_processor", "decoder"]) checkPatterns(json[part]);
  return size;
}

function claim(byId: string[], token: string, id: unknown): void {
  if (typeof id !== "number" || !Number.isInteger(id) || id < 0)
    throw broken(`it gives ${shown(token)} the id ${shown(id)}, and ids are whole numbers from 0`);
  const other = byId[id];
  if (other !== undefined) throw broken(`${shown(other)} and ${shown(token)} have the same id ${id}`);
  byId[id] = token;
}

/** Each merge joins two tokens of the vocabulary to a third. */
function checkMerges(merges: unknown, ids: ReadonlyMap<string, unknown>, prefix: unknown): void {
  if (!Array.isArray(merges)) throw broken("its merges are not a list");
  for (const [i, merge] of (merges as unknown[]).entries()) {
    const [a, b, more] = typeof merge === "string" ? merge.split(" ") : Array.isArray(merge) ? merge : [];
    if (typeof a !== "string" || typeof b !== "string" || more !== undefined)
      throw broken(`merge ${i + 1} is ${shown(merge)}, and two tokens were expected`);
    const joined = a + (typeof prefix === "string" && b.startsWith(prefix) ? b.slice(prefix.length) : b);
    if (ids.has(a) && ids.has(b) && ids.has(joined)) continue;
    const unknown = [a, b, joined].find((token) => !ids.has(token));
    throw broken(`merge ${i + 1} is ${shown(merge)}, and ${shown(unknown)} is not in the vocabulary`);
  }
}

const MAX_PATTERN = 4096;

/** Refuses patterns that may take time without bound, wherever a part of the tokenizer has one. */
function checkPatterns(part: unknown): void {
  if (typeof part !== "object" || part === null) return;
  for (const [key, value] of Object.entries(part)) {
    if (key === "Regex" && typeof value === "string") {
      if (value.length > MAX_PATTERN) throw broken(`a pattern has ${value.length} characters`);
      if (mayRunAway(value)) throw broken(`the pattern ${shown(value)} could run for ever on some texts`);
    } else checkPatterns(value);
  }
}

/** A group that is repeated so often, and can match in several ways, takes too long. */
const OFTEN = 4;

/**
 * Whether a group that is repeated often repeats or chooses inside, as `(a+)+`, `(a|aa)*`, `(aa?)+` and
 * `(a{1,50}){1,50}` do: their time doubles with each character; or one thing is repeated right after itself, as in
 * `\s*\s*`.
 */
export function mayRunAway(pattern: string): boolean {
  // Classes and escapes are single characters here, whatever they hold.
  const flat = pattern.replace(/\\(?:[pPux]\{[^}]*\}|.)/gs, letterOf).replace(/\[(?:[^\]])*\]/g, letterOf);
  if (/(\w)[*+]\??\1[*+]/.test(flat.replace(/\{\d*,\}/g, "*"))) return true;
  /** For each open group, whether it can match one text in several ways. */
  const open: boolean[] = [];
  for (let i = 0; i < flat.length; i++) {
    const c = flat[i]!;
    if (c === "(") {
      open.push(false);
      if (flat[i + 1] === "?") i++;
    } else if (c === ")") {
      const several = open.pop() ?? false;
      const { varies, often } = quantifierAt(flat, i + 1);
      if (several && often) return true;
      if (open.length > 0 && (several || varies)) open[open.length - 1] = true;
    } else if (open.length > 0 && (c === "|" || quantifierAt(flat, i).varies)) open[open.length - 1] = true;
  }
  return false;
}

/** What the quantifier at a place of a pattern allows; where there is none, one time. */
function quantifierAt(flat: string, at: number): { readonly varies: boolean; readonly often: boolean } {
  const [found, least, comma, most] = /^(?:[*+?]|\{(\d+)(,?)(\d*)\})/.exec(flat.slice(at, at + 24)) ?? [];
  if (found === undefined) return { varies: false, often: false };
  if (least === undefined) return { varies: true, often: found !== "?" };
  const times = comma === "" ? Number(least) : most === "" ? Number.POSITIVE_INFINITY : Number(most);
  return { varies: times !== Number(least), often: times >= OFTEN };
}

/** A letter of the private area for each escape or class, the same for the same. */
function letterOf(text: string): string {
  let hash = 0;
  for (const c of text) hash = (hash * 31 + c.codePointAt(0)!) % 26;
  return String.fromCharCode(97 + hash);
}

function fields(value: unknown, what: string): Fields {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Fields;
  throw broken(`its ${what} is ${shown(value)}, and an object was expected`);
}

const shown = (value: unknown): string => {
  const text = JSON.stringify(value) ?? "missing";
  return text.length > 60 ? `${text.slice(0, 60)}...` : text;
};

const broken = (reason: string): InputError =>
  new InputError("tokenizer-file", `Cannot use tokenizer.json: ${reason}; get another copy.`);
