/** How checkpoints store the head that scores tokens, which most models share with their token embedding. */
import type { CheckpointMapping } from "./model.ts";

/** Names of parameters, without `.weight`. */
interface HeadNames {
  readonly embedding: string;
  /** Of the matrix. */
  readonly head: string;
  /** Of the bias beside it, in full. Default: none. */
  readonly bias?: string | undefined;
  /** What all names of the head's tensors begin with, without the model's prefix. Default: the matrix alone. */
  readonly begins?: RegExp | undefined;
}

const exactly = (name: string): RegExp => new RegExp(`^${name.replaceAll(".", "\\.")}$`);

/**
 * The part of a mapping that is about the head. A shared matrix is stored as the embedding's, as both, or, by programs
 * that save each memory once, under whichever name comes first; a bias may be stored twice too.
 */
export function headMapping({
  embedding,
  head,
  bias,
  begins,
}: HeadNames): CheckpointMapping & { readonly ignore: readonly RegExp[] } {
  return {
    aliases: {
      [`${embedding}.weight`]: [`${head}.weight`],
      ...(bias === undefined ? {} : { [bias]: [`${head}.bias`] }),
    },
    ignore: [exactly(`${head}.weight`), ...(bias === undefined ? [] : [exactly(`${head}.bias`)])],
    head: begins ?? exactly(`${head}.weight`),
  };
}
