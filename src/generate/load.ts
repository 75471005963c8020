/** Opens a model by its folder or Hub name: architecture, weights and vocabulary, ready to run. */
import { InputError } from "../core/errors.ts";
import { openModelFolder } from "../hub/folder.ts";
import { openWeights } from "../hub/stored-weights.ts";
import type { ModelConfig } from "../models/model.ts";
import { architectureOf } from "../models/registry.ts";
import type { BackendOptions } from "../runtime/backend.ts";
import { nodeBackend } from "../runtime/node.ts";
import type { LanguageModel } from "./language-model.ts";

export async function loadModel(path: string, options: BackendOptions = {}): Promise<LanguageModel> {
  const folder = await openModelFolder(path);
  try {
    const config = folder.config as ModelConfig;
    if (typeof config.model_type !== "string") {
      throw new InputError(
        "config",
        `${path}/config.json has no "model_type", so its architecture is unknown.`,
        { path },
      );
    }
    const architecture = architectureOf(config.model_type);
    const model = architecture.build(config);
    const weights = await openWeights(model.parameters, folder.tensors, architecture.checkpoint);
    const tokenizer = await folder.tokenizer();
    if (tokenizer.size > model.config.vocab_size) {
      throw new InputError(
        "tokenizer-size",
        `${path}: the tokenizer has ${tokenizer.size} ids but the model only ${model.config.vocab_size}; they do not belong together.`,
        { path },
      );
    }
    const endsItems = folder.generationConfig?.eos_token_id !== undefined || tokenizer.kind === "bpe";
    return { model, weights, tokenizer, backend: nodeBackend(options), endsItems, name: path };
  } finally {
    await folder.close();
  }
}
