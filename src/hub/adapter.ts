/**
 * A LoRA adapter on disk in PEFT's layout: `adapter_config.json`, with the base model's name and how the adapter is
 * applied, and `adapter_model.safetensors`, with the matrices A and B.
 */
import { InputError } from "../core/errors.ts";
import type { JsonObject } from "../core/json.ts";

export const ADAPTER_CONFIG_FILE = "adapter_config.json";
export const ADAPTER_WEIGHTS_FILE = "adapter_model.safetensors";

/** The metadata key, in an adapter's file, of the fingerprint of the base weights that it was trained with. */
export const BASE_FINGERPRINT = "punchline_base";

/** PEFT's prefix of the names of the model that it wraps. */
const PREFIX = "base_model.model.";

export const storedAdapterName = (name: string): string => PREFIX + name;

/** The linear map of a tensor in an adapter's file, and whether it is A or B; undefined for other tensors. */
export function readAdapterName(stored: string): { map: string; factor: "A" | "B" } | undefined {
  const found = /^base_model\.model\.(.+)\.lora_([AB])(?:\.default)?\.weight$/.exec(stored);
  return found ? { map: found[1]!, factor: found[2] as "A" | "B" } : undefined;
}

export interface AdapterSettings {
  /** The base model: a folder, or a name on the Hub. */
  readonly base: string;
  readonly rank: number;
  readonly alpha: number;
  readonly dropout: number;
  readonly targets: readonly string[];
  /** Whether the adapted weights are [inputs, outputs], as GPT-2's are. */
  readonly inputsFirst: boolean;
  /** PEFT's name of what the model is for. */
  readonly task?: "CAUSAL_LM" | undefined;
}

/** `adapter_config.json` of an adapter, with every field that PEFT needs to load it. */
export const adapterConfig = (settings: AdapterSettings): JsonObject => ({
  peft_type: "LORA",
  task_type: settings.task ?? null,
  base_model_name_or_path: settings.base,
  revision: null,
  inference_mode: true,
  r: settings.rank,
  lora_alpha: settings.alpha,
  lora_dropout: settings.dropout,
  target_modules: settings.targets,
  fan_in_fan_out: settings.inputsFirst,
  bias: "none",
  modules_to_save: null,
  init_lora_weights: true,
  use_rslora: false,
  use_dora: false,
});

/** The part of an adapter's configuration that merging needs. */
export interface AppliedAdapter {
  readonly base: string;
  /** Rows of A and columns of B. */
  readonly rank: number;
  /** The factor of B · A. */
  readonly scale: number;
  readonly inputsFirst: boolean;
}

/** Fields that switch on variants of LoRA, which compute something else than W + s · B · A. */
const variants = [
  "use_dora",
  "use_qalora",
  "use_bdlora",
  "modules_to_save",
  "rank_pattern",
  "alpha_pattern",
  "lora_bias",
  "layer_replication",
  "trainable_token_indices",
  "target_parameters",
  "alora_invocation_tokens",
  "arrow_config",
] as const;

/** Ways to begin an adapter that also change the base's weights, so that it fits no base as it was published. */
const changesBase = /^(pissa|olora|corda|loftq|lora_ga)/i;

/** @throws InputError `adapter` for a configuration that is not of plain LoRA */
export function readAdapterConfig(json: JsonObject, where: string): AppliedAdapter {
  const fail = (reason: string): never => {
    throw new InputError("adapter", `Cannot read ${where}: ${reason}.`, { where });
  };
  const { peft_type: kind, base_model_name_or_path: base, r: rank, lora_alpha: alpha } = json;
  if (kind !== "LORA") fail(`it is a ${JSON.stringify(kind)} adapter, and only "LORA" is read`);
  if (typeof base !== "string" || base === "") fail('"base_model_name_or_path" does not name a model');
  if (!(Number.isSafeInteger(rank) && (rank as number) > 0)) fail('"r" must be a whole number above 0');
  if (!(typeof alpha === "number" && alpha > 0)) fail('"lora_alpha" must be a number above 0');
  const used = variants.find((key) => isOn(json[key]));
  if (used !== undefined) fail(`its "${used}" makes it a variant of LoRA that Punchline does not compute`);
  if ((json.bias ?? "none") !== "none") fail('its "bias" is not "none"');
  const begun = json.init_lora_weights;
  if (typeof begun === "string" && changesBase.test(begun))
    fail(
      `its "init_lora_weights", "${begun}", changes the weights of the base; convert it to plain LoRA with PEFT's path_initial_model_for_weight_conversion`,
    );
  const divisor = json.use_rslora === true ? Math.sqrt(rank as number) : (rank as number);
  return {
    base: base as string,
    rank: rank as number,
    scale: (alpha as number) / divisor,
    inputsFirst: json.fan_in_fan_out === true,
  };
}

/** Whether a field of a configuration is set: not false, null or empty. */
const isOn = (value: unknown): boolean =>
  typeof value === "object" && value !== null ? Object.keys(value).length > 0 : Boolean(value);

/**
 * @param base its name
 * @param recorded the base's fingerprint in the training, as the adapter or its run recorded it
 * @throws InputError `base-changed` where the base has another one now
 */
export function checkBase(base: string, recorded: string | undefined, fingerprint: string): void {
  if (recorded === undefined || recorded === fingerprint) return;
  throw new InputError(
    "base-changed",
    `The adapter was trained with other weights than ${base} has now; restore those, or fine-tune again.`,
    { base, expected: recorded, actual: fingerprint },
  );
}
