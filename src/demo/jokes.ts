/** The texts of the demo, read and cleaned once for all of its models. */
import { InputError } from "../core/errors.ts";
import type { PreparedData } from "../data/prepare.ts";
import { prepareData } from "../data/prepare-sources.ts";
import type { CleaningOptions } from "../text/clean.ts";

/** Above this share of letters outside ASCII, texts are taken for another language. */
const FOREIGN = 0.005;

/**
 * Texts that are nearly all ASCII as plain ASCII, those of other languages with every letter. All models of the demo read
 * the same texts, so that their losses can be compared.
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
    // Too few texts may be left without these letters.
    if (!(error instanceof InputError && ["letters-lost", "too-few"].includes(error.code))) throw error;
  }
  return prepared(true);
}
