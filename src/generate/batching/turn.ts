/** Lets messages, timers and connections have their turn. */
export const turn = (): Promise<void> => new Promise((resume) => setImmediate(resume));
