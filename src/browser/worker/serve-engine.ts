/** The whole of a worker's script. */
import { webBackend } from "../../runtime/web.ts";
import { opfsStore } from "../opfs.ts";
import { yieldingBackend } from "../yielding-backend.ts";
import type { EngineCalls } from "./calls.ts";
import { engineHandlers } from "./engine.ts";
import { serveCalls } from "./serve.ts";

/**
 * Lets a worker prepare data, train with live events, keep runs in the browser's storage, and write, so that its page
 * stays responsive. The page calls it through `connectWorker`.
 *
 * @example
 * // engine.js, which the page starts with new Worker(new URL("./engine.js", import.meta.url), { type: "module" })
 * import { serveEngine } from "punchline/web";
 * serveEngine();
 */
export function serveEngine(): void {
  serveCalls<EngineCalls>(engineHandlers({ store: opfsStore(), backend: yieldingBackend(webBackend()) }));
}
