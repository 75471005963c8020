/**
 * Programs of others that load what Punchline exports or ask its server, where they are installed: in the folder that
 * PUNCHLINE_PEERS names, by `npm install --prefix FOLDER node-llama-cpp @huggingface/transformers ai
 * @ai-sdk/openai-compatible @langchain/openai @langchain/core`.
 */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";

const folder = process.env.PUNCHLINE_PEERS;

function entryOf(name: string, file: string): string | undefined {
  const path = folder === undefined ? "" : join(folder, "node_modules", name, file);
  return existsSync(path) ? pathToFileURL(path).href : undefined;
}

/** Where each peer's module stands, or undefined. */
export const peers = {
  llama: entryOf("node-llama-cpp", "dist/index.js"),
  transformers: entryOf("@huggingface/transformers", "dist/transformers.node.mjs"),
  ai: entryOf("ai", "dist/index.mjs"),
  aiProvider: entryOf("@ai-sdk/openai-compatible", "dist/index.mjs"),
  langchain: entryOf("@langchain/openai", "dist/index.js"),
} as const;

/** What the name of a test says where its peer may be missing. */
export const peerReason = (name: string): string => `(needs ${name} in the folder of PUNCHLINE_PEERS)`;

/** The part of transformers.js that is used here. */
interface TransformersModule {
  readonly env: { allowRemoteModels: boolean; localModelPath: string };
  pipeline(task: "text-generation", model: string, options: object): Promise<Generator>;
  pipeline(task: "fill-mask", model: string, options: object): Promise<Filler>;
}
interface Generator {
  (prompt: string, options: object): Promise<[{ generated_text: string }]>;
  tokenizer: { encode(text: string): number[] };
  dispose(): Promise<void>;
}
interface Filler {
  (text: string, options: object): Promise<{ score: number; token: number; token_str: string }[]>;
  dispose(): Promise<void>;
}

/** transformers.js, which finds the folder `out` by its last name and asks no Hub. */
export async function transformersOn(out: string): Promise<TransformersModule> {
  const module = (await import(peers.transformers!)) as TransformersModule;
  module.env.allowRemoteModels = false;
  module.env.localModelPath = dirname(out);
  return module;
}

/** The part of node-llama-cpp that is used here. */
interface LlamaModule {
  getLlama(options: object): Promise<{
    loadModel(options: object): Promise<LlamaModel>;
    dispose(): Promise<void>;
  }>;
}
interface LlamaModel {
  tokenize(text: string, special: boolean): number[];
  createContext(options: object): Promise<{
    getSequence(): { evaluate(tokens: readonly number[], options: object): AsyncGenerator<number> };
  }>;
}

/**
 * How llama.cpp spells `prompt`, and the tokens that it writes on with, each the likeliest; fewer where a text ends.
 * @param begin ids before those of the prompt
 */
export async function llamaWrites(
  path: string,
  prompt: string,
  count: number,
  begin: readonly number[] = [],
): Promise<{ ids: number[]; written: number[] }> {
  return withLlama(path, async (model) => {
    const ids = model.tokenize(prompt, false);
    const sequence = (await model.createContext({ contextSize: 64, threads: 1 })).getSequence();
    const written: number[] = [];
    for await (const token of sequence.evaluate([...begin, ...ids], { temperature: 0 })) {
      written.push(token);
      if (written.length === count) break;
    }
    return { ids, written };
  });
}

/** How llama.cpp spells texts without special tokens. */
export const llamaSpells = (path: string, texts: readonly string[]): Promise<number[][]> =>
  withLlama(path, async (model) => texts.map((text) => [...model.tokenize(text, false)]));

async function withLlama<T>(path: string, use: (model: LlamaModel) => Promise<T>): Promise<T> {
  const { getLlama } = (await import(peers.llama!)) as LlamaModule;
  const llama = await getLlama({ gpu: false, build: "never", logLevel: "error" });
  try {
    return await use(await llama.loadModel({ modelPath: path, gpuLayers: 0 }));
  } finally {
    await llama.dispose();
  }
}
