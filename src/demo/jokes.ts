/** The texts of the story, read and cleaned once for all of its models. */
import { InputError } from "../core/errors.ts";
import type { PreparedData } from "../data/prepare.ts";
import { prepareData } from "../data/prepare-sources.ts";
import type { CleaningOptions } from "../text/clean.ts";

/** The share of the letters from which they are not English in plain ASCII: accents of a language, or a script. */
const FOREIGN = 0.005;

/**
 * Plain ASCII where that is what people wrote, nearly; every letter of any other language. All models of the story
 * read the same, so that their losses can be compared.
 */
export async function readJokes(
  sources: readonly string[],
): Promise<{ readonly data: PreparedData; readonly cleaning: CleaningOptions }> {
  const prepared = async (keepUnicode: boolean) => {
    const cleaning = { keepUnicode };
    return { data: await prepareData(sources, { cleaning, allowLoss: false }), cleaning };
  };
  try {
    const plain = await prepared(false);
    if (plain.data.summary.cleaning_loss.share <= FOREIGN) return plain;
  } catch (error) {
    // Too few texts may be left for the loss of their letters.
    if (!(error instanceof InputError && ["letters-lost", "too-few"].includes(error.code))) throw error;
  }
  return prepared(true);
}
