/**
 * The studio's worker: the library's calls and those of the rooms. A room that needs another call adds it to
 * `calls.ts` and its handler here.
 */
import {
  engineHandlers,
  fetchedFiles,
  hasPromiseIntegration,
  jokeTexts,
  opfsStore,
  serveCalls,
  webBackend,
  webgpuWhereFaster,
  yieldingBackend,
} from "punchline/web";
import { builtInModels, isBuiltIn } from "./built-in.ts";
import type { StudioCalls } from "./calls.ts";
import { clozeHandlers } from "./cloze.ts";
import { insideHandlers } from "./inside/handlers.ts";
import { zipHandlers } from "./zip.ts";

const store = opfsStore();
const backend = yieldingBackend(webBackend());

const models = new URL("../models/", location.href);
const open = builtInModels(backend, models);
const engine = engineHandlers({
  store,
  backend,
  // The page carries the smaller of the two runtimes of WebGPU, for browsers in which WebAssembly can wait.
  others: hasPromiseIntegration() ? webgpuWhereFaster() : [],
  findBase: async (name) => (isBuiltIn(name) ? fetchedFiles(new URL(`${name}/`, models)) : undefined),
});

serveCalls<StudioCalls>({
  ...engine,
  jokes: jokeTexts,
  ...clozeHandlers(open),
  ...insideHandlers(backend),
  ...zipHandlers,
});
