/**
 * A full-size GPT-2 as a folder that any program opens: 124M random weights, and a vocabulary of 50,257 that is
 * spelt from letters, since the real one is not Punchline's to hand out.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gpt2 } from "../../src/models/gpt2.ts";
import type { Model } from "../../src/models/model.ts";
import { byteAlphabet } from "../../src/text/bpe-bytes.ts";
import { bpeFiles, END_OF_TEXT } from "../../src/text/bpe-files.ts";
import { writeRandomFolder } from "../../test/torch/forward.ts";
import { usualSize } from "../quick.ts";

export const VOCABULARY = 50257;
/** Tokens of the prompt. */
export const PROMPT = 64;

/** The prompt, as ids of each row and as text. */
export const promptIds = (batch = 1, length = PROMPT): number[] =>
  Array.from({ length: batch * length }, (_, i) => (i * 37) % 49_000);

/** As text: each letter but the first is a space and a letter, as no pair begins with a space. */
export const promptText = `${"a ".repeat(PROMPT / 2)}b`;

export const writeGpt2 = (folder: string): Promise<void> =>
  writeModel(gpt2.build(gpt2.configure(usualSize("gpt2"), VOCABULARY)), folder);

/** Writes a model of random weights, with a vocabulary of its size. */
export async function writeModel(model: Model, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeRandomFolder(model, folder);
  const { tokens, merges } = spelling(model.config.vocab_size);
  const files = bpeFiles(Object.fromEntries(tokens.map((token, id) => [token, id])), merges);
  for (const [name, content] of Object.entries(files))
    await writeFile(join(folder, name), JSON.stringify(content));
}

/** All bytes, then every run of letters, shorter ones first, each merged from the run before it and a letter. */
export function spelling(vocabulary: number): { tokens: string[]; merges: [string, string][] } {
  const letters = [..."abcdefghijklmnopqrstuvwxyz"];
  const tokens = [...byteAlphabet];
  const merges: [string, string][] = [];
  let runs = letters;
  while (tokens.length < vocabulary - 1) {
    const longer = runs.flatMap((run) => letters.map((letter): [string, string] => [run, letter]));
    for (const [run, letter] of longer.slice(0, vocabulary - 1 - tokens.length)) {
      merges.push([run, letter]);
      tokens.push(run + letter);
    }
    runs = longer.map((pair) => pair.join(""));
  }
  tokens.push(END_OF_TEXT);
  return { tokens, merges };
}
