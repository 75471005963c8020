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

// Several processes

export { type MpiRanks, startRanks } from "./ranks/mpi.ts";
export { Lead, type Ranks } from "./ranks/ranks.ts";
export { type FollowOptions, followTraining } from "./train/job.ts";

// Runs and sinks

export { memoryResults, type Results } from "./train/memory-results.ts";
export { folderResults, readLog } from "./train/results.ts";
export { findRun, readRun } from "./train/run-folder.ts";
export type { RunRecord } from "./train/run-record.ts";
