/** How the demo spends its time: minutes of training of each model, and how much is measured. */

export interface DemoPlan {
  /** Passes over the names of cities, and the most minutes for them. */
  readonly cityEpochs: number;
  readonly cities: number;
  /** Minutes of training of the character model. */
  readonly characters: number;
  /** The most minutes for fine-tuning a pre-trained GPT-2, and for training the same network from scratch. */
  readonly finetuning: number;
  /** Texts that each model writes to be counted and audited. */
  readonly written: number;
  /** Training texts that each model is asked to complete. */
  readonly asked: number;
  /** Timed runs of each case of the comparison. */
  readonly runs: number;
  /** Whether longer texts, and several at once, are timed as well. */
  readonly sweep: boolean;
  /** Timed runs of models as large as the published ones, with random weights where there are no others; 0 for none. */
  readonly fullSize: number;
}

/** The default number of minutes for the character model; see promise.ts for what the whole demo then takes. */
export const usualMinutes = 2;

/** Two or three seconds on two cores: more passes learn the names by heart, and not how names are spelled. */
const names = { cityEpochs: 12, cities: 0.13 } as const;

/** @param minutes of training of the character model; the other models get their shares */
export const usualPlan = (minutes = usualMinutes): DemoPlan => ({
  ...names,
  characters: minutes,
  finetuning: minutes / 2,
  written: 200,
  asked: 100,
  runs: 10,
  sweep: true,
  fullSize: 5,
});

/**
 * The whole demo in less than two minutes.
 * @param minutes of training of each model. Default: what fits
 */
export const quickPlan = (minutes?: number): DemoPlan => ({
  ...names,
  characters: minutes ?? 0.4,
  finetuning: minutes ?? 0.35,
  written: 60,
  asked: 40,
  runs: 5,
  sweep: true,
  fullSize: 0,
});
