/** What each token of a vocabulary writes, as bytes. */
import { alphabetBytes, byteAlphabet } from "../../text/bpe-bytes.ts";
import type { HuggingFaceJson } from "../../text/huggingface-files.ts";
import type { Tokenizer } from "../../text/tokenizer.ts";

/**
 * By id; undefined for tokens without a spelling of their own, such as the end of a text. Undefined for vocabularies of whole
 * words, which put the spaces between them when they are decoded.
 */
export function tokenBytes(tokenizer: Tokenizer, size: number): (Uint8Array | undefined)[] | undefined {
  if (tokenizer.kind === "word" || tokenizer.kind === "wordpiece") return undefined;
  const encoder = new TextEncoder();
  const bytes = new Array<Uint8Array | undefined>(size).fill(undefined);
  const put = (id: number, value: Uint8Array | undefined) => {
    if (id < size && id !== tokenizer.endOfText) bytes[id] = value;
  };
  if (tokenizer.kind === "character") {
    for (let id = 0; id < tokenizer.size; id++) {
      const token = tokenizer.token(id);
      if ([...token].length === 1) put(id, encoder.encode(token));
    }
    return bytes;
  }
  const json = tokenizer.files()["tokenizer.json"] as HuggingFaceJson;
  const parts = JSON.stringify([json.pre_tokenizer ?? null, json.decoder ?? null, json.normalizer ?? null]);
  const byteLevel = parts.includes('"ByteLevel"');
  const byteOf = new Map(byteAlphabet.map((character, k) => [character, alphabetBytes[k]!]));
  const added = new Set((json.added_tokens ?? []).map(({ id }) => id));
  for (const [token, id] of Object.entries(json.model.vocab)) {
    if (added.has(id)) continue;
    if (byteLevel) {
      const values = Array.from(token, (character) => byteOf.get(character));
      if (!values.includes(undefined)) put(id, Uint8Array.from(values as number[]));
    } else {
      const coded = /^<0x([\dA-F]{2})>$/.exec(token);
      put(
        id,
        coded ? Uint8Array.of(Number.parseInt(coded[1]!, 16)) : encoder.encode(token.replaceAll("▁", " ")),
      );
    }
  }
  return bytes;
}
