/**
 * `punchline/node`: what runs the engine in Node, and the files of models and of runs.
 *
 * @example
 * import { compile } from "punchline/engine";
 * import { nodeBackend } from "punchline/node";
 * const step = compile(fn, { backend: nodeBackend({ threads: 2 }) });
 */

// Backend

export type { BackendOptions, Device } from "./runtime/backend.ts";
export { nodeBackend } from "./runtime/node.ts";

// Loaders

export { type LoadOptions, loadModel } from "./generate/load.ts";
export { type BuiltInName, builtInFolder, builtInModels } from "./hub/built-in.ts";
export { type ModelFolder, openModelFolder } from "./hub/folder.ts";
export { resolveModel } from "./hub/pull.ts";
export { openSafetensors, writeSafetensors } from "./hub/safetensors-file.ts";
export { loadTokenizer } from "./hub/tokenizer-files.ts";

// Runs and sinks

export { folderResults, memoryResults, type Results, readLog } from "./train/results.ts";
export { findRun, type RunRecord, readRun } from "./train/run-folder.ts";
