/** Every architecture by name. */
import { didYouMean } from "../core/did-you-mean.ts";
import { InputError, UsageError } from "../core/errors.ts";
import { checkObject, checkOptions, optionNames } from "../core/options.ts";
import { bert, distilbert } from "./bert.ts";
import { charBilstm } from "./char-bilstm.ts";
import { charCnn } from "./char-cnn.ts";
import { charGru, charLstm, charRnn } from "./char-recurrent.ts";
import { charTransformer } from "./char-transformer.ts";
import { CONFIG, refuseVariant } from "./config.ts";
import { gptNeox } from "./gpt-neox.ts";
import { gpt2 } from "./gpt2.ts";
import { llama } from "./llama.ts";
import type { Architecture, Model, ModelConfig } from "./model.ts";
import { modernbert } from "./modernbert.ts";
import { openaiGpt } from "./openai-gpt.ts";
import { qwen2 } from "./qwen2.ts";
import { qwen3 } from "./qwen3.ts";
import { roberta } from "./roberta.ts";
import { wordLstm, wordRnn } from "./word-recurrent.ts";

export const architectures: readonly Architecture[] = [
  charRnn,
  charGru,
  charLstm,
  charBilstm,
  charCnn,
  charTransformer,
  wordRnn,
  wordLstm,
  openaiGpt,
  gpt2,
  llama,
  qwen2,
  qwen3,
  gptNeox,
  bert,
  distilbert,
  roberta,
  modernbert,
];

/**
 * The architecture of this name, among `others` first.
 * @param folder that has a model of it, for the message
 * @throws UsageError, with the nearest name, where there is none
 */
export function architectureOf(
  type: string,
  others: readonly Architecture[] = [],
  folder?: string,
): Architecture {
  const all = [...others, ...architectures];
  const found = all.find((a) => a.type === type || a.aliases?.includes(type));
  if (found) return found;
  const nearest = didYouMean(
    type,
    all.map((a) => a.type),
  );
  if (folder === undefined) throw new UsageError(`There is no model "${type}"; ${nearest}`, { type });
  throw new UsageError(
    `${folder} holds a network that Punchline does not have; there is no model "${type}"; ${nearest} A network of your own is opened in a program, with \`{ architectures: [yours] }\`.`,
    { type, folder, option: "architectures" },
  );
}

/** Keys of `config.json` that count layers. */
const layerCounts = ["n_layer", "n_layers", "num_layers", "num_hidden_layers"] as const;
/** Of a model that can be meant, where nothing else bounds it. */
const MOST_LAYERS = 10_000;

/**
 * The model for texts that `token` separates: its state starts over there. Without a token the state is carried
 * through all that is read, as in one continuous text. A model that cannot start over stays as it is.
 */
export function resettingAt(model: Model, token: number | undefined): Model {
  const { architecture } = model;
  if (!architecture.resets) return model;
  const { reset_token_id: _, ...config } = model.config;
  const given = config as ModelConfig;
  return architecture.build(token === undefined ? given : { ...given, reset_token_id: token });
}

export interface BuildOptions {
  /** Where `config.json` is, for error messages. */
  readonly folder?: string | undefined;
  /** Tensors in the file of the weights; a model with more layers than that is refused. */
  readonly tensors?: number | undefined;
  /** Architectures besides Punchline's own. */
  readonly architectures?: readonly Architecture[] | undefined;
}

const buildNames = optionNames<keyof BuildOptions>()("folder tensors architectures");

/**
 * The model that a `config.json` describes.
 * @param config the file's contents, unchecked
 * @throws InputError `config` where no architecture is named, or the sizes are not one of it
 * @throws UsageError where there is no such architecture
 */
export function buildModel(config: Readonly<Record<string, unknown>>, options: BuildOptions = {}): Model {
  const { folder, tensors = MOST_LAYERS, architectures } = checkOptions(options, buildNames);
  checkObject(config, "config", CONFIG);
  const { model_type: type } = config;
  if (typeof type !== "string") {
    const file = folder === undefined ? "config.json" : `${folder}/config.json`;
    throw new InputError("config", `${file} has no "model_type", so its architecture is unknown.`);
  }
  const architecture = architectureOf(type, architectures, folder);
  for (const key of layerCounts) {
    const layers = config[key];
    if (typeof layers === "number" && layers > tensors)
      throw new InputError(
        "config",
        `config.json of ${type}: "${key}" is ${layers}, and the weights are ${tensors < MOST_LAYERS ? `only ${tensors} tensors` : `never of more than ${MOST_LAYERS} layers`}; get another copy.`,
        { key, value: layers },
      );
  }
  const given = config as ModelConfig;
  // Packed weights, in one of many ways.
  if (config.quantization_config != null) refuseVariant(given, "quantization_config");
  return architecture.build(given);
}
