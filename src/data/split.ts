/**
 * Assigns each item to training, validation or test by a hash of its normalised text, so that the split never
 * depends on other items, on their order, or on a seed.
 */
import { UsageError } from "../core/errors.ts";
import { optionNames } from "../core/options.ts";
import { hashText } from "./hash.ts";

export const splitNames = ["train", "validation", "test"] as const;
export type SplitName = (typeof splitNames)[number];

export interface SplitFractions {
  /** Share of the items for validation, 0 to 1. Default 0.05. */
  readonly validation?: number | undefined;
  /** Share of the items for the test, 0 to 1. Default 0.05. */
  readonly test?: number | undefined;
}

export const fractionNames = optionNames<keyof SplitFractions>()("validation test");

/**
 * The split of each item, given its normalised text.
 *
 * An item whose hash falls in the lowest `test` share of the hash range goes to the test, one in the next
 * `validation` share to validation, the others to training. Where a wanted split would stay empty, the item with
 * the lowest hash in the largest split moves into it; so two items fill training and validation, and three fill all.
 */
export function assignSplits(keys: readonly string[], fractions: SplitFractions = {}): SplitName[] {
  const hashes = Uint32Array.from(keys, (key) => hashText(key));
  return Array.from(splitsByHash(hashes, fractions), (split) => splitNames[split]!);
}

/** The same given the hash of each normalised text. Splits are places in {@link splitNames}. */
export function splitsByHash(hashes: Uint32Array, fractions: SplitFractions = {}): Uint8Array {
  const { validation, test } = checkFractions(fractions);
  const shares = { train: 1, validation, test };
  const [train, held, last] = (["train", "validation", "test"] as const).map((name) =>
    splitNames.indexOf(name),
  );
  const sizes = new Float64Array(splitNames.length);
  const splits = new Uint8Array(hashes.length);
  for (const [i, hash] of hashes.entries()) {
    const place = hash / 2 ** 32;
    splits[i] = place < test ? last! : place < test + validation ? held! : train!;
    sizes[splits[i]!]!++;
  }
  const wanted = [...splitNames.keys()].filter((split) => shares[splitNames[split]!] > 0);
  for (const split of wanted) {
    if (sizes[split]! > 0) continue;
    const largest = Math.max(...wanted.map((other) => sizes[other]!));
    if (largest < 2) continue;
    const donor = wanted.find((other) => sizes[other] === largest)!;
    let lowest = -1;
    for (let i = 0; i < splits.length; i++)
      if (splits[i] === donor && (lowest < 0 || hashes[i]! < hashes[lowest]!)) lowest = i;
    splits[lowest] = split;
    sizes[donor]!--;
    sizes[split]!++;
  }
  return splits;
}

/** The fractions with their defaults. Throws UsageError where they leave nothing for training. */
export function checkFractions(fractions: SplitFractions, standard = { validation: 0.05, test: 0.05 }) {
  const { validation = standard.validation, test = standard.test } = fractions;
  if (!(validation >= 0 && test >= 0 && validation + test < 1)) {
    throw new UsageError(
      `The validation share ${validation} and the test share ${test} must be 0 or more and their sum below 1, ` +
        "so that something is left for training.",
      { option: "fractions", value: { validation, test }, expected: "0 or more each, and below 1 together" },
    );
  }
  return { validation, test };
}
