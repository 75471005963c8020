/**
 * What the demo promises of its time on two cores. The help is written from these numbers, README and docs are held to
 * them by test/promises.test.ts, and CI measures them (.ci/promises.mjs).
 */
export const promised = {
  /** Until names that a model has learned to spell, and a text of the pre-trained model. */
  firstSeconds: 15,
  /** All of it with `--quick`. */
  quickMinutes: 2,
  /** All of it. */
  wholeMinutes: 6,
} as const;
