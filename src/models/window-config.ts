/** How sliding windows are described in a `config.json`: by `use_sliding_window`, and which layers have one. */
import type { Windows } from "../nn/attention.ts";
import { configError, readFlag, readOptionalSize } from "./config.ts";
import type { ModelConfig } from "./model.ts";

/** The kinds of layers, as `layer_types` names them. */
const kinds = ["full_attention", "sliding_attention"] as const;
type Kind = (typeof kinds)[number];

/** The kind of each layer by `layer_types`; undefined where that is absent. */
export function readLayerKinds(config: ModelConfig, layers: number): readonly Kind[] | undefined {
  const { layer_types: types } = config as { readonly layer_types?: unknown };
  if (types == null) return undefined;
  if (!Array.isArray(types) || types.length !== layers || types.some((type) => !kinds.includes(type)))
    throw configError(config, `"layer_types" must name ${kinds.join(" or ")} for each of ${layers} layers.`, {
      key: "layer_types",
      value: types,
    });
  return types;
}

/**
 * The windows of Qwen's layers: where `use_sliding_window` is true, those that `layer_types` names, else all from the
 * layer `max_window_layers` on. A window of the whole context is none.
 */
export function readWindows(config: ModelConfig, layers: number, context: number): Windows {
  const slides = readFlag(config, "use_sliding_window", false);
  const given = readLayerKinds(config, layers);
  if (!slides && given?.includes("sliding_attention"))
    throw configError(
      config,
      '"layer_types" names sliding_attention, and "use_sliding_window" is not true.',
      {
        key: "layer_types",
        value: given,
      },
    );
  // Null is none, as transformers reads it.
  if (!slides || config.sliding_window === null) return [];
  const window = readOptionalSize(config, "sliding_window", 4096);
  if (window >= context) return [];
  const first = config.max_window_layers === 0 ? 0 : readOptionalSize(config, "max_window_layers", 28);
  const sliding = (k: number) => (given ? given[k] === "sliding_attention" : k >= first);
  return Array.from({ length: layers }, (_, k) => (sliding(k) ? window : undefined));
}
