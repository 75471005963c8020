/** Seconds that are left, in the unit that a person would give them in: 42 s left, 29 min left. */
export const timeLeft = (seconds: number): string =>
  seconds <= 99 ? `${Math.ceil(seconds)} s left` : `${Math.ceil(seconds / 60)} min left`;
