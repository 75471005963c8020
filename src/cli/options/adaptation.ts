/** The options for training only part of a model: adapters, or its later layers. */
import { UsageError } from "../../core/errors.ts";
import { resolveLora } from "../../models/lora.ts";
import { architectureOf } from "../../models/registry.ts";
import type { TrainOptions } from "../../train/options.ts";
import type { RunRecord } from "../../train/run-folder.ts";
import { flagOf } from "../output/flags.ts";
import { flag, integer, names, number, type OptionValues, present } from "./option.ts";

const adapting = "What is trained (default: all weights)";

export const adaptationOptions = {
  lora: flag({ describe: "Small adapters (LoRA) with frozen weights", group: adapting }),
  loraRank: integer({ describe: "Rank of the adapters (default 8)", min: 1, group: adapting }),
  loraAlpha: number({ describe: "They count alpha / rank (default 16)", above: 0, group: adapting }),
  loraDropout: number({ describe: "Of what they read (default 0)", min: 0, below: 1, group: adapting }),
  loraTargets: names({
    describe: "Linear maps to adapt (default: c_attn, or BERT's query and value)",
    placeholder: "NAME,NAME",
    group: adapting,
  }),
  freezeLayers: integer({
    describe: "Freeze the embeddings and the first N layers",
    min: 0,
    group: adapting,
  }),
} as const;

type AdaptationValues = OptionValues<typeof adaptationOptions>;

/**
 * The given options for a model of this architecture, with LoRA's defaults.
 * @throws UsageError for an option of LoRA without `--lora`, or an architecture without adapters
 */
export function givenAdaptation(
  options: AdaptationValues,
  type: string,
): Pick<TrainOptions, "lora" | "freezeLayers"> {
  const { freezeLayers } = options;
  const lora = givenLora(options);
  const [extra] = Object.keys(lora);
  if (!options.lora && extra !== undefined)
    throw new UsageError(
      `${flagOf(optionOf[extra as keyof typeof optionOf])} is an option of --lora; add it.`,
    );
  return present({ lora: options.lora ? resolveLora(architectureOf(type), lora) : undefined, freezeLayers });
}

/** The option of each field of LoRA's settings. */
const optionOf = {
  rank: "loraRank",
  alpha: "loraAlpha",
  dropout: "loraDropout",
  targets: "loraTargets",
} as const;

const givenLora = ({ loraRank, loraAlpha, loraDropout, loraTargets }: AdaptationValues) =>
  present({
    rank: loraRank,
    alpha: loraAlpha,
    dropout: loraDropout,
    targets: loraTargets,
  });

/**
 * Refuses changes to what a run trains: with `--resume`, the options may be repeated, but not changed.
 * @throws UsageError that names the option
 */
export function refuseOtherAdaptation(folder: string, { train }: RunRecord, options: AdaptationValues): void {
  const kept: Readonly<Record<string, unknown>> = {
    lora: train.lora !== undefined,
    freezeLayers: train.freezeLayers,
    ...Object.fromEntries(
      Object.entries(optionOf).map(([field, option]) => [
        option,
        train.lora?.[field as keyof typeof optionOf],
      ]),
    ),
  };
  const given: Readonly<Record<string, unknown>> = {
    lora: options.lora || undefined,
    freezeLayers: options.freezeLayers,
    ...Object.fromEntries(
      Object.entries(givenLora(options)).map(([field, value]) => [
        optionOf[field as keyof typeof optionOf],
        value,
      ]),
    ),
  };
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined || String(kept[name]) === String(value)) continue;
    const was = kept[name] === undefined || kept[name] === false ? "without it" : `with ${kept[name]}`;
    throw new UsageError(
      `${folder} was begun ${was}, and --resume cannot change ${flagOf(name)}; leave the option out, or train into a new folder.`,
      { option: name, expected: kept[name], actual: value },
    );
  }
}
