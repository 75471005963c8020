/** Punchline training runs that the browser keeps. */
import { opfsStore } from "../../../src/browser/opfs.ts";
import type { TrainingRequest } from "../../../src/browser/worker/calls.ts";
import { engineHandlers } from "../../../src/browser/worker/engine.ts";
import type { CallContext } from "../../../src/browser/worker/serve.ts";
import { yieldingBackend } from "../../../src/browser/yielding-backend.ts";
import { webBackend } from "../../../src/runtime/web.ts";

export type RunAsk =
  /** Trains to the end; or answers at a checkpoint of step `until` or later, while it goes on. */
  | ({ readonly op: "train"; readonly run: string; readonly until?: number } & TrainingRequest)
  | { readonly op: "resume"; readonly run: string }
  | { readonly op: "weights"; readonly run: string };

const handlers = engineHandlers({ store: opfsStore(), backend: yieldingBackend(webBackend()) });
const { signal } = new AbortController();
const quiet: CallContext<unknown> = { emit: () => {}, signal };

export async function side(ask: RunAsk): Promise<object> {
  if (ask.op === "resume") return { ...(await handlers.resume(ask, quiet)) };
  if (ask.op === "weights") {
    const files = await handlers.exportRun(ask, quiet);
    const { bytes } = files.find(({ name }) => name === "model.safetensors")!;
    return { sum: [...new Uint8Array(await crypto.subtle.digest("SHA-256", bytes))].join() };
  }
  const { op: _, until, ...request } = ask;
  return new Promise((resolve, reject) => {
    const emit: CallContext<{ readonly type: string; readonly step?: number }>["emit"] = ({
      type,
      step = 0,
    }) => {
      if (until !== undefined && type === "checkpoint" && step >= until) resolve({ step });
    };
    handlers
      .train(request, { emit: emit as never, signal })
      .then((summary) => resolve({ ...summary }), reject);
  });
}
