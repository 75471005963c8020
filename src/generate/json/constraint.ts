/** Keeps the texts of one model to JSON, token by token. */
import { InputError } from "../../core/errors.ts";
import type { Tokenizer } from "../../text/tokenizer.ts";
import type { Constraint } from "../batching/penalties.ts";
import { Machine, type State } from "./machine.ts";
import { anyObject, readSchema } from "./read-schema.ts";
import { tokenBytes } from "./token-bytes.ts";

/** Ids of masks, of all schemas, before those are dropped; and schemas before all are. */
const KEPT_IDS = 4_000_000;
const KEPT_SCHEMAS = 16;

/** Tokens by their bytes. */
interface TokenTree {
  readonly bytes: number[];
  readonly children: TokenTree[];
  readonly ids: number[];
}

const tree = (): TokenTree => ({ bytes: [], children: [], ids: [] });

/** The machine of a schema, and which tokens its states allow. */
interface Known {
  readonly machine: Machine;
  readonly masks: Map<State, Uint32Array>;
  /** Memory of the masks, in ids. */
  kept: number;
}

const known = (machine: Machine): Known => ({ machine, masks: new Map(), kept: 0 });

/** What a model can write of JSON. */
export class JsonWriter {
  readonly #tokens: readonly (Uint8Array | undefined)[];
  readonly #root = tree();
  readonly #end: number;
  /** Bytes of the longest token. */
  readonly #longest: number = 1;
  /** Whether the vocabulary has every byte. */
  readonly #complete: boolean;
  /** By the schema's text. */
  readonly #schemas = new Map<string, Known>();

  /**
   * @param size ids below this can be chosen
   * @throws InputError `vocabulary` where the tokens cannot spell JSON
   */
  constructor(tokenizer: Tokenizer, size: number) {
    const tokens = tokenBytes(tokenizer, size);
    if (!tokens) throw unable(`its vocabulary is of whole words`);
    this.#tokens = tokens;
    this.#end = tokenizer.endOfText;
    const single = new Set<number>();
    for (const [id, bytes] of tokens.entries()) {
      if (!bytes || bytes.length === 0) continue;
      if (bytes.length === 1) single.add(bytes[0]!);
      this.#longest = Math.max(this.#longest, bytes.length);
      let at = this.#root;
      for (const byte of bytes) {
        let k = at.bytes.indexOf(byte);
        if (k < 0) {
          k = at.bytes.push(byte) - 1;
          at.children.push(tree());
        }
        at = at.children[k]!;
      }
      at.ids.push(id);
    }
    for (let byte = 0x20; byte < 0x7f; byte++)
      if (!single.has(byte))
        throw unable(`its vocabulary has no token for ${JSON.stringify(String.fromCharCode(byte))}`);
    this.#complete = Array.from({ length: 128 }, (_, k) => 128 + k).every(
      (byte) => single.has(byte) || (byte < 0xc2 && byte > 0xbf) || byte > 0xf4,
    );
  }

  /**
   * What keeps a text to a schema.
   * @param schema undefined: any JSON object
   * @throws InputError `schema` for one that cannot be kept or met
   */
  constraint(schema: unknown): Constraint {
    const key = JSON.stringify(schema) ?? "";
    let current = this.#current(
      key,
      () => new Machine(schema === undefined ? anyObject() : readSchema(schema, { ascii: !this.#complete })),
    );
    let state = current.machine.begin();
    return {
      allowed: () => {
        if (current.machine.full) {
          current = this.#current(key, () => current.machine.fresh());
          state = current.machine.adopt(state);
        }
        const mask = this.#mask(current, state);
        return state.ends ? Uint32Array.of(this.#end, ...mask) : mask;
      },
      accept: (id) => {
        if (id === this.#end) return true;
        for (const byte of this.#tokens[id]!) state = current.machine.after(state, byte)!;
        return state.over;
      },
    };
  }

  /** What is known of a schema, with a machine that is not full. */
  #current(key: string, make: () => Machine): Known {
    const found = this.#schemas.get(key);
    if (found && !found.machine.full) return found;
    const made = known(make());
    if (!found && this.#schemas.size >= KEPT_SCHEMAS) this.#schemas.clear();
    this.#schemas.set(key, made);
    return made;
  }

  #mask(current: Known, state: State): Uint32Array {
    const { machine, masks } = current;
    const near = machine.near(state, this.#longest);
    const before = masks.get(near);
    if (before) return before;
    const found: number[] = [];
    const walk = ({ bytes, children }: TokenTree, at: State): void => {
      for (let k = 0; k < bytes.length; k++) {
        const next = machine.after(at, bytes[k]!);
        if (next === null) continue;
        const child = children[k]!;
        for (const id of child.ids) found.push(id);
        walk(child, next);
      }
    };
    walk(this.#root, near);
    const all = [...this.#schemas.values()];
    if (all.reduce((sum, { kept }) => sum + kept, 0) > KEPT_IDS)
      for (const one of all) {
        one.masks.clear();
        one.kept = 0;
      }
    const mask = Uint32Array.from(found).sort();
    masks.set(near, mask);
    current.kept += mask.length + 100;
    return mask;
  }
}

const unable = (reason: string): InputError =>
  new InputError("vocabulary", `This model cannot write JSON: ${reason}.`);
