/**
 * The process that trains and writes for `punchline studio`, so that its server always answers: `run` of ONNX Runtime
 * keeps the process that calls it busy. Its argument says where the runs are. It ends with the server, a training with
 * a checkpoint.
 */
import { engineHandlers } from "../../browser/worker/engine.ts";
import { type FromPage, type FromWorker, sentError } from "../../browser/worker/messages.ts";
import { serveCalls } from "../../browser/worker/serve.ts";
import { fromWire, toWire } from "../../browser/worker/wire.ts";
import { yieldingBackend } from "../../browser/yielding-backend.ts";
import { builtInFolder, isBuiltIn } from "../../hub/built-in.ts";
import { beforeChoice } from "../../runtime/backend.ts";
import { nodeBackend } from "../../runtime/node.ts";
import type { NativeCalls } from "./calls.ts";
import type { EngineArgument, EngineMessage } from "./engine.ts";
import { folderStore, runFiles } from "./folder-store.ts";
import { nativeWork } from "./native-work.ts";

const { runs, backend } = JSON.parse(process.argv[2]!) as EngineArgument;
const {
  inspect: _,
  prepare: __,
  windows: ___,
  ...handlers
} = engineHandlers({
  store: folderStore(runs),
  backend: yieldingBackend(nodeBackend(beforeChoice(backend))),
  work: nativeWork(runs, backend),
  findBase: async (name) => (isBuiltIn(name) ? runFiles(builtInFolder(name), name) : undefined),
});

function say(message: FromWorker): void {
  const sent: EngineMessage = { id: message.id, last: message.type !== "event", text: toWire(message) };
  // Without a server there is nobody to tell.
  if (process.connected) process.send!(sent, undefined, undefined, () => {});
}

/** The message with its request read; undefined where that cannot be. */
function readMessage(message: FromPage): FromPage | undefined {
  if (message.type === "abort") return message;
  try {
    return { ...message, request: fromWire(message.request as string) ?? undefined };
  } catch (error) {
    say({ type: "error", id: message.id, error: sentError(error) });
    return undefined;
  }
}

const serving = serveCalls<NativeCalls>(handlers, {
  postMessage: (message) => say(message as FromWorker),
  addEventListener: (_, listen) =>
    process.on("message", (sent) => {
      const data = readMessage(sent as FromPage);
      if (data) listen({ data });
    }),
});

// Ctrl-C in a terminal goes to both: the server says what becomes of the training.
process.on("SIGINT", () => {});
process.on("disconnect", () => {
  serving.end().finally(() => process.exit(0));
});
