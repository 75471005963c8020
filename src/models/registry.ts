/** Every architecture by name. */
import { didYouMean, InputError, UsageError } from "../core/errors.ts";
import { bert, distilbert } from "./bert.ts";
import { charBilstm } from "./char-bilstm.ts";
import { charCnn } from "./char-cnn.ts";
import { charGru, charLstm, charRnn } from "./char-recurrent.ts";
import { charTransformer } from "./char-transformer.ts";
import { gpt2 } from "./gpt2.ts";
import type { Architecture, Model, ModelConfig } from "./model.ts";
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
  gpt2,
  bert,
  distilbert,
];

/** @throws UsageError, with the nearest name, where there is none of this name. */
export function architectureOf(type: string): Architecture {
  const found = architectures.find((a) => a.type === type || a.aliases?.includes(type));
  if (!found)
    throw new UsageError(
      `There is no model "${type}": ${didYouMean(
        type,
        architectures.map((a) => a.type),
      )}`,
      { type },
    );
  return found;
}

/** What the architectures call the number of their layers. */
const layerCounts = ["n_layer", "n_layers", "num_layers", "num_hidden_layers"] as const;
/** Of a model that can be meant, where nothing else bounds it. */
const MOST_LAYERS = 10_000;

/**
 * The model as texts are read that `token` parts: its state starts over there. Without a token it is carried through
 * all that is read, as one continuous text is. A model that cannot start over stays as it is.
 */
export function resettingAt(model: Model, token: number | undefined): Model {
  const architecture = architectureOf(model.config.model_type);
  if (!architecture.resets) return model;
  const { reset_token_id: _, ...config } = model.config;
  return architecture.build({
    ...(config as ModelConfig),
    ...(token === undefined ? {} : { reset_token_id: token }),
  });
}

/**
 * The model that a `config.json` describes, and its architecture.
 * @param config what stands in the file; only an object is expected of it
 * @param folder where the file lies, for the error's sentence
 * @param tensors how many there are in the file of the weights: more layers than that cannot be meant
 * @throws InputError `config` where no architecture is named, or the sizes are not one of it
 */
export function buildModel(
  config: Readonly<Record<string, unknown>>,
  folder?: string,
  tensors = MOST_LAYERS,
): { readonly architecture: Architecture; readonly model: Model } {
  const { model_type: type } = config;
  if (typeof type !== "string") {
    const file = folder === undefined ? "config.json" : `${folder}/config.json`;
    throw new InputError("config", `${file} has no "model_type", so its architecture is unknown.`);
  }
  const architecture = architectureOf(type);
  for (const key of layerCounts) {
    const layers = config[key];
    if (typeof layers === "number" && layers > tensors)
      throw new InputError(
        "config",
        `config.json of ${type}: "${key}" is ${layers}, and the weights are ${tensors < MOST_LAYERS ? `only ${tensors} tensors` : `never of more than ${MOST_LAYERS} layers`}; get another copy.`,
        { key, value: layers },
      );
  }
  return { architecture, model: architecture.build(config as ModelConfig) };
}
