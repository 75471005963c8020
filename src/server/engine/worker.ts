/** The thread in which a model that is served computes; see `Engine.open`. */
import { parentPort, workerData } from "node:worker_threads";
import { PunchlineError } from "../../core/errors.ts";
import { createHost, openServed, traceOf } from "./host.ts";
import type { FromModel, OpenRequest, ToModel } from "./protocol.ts";

const bugOf = (error: unknown) => ({ kind: "bug" as const, code: "bug", message: traceOf(error) });

const port = parentPort!;
const post = (message: FromModel) => port.postMessage(message);
const request = workerData as OpenRequest;
try {
  const host = createHost(await openServed(request), request, post);
  port.on("message", (message: ToModel) => host(message));
  post({ ready: true });
} catch (error) {
  const { kind, code, message } = error instanceof PunchlineError ? error : bugOf(error);
  post({ notReady: { kind, code, message } });
}
