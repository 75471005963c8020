/** The whole of a worker's script. */
import { webBackend } from "../../runtime/web.ts";
import { opfsStore } from "../opfs.ts";
import { webgpuWhereFaster } from "../webgpu-where-faster.ts";
import { yieldingBackend } from "../yielding-backend.ts";
import type { EngineCalls } from "./calls.ts";
import { engineHandlers } from "./engine.ts";
import { serveCalls } from "./serve.ts";

/**
 * Lets a worker prepare data, train with live events, keep runs in the browser's storage, and write, so that its page
 * stays responsive. Trainings whose steps are worth it are computed on the graphics card where the browser has WebGPU and it
 * is faster. The page calls it through `connectWorker`.
 *
 * @example
 * // engine.js, which the page starts with new Worker(new URL("./engine.js", import.meta.url), { type: "module" })
 * import { serveEngine } from "punchline/web";
 * serveEngine();
 */
export function serveEngine(): void {
  serveCalls<EngineCalls>(
    engineHandlers({
      store: opfsStore(),
      backend: yieldingBackend(webBackend()),
      others: webgpuWhereFaster(),
    }),
  );
}
