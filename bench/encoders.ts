/**
 * RoBERTa-base (125M random weights) and ModernBERT-base (150M) reading 128 tokens and filling one mask of them, in 32
 * bits. `PUNCHLINE_MODEL=modernbert` takes one of the two.
 */
import type { BenchRow } from "./bench.ts";
import { writeEncoder } from "./bert/folder.ts";
import { compareReading } from "./bert/forward.ts";
import { oneOf } from "./one-of.ts";

const vocabularies = { roberta: 50_265, modernbert: 50_368 } as const;

export default async function encoders(): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const name of oneOf("PUNCHLINE_MODEL", ["roberta", "modernbert"] as const)) {
    const write = (folder: string) => writeEncoder(name, vocabularies[name], folder);
    rows.push(...(await compareReading({ title: `${name}-base`, write, quantized: false })));
  }
  return rows;
}
