/**
 * A model with LoRA adapters (nn/lora.ts) for some of its linear maps: the same contract, more parameters. As in PEFT,
 * the maps are named by the last part of their names.
 */
import { namesLike, oneOf } from "../core/did-you-mean.ts";
import { UsageError } from "../core/errors.ts";
import { invalidOption, option, optionNames } from "../core/options.ts";
import { type Adapter, adapterParameters, withAdapters } from "../nn/lora.ts";
import type { Mode } from "../nn/mode.ts";
import { type Parameters, parameter } from "../nn/parameters.ts";
import type { Architecture, Model } from "./model.ts";

export interface LoraOptions {
  /** Columns of A and rows of B. Default 8. */
  readonly rank: number;
  /** The adapter's product is multiplied by alpha / rank. Default 16. */
  readonly alpha: number;
  /** Probability of dropping a unit of what an adapter reads, while training. Default 0. */
  readonly dropout: number;
  /** Ends of the names of the linear maps to adapt. Default: the architecture's, as in PEFT. */
  readonly targets: readonly string[];
}

export const loraOptionNames = optionNames<keyof LoraOptions>()("rank alpha dropout targets");

/** A linear map that may be adapted. */
export interface AdaptableMap {
  /** Its name, without `.weight`. */
  readonly name: string;
  readonly inputs: number;
  readonly outputs: number;
  /** Whether the weight is [inputs, outputs]: PEFT's `fan_in_fan_out`. */
  readonly inputsFirst: boolean;
}

/**
 * All options, with defaults filled in.
 * @throws UsageError where the architecture has no adapters, or a number is out of range
 */
export function resolveLora(
  { type, loraTargets }: Pick<Architecture, "type" | "loraTargets">,
  given: Partial<LoraOptions>,
): LoraOptions {
  if (!loraTargets)
    throw new UsageError(`${type} has no adapters, so ${option("lora")} is not for it; train all of it.`, {
      option: "lora",
      type,
    });
  const { rank = 8, alpha = 16, dropout = 0, targets = loraTargets } = given;
  if (!(Number.isSafeInteger(rank) && rank >= 1))
    throw invalidOption("lora.rank", rank, "a whole number of 1 or more");
  if (!(alpha > 0 && Number.isFinite(alpha))) throw invalidOption("lora.alpha", alpha, "a number above 0");
  if (!(dropout >= 0 && dropout < 1)) throw invalidOption("lora.dropout", dropout, "from 0 to below 1");
  return { rank, alpha, dropout, targets };
}

/** The linear maps of a model, tables such as embeddings and heads not among them. */
function adaptableMaps({ parameters }: Pick<Model, "parameters">): AdaptableMap[] {
  return parameters.flatMap(({ name, shape, outputs: axis, table }) => {
    if (axis === undefined || table) return [];
    const [outputs, inputs] = (axis === 0 ? shape : [shape[1], shape[0]]) as [number, number];
    return [{ name: name.replace(/\.weight$/, ""), inputs, outputs, inputsFirst: axis === 1 }];
  });
}

/**
 * The maps that `targets` name: in full, or by the end of the name after a dot.
 * @throws UsageError for a target that names none, with the names that exist
 */
export function adaptedMaps(
  model: Pick<Model, "parameters" | "config">,
  targets: readonly string[],
): readonly AdaptableMap[] {
  const maps = adaptableMaps(model);
  const matches = (name: string, target: string) => name === target || name.endsWith(`.${target}`);
  const lost = targets.filter((target) => !maps.some(({ name }) => matches(name, target)));
  if (lost.length > 0 || targets.length === 0) {
    const known = [...new Set(maps.map(({ name }) => name.slice(name.lastIndexOf(".") + 1)))];
    const which = lost.length > 0 ? `"${lost.join('", "')}" of ` : "";
    const near = [...new Set(lost.flatMap((name) => namesLike(name, known)))].map((name) => `"${name}"`);
    const meant = near.length > 0 ? `; did you mean ${oneOf(near)}?` : ".";
    throw new UsageError(
      `${which}${option("lora.targets")} names no linear map of ${model.config.model_type}, which has ${known.join(", ")}${meant}`,
      {
        option: "lora.targets",
        value: lost,
        expected: known,
      },
    );
  }
  return maps.filter(({ name }) => targets.some((target) => matches(name, target)));
}

/** The model with an adapter for each map that `lora.targets` name; freeze its other parameters. */
export function withLora(model: Model, lora: LoraOptions): Model {
  const scale = lora.alpha / lora.rank;
  const adapters = adaptedMaps(model, lora.targets).map(({ name, inputs, outputs, inputsFirst }) => ({
    name,
    scale,
    inputsFirst,
    specs: adapterParameters(name, inputs, outputs, lora.rank),
  }));
  const adapt = (parameters: Parameters, mode: Mode): Parameters => {
    const entries = adapters.map(({ name, specs: [a, b] }): [string, Adapter] => [
      name,
      {
        a: parameter(parameters, a.name),
        b: parameter(parameters, b.name),
        scale,
        dropout: (x) => mode.dropout(x, lora.dropout),
      },
    ]);
    return withAdapters(parameters, new Map(entries));
  };
  const { loss } = model;
  return {
    ...model,
    adapters,
    parameters: [...model.parameters, ...adapters.flatMap(({ specs }) => specs)],
    forward: (parameters, input, mode, options) =>
      model.forward(adapt(parameters, mode), input, mode, options),
    loss: loss && ((parameters, input, mode) => loss(adapt(parameters, mode), input, mode)),
  };
}
