/**
 * Which parameters of a model are trained: all, those above its first layers, or those of LoRA adapters of frozen
 * matrices. What is frozen has neither gradients nor moments, and is not written to checkpoints.
 */
import { UsageError } from "../core/errors.ts";
import { option } from "../core/options.ts";
import type { AdapterSettings } from "../hub/adapter.ts";
import { adaptedMaps, resolveLora, withLora } from "../models/lora.ts";
import type { Architecture, Model } from "../models/model.ts";
import type { TrainOptions } from "./options.ts";

export interface Adaptation {
  /** The model to run, adapters included. */
  readonly model: Model;
  /** Names of the parameters that are trained. */
  readonly trainable: ReadonlySet<string>;
  /** The configuration of an adapter, without its base; absent where the model has no adapters. */
  readonly adapter?: Omit<AdapterSettings, "base"> | undefined;
}

/** @throws UsageError for layers or adapters that the model does not have */
export function adaptModel(
  model: Model,
  { lora, freezeLayers }: Pick<TrainOptions, "lora" | "freezeLayers">,
): Adaptation {
  if (lora === undefined) return { model, trainable: trainableAbove(model, freezeLayers) };
  if (freezeLayers !== undefined)
    throw new UsageError(
      `${option("lora", true)} freezes all of the model; leave ${option("freezeLayers")} out.`,
      { option: "freezeLayers", value: freezeLayers },
    );
  const settings = resolveLora(model.architecture, lora);
  const orientations = new Set(adaptedMaps(model, settings.targets).map(({ inputsFirst }) => inputsFirst));
  if (orientations.size > 1)
    throw new UsageError(
      `${option("lora.targets")} names matrices of both layouts, which one adapter cannot hold.`,
      { option: "lora.targets", value: settings.targets },
    );
  const adapted = withLora(model, settings);
  const frozen = namesOf(model);
  return {
    model: adapted,
    trainable: new Set([...namesOf(adapted)].filter((name) => !frozen.has(name))),
    adapter: {
      ...settings,
      inputsFirst: orientations.has(true),
      ...(model.predicts === "each" ? { task: "CAUSAL_LM" } : {}),
    },
  };
}

/**
 * The options with every one of LoRA's filled in, as a run records them.
 * @throws UsageError where there is no base whose weights could be frozen, and those of {@link resolveLora}
 */
export function resolveAdaptation(
  options: TrainOptions,
  architecture: Architecture,
  hasBase: boolean,
): TrainOptions {
  const { lora, freezeLayers } = options;
  if (!hasBase && (lora ?? freezeLayers) !== undefined)
    throw new UsageError("Only weights that have learned something are worth freezing: start from a model.", {
      option: lora === undefined ? "freezeLayers" : "lora",
    });
  return lora ? { ...options, lora: resolveLora(architecture, lora) } : options;
}

/** Parameters outside of the embeddings and the first `layers` layers; all where none are to be frozen. */
function trainableAbove(model: Model, layers: number | undefined): ReadonlySet<string> {
  const names = namesOf(model);
  if (layers === undefined) return names;
  const { blocks, config } = model;
  if (!blocks)
    throw new UsageError(
      `${config.model_type} has no layers that could be frozen; leave ${option("freezeLayers")} out.`,
      { option: "freezeLayers", value: layers },
    );
  if (layers > blocks.length - 1)
    throw new UsageError(
      `${option("freezeLayers", layers)} is beyond the ${blocks.length - 1} layers of the model; 0 freezes its embeddings alone.`,
      { option: "freezeLayers", value: layers, expected: `0 to ${blocks.length - 1}` },
    );
  for (const { name } of blocks.slice(0, layers + 1).flat()) names.delete(name);
  return names;
}

const namesOf = ({ parameters }: Model): Set<string> => new Set(parameters.map(({ name }) => name));
