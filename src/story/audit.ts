/** Judges texts against the training data: for now by comparing with each of them. */
import type { AuditedSample } from "../report/index.ts";
import { normalise } from "../text/normalise.ts";

export function auditor(training: readonly string[]): (texts: readonly string[]) => readonly AuditedSample[] {
  const known = training.map((text) => ({ text, grams: gramsOf(text) }));
  return (texts) =>
    texts.map((text) => {
      const grams = gramsOf(text);
      const nearest = known
        .map(({ text, grams: other }) => ({ text, similarity: jaccard(grams, other) }))
        .sort((a, b) => b.similarity - a.similarity)
        .slice(0, 1);
      return { text, copy: (nearest[0]?.similarity ?? 0) > 0.8, nearest };
    });
}

function gramsOf(text: string): Set<string> {
  const plain = normalise(text);
  return new Set(Array.from({ length: Math.max(0, plain.length - 3) }, (_, i) => plain.slice(i, i + 4)));
}

function jaccard(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  let both = 0;
  for (const gram of a) if (b.has(gram)) both++;
  return both === 0 ? 0 : both / (a.size + b.size - both);
}
