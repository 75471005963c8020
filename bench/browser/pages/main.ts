/** The page of a side: passes questions on to its worker, so that `ask` can be called from outside. */

const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
const waiting = new Map<number, { resolve(result: unknown): void; reject(error: Error): void }>();
worker.addEventListener("message", ({ data: { id, result, error } }) => {
  const { resolve, reject } = waiting.get(id)!;
  waiting.delete(id);
  if (error === undefined) resolve(result);
  else reject(new Error(error));
});
let failure: Error | undefined;
worker.addEventListener("error", ({ message }) => {
  failure = new Error(`The worker could not be started: ${message}`);
  for (const { reject } of waiting.values()) reject(failure);
});

let last = 0;
Object.assign(window, {
  ask: (ask: unknown) =>
    new Promise((resolve, reject) => {
      if (failure) return reject(failure);
      const id = ++last;
      waiting.set(id, { resolve, reject });
      worker.postMessage({ id, ask });
    }),
});
