/** Writes a token file: the tokens of each split as they come, then where the texts end, then what the file is. */
import { version } from "../../core/version.ts";
import { writeFileAtomic } from "../../files/atomic.ts";
import type { PreparedData } from "../prepare.ts";
import { type SplitName, splitNames } from "../split.ts";
import { allocateTokens } from "../tokens.ts";
import { ChecksumWriter } from "./checksums.ts";
import { bitsFor, type Description, ending, HEADER, header } from "./format.ts";
import { vocabularyFingerprint } from "./open.ts";
import { Spool } from "./spool.ts";

/** What is written: the texts of each split in order, and what is known of all when the last one was read. */
export interface TokenFileContent extends Pick<PreparedData, "kind" | "tokenizer" | "cleaning"> {
  readonly prompted: boolean;
  /** The texts, each with the length of its prompt in UTF-16 code units. */
  texts(split: SplitName): Iterable<{ readonly text: string; readonly prompt: number }>;
  /** Asked when all texts are written. */
  described(): Pick<PreparedData, "summary" | "fingerprint">;
}

/** Tokens that are written at a time. */
const BLOCK = 1 << 19;

/**
 * Writes the file whole or not at all.
 * @throws InputError as `writeFileAtomic` does
 */
export async function writeTokenFile(
  path: string,
  content: TokenFileContent,
  signal?: AbortSignal,
): Promise<void> {
  const spools: Spool[] = [];
  const spool = (): Spool => {
    const made = new Spool(path);
    spools.push(made);
    return made;
  };
  try {
    await writeFileAtomic(path, bytesOf(content, spool, signal));
  } finally {
    for (const made of spools) made.close();
  }
}

/** A piece changes when the next one is asked for. */
function* bytesOf(
  { kind, tokenizer, cleaning, prompted, texts, described }: TokenFileContent,
  spool: () => Spool,
  signal?: AbortSignal,
): Generator<Uint8Array> {
  const bits = bitsFor(tokenizer.size);
  const written = new ChecksumWriter();
  yield header(bits);
  const counts: Partial<Record<SplitName, { tokens: number; items: number }>> = {};
  const ends = spool();
  const prompts = spool();
  const [end, asked] = [new Float64Array(1), new Int32Array(1)];
  const [endBytes, askedBytes] = [new Uint8Array(end.buffer), new Uint8Array(asked.buffer)];
  const block = allocateTokens(tokenizer.size, BLOCK);
  const bytesOfBlock = (n: number) => new Uint8Array(block.buffer, 0, (n * bits) / 8);
  for (const name of splitNames) {
    let [tokens, items, used] = [0, 0, 0];
    for (const { text, prompt } of texts(name)) {
      signal?.throwIfAborted();
      const parts = prompt > 0 ? [text.slice(0, prompt), text.slice(prompt)] : [text];
      let length = 0;
      asked[0] = 0;
      for (const [k, part] of parts.entries()) {
        const ids = tokenizer.encode(part);
        if (k < parts.length - 1) asked[0] = ids.length;
        length += ids.length;
        for (let from = 0; from < ids.length; ) {
          if (used === BLOCK) {
            yield written.add(bytesOfBlock(used));
            used = 0;
          }
          const n = Math.min(ids.length - from, BLOCK - used);
          block.set(ids.subarray(from, from + n), used);
          used += n;
          from += n;
        }
      }
      if (kind === "items") {
        if (used === BLOCK) {
          yield written.add(bytesOfBlock(used));
          used = 0;
        }
        block[used++] = tokenizer.endOfText;
        length++;
      }
      tokens += length;
      items++;
      end[0] = tokens;
      ends.write(endBytes);
      if (prompted) prompts.write(askedBytes);
    }
    yield written.add(bytesOfBlock(used));
    counts[name] = { tokens, items };
  }
  for (const numbers of [ends, prompts]) for (const bytes of numbers.pieces()) yield written.add(bytes);
  const sums = written.finish();
  yield sums;
  const description: Description = {
    punchline: version,
    kind,
    splits: counts as Description["splits"],
    prompts: prompted,
    tokenizer: tokenizer.files(),
    vocabulary: vocabularyFingerprint(tokenizer),
    cleaning,
    ...described(),
  };
  yield ending(description, HEADER + written.length + sums.length);
}

/** Writes data that is prepared in memory. */
export const writeTokens = (path: string, data: PreparedData, signal?: AbortSignal): Promise<void> =>
  writeTokenFile(
    path,
    {
      ...data,
      prompted: data.prompts !== undefined,
      texts: (split) =>
        data.splits[split].map((text, i) => ({ text, prompt: data.prompts?.[split][i] ?? 0 })),
      described: () => ({ summary: data.summary, fingerprint: data.fingerprint }),
    },
    signal,
  );
