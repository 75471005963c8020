/** How the time of the story is divided: minutes of training of each model, and how much is measured. */

export interface StoryPlan {
  /** Minutes of training of the character model. */
  readonly characters: number;
  /** Layers of the small GPT-2. */
  readonly layers: number;
  /** Minutes that it reads other text than jokes. */
  readonly pretraining: number;
  /** Minutes that it then reads jokes. */
  readonly finetuning: number;
  /** Whether the same model is also trained on jokes alone, to see what pre-training was worth. */
  readonly control: boolean;
  /** Minutes that a small BERT learns to fill masks. */
  readonly masking: number;
  /** Texts that each model writes to be counted and audited. */
  readonly written: number;
  /** Training texts that each model is asked to complete. */
  readonly asked: number;
  /** Timed runs of each case of the comparison. */
  readonly runs: number;
  /** Whether speed is measured on models of full size, with random weights where there are no others. */
  readonly fullSize: boolean;
}

/** The default number of minutes for the character model; on two cores the whole story then takes about nine. */
export const usualMinutes = 3;

/** @param minutes of training of the character model; the other models get their shares of it */
export const usualPlan = (minutes = usualMinutes): StoryPlan => ({
  characters: minutes,
  layers: 4,
  pretraining: minutes / 3,
  finetuning: minutes / 6,
  control: true,
  masking: minutes / 4,
  written: 200,
  asked: 100,
  runs: 10,
  fullSize: true,
});

/** The whole story in less than two minutes. */
export const quickPlan: StoryPlan = {
  characters: 0.5,
  layers: 2,
  pretraining: 0.25,
  finetuning: 0.15,
  control: false,
  masking: 0.15,
  written: 60,
  asked: 40,
  runs: 5,
  fullSize: false,
};
