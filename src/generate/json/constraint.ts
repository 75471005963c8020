/** Keeps the texts of one model to JSON, token by token. */
import { InputError } from "../../core/errors.ts";
import type { Tokenizer } from "../../text/tokenizer.ts";
import type { Constraint } from "../batching/penalties.ts";
import { Machine, type State } from "./machine.ts";
import { anyObject, readSchema } from "./read-schema.ts";
import { tokenBytes } from "./token-bytes.ts";

/** Ids that are kept of masks, and schemas, before all are dropped. */
const KEPT_IDS = 4_000_000;
const KEPT_SCHEMAS = 16;

/** Tokens by their bytes. */
interface TokenTree {
  readonly bytes: number[];
  readonly children: TokenTree[];
  readonly ids: number[];
}

const tree = (): TokenTree => ({ bytes: [], children: [], ids: [] });

/** What a model can write of JSON. */
export class JsonWriter {
  readonly #tokens: readonly (Uint8Array | undefined)[];
  readonly #root = tree();
  readonly #end: number;
  /** Bytes of the longest token. */
  readonly #longest: number = 1;
  /** Whether the vocabulary has every byte. */
  readonly #complete: boolean;
  readonly #machines = new Map<string, Machine>();
  readonly #masks = new Map<State, Uint32Array>();
  #kept = 0;

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
    const known = this.#machines.get(key);
    const machine =
      known && !known.full
        ? known
        : new Machine(schema === undefined ? anyObject() : readSchema(schema, { ascii: !this.#complete }));
    if (machine !== known) {
      if (this.#machines.size >= KEPT_SCHEMAS) this.#machines.clear();
      this.#machines.set(key, machine);
    }
    let state = machine.begin();
    return {
      allowed: () => {
        const mask = this.#mask(machine, state);
        return state.ends ? Uint32Array.of(this.#end, ...mask) : mask;
      },
      accept: (id) => {
        if (id === this.#end) return true;
        for (const byte of this.#tokens[id]!) state = machine.after(state, byte)!;
        return state.over;
      },
    };
  }

  #mask(machine: Machine, state: State): Uint32Array {
    const near = machine.near(state, this.#longest);
    const known = this.#masks.get(near);
    if (known) return known;
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
    if (this.#kept > KEPT_IDS) {
      this.#masks.clear();
      this.#kept = 0;
    }
    const mask = Uint32Array.from(found).sort();
    this.#masks.set(near, mask);
    this.#kept += mask.length + 100;
    return mask;
  }
}

const unable = (reason: string): InputError =>
  new InputError("vocabulary", `This model cannot write JSON: ${reason}.`, { option: "response_format" });
