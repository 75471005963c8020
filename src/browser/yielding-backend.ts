/**
 * A backend that lets messages have their turn. WebAssembly computes within the call, so a training's awaits never come
 * to the event loop by themselves, and a worker would not hear that it is to stop.
 */
import type { Backend } from "../runtime/backend.ts";

/** Milliseconds between two turns. */
const TURN = 20;

export function yieldingBackend(backend: Backend): Backend {
  let since = performance.now();
  return {
    ...backend,
    async createSession(model, options) {
      const session = await backend.createSession(model, options);
      return {
        ...session,
        async run(feeds, fetches) {
          const results = await session.run(feeds, fetches);
          if (performance.now() - since > TURN) {
            await messageTurn();
            since = performance.now();
          }
          return results;
        },
      };
    },
  };
}

/** A turn of the event loop; timers are held back to 4 ms there, messages are not. */
function messageTurn(): Promise<void> {
  return new Promise((resume) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resume();
    };
    port2.postMessage(undefined);
  });
}
