/** The options for training only part of a model: adapters, or its later layers. */
import { UsageError } from "../../core/errors.ts";
import { resolveLora } from "../../models/lora.ts";
import { architectureOf } from "../../models/registry.ts";
import type { TrainOptions } from "../../train/options.ts";
import type { RunRecord } from "../../train/run-record.ts";
import { flagGiven, flagOf } from "../output/flags.ts";
import { flag, inGroup, integer, names, number, type OptionValues, present, text, usual } from "./option.ts";

export const adaptationOptions = inGroup("What is trained", {
  ...usual({ lora: flag("Train small adapters, not all weights") }),
  adapter: text("Go on with this adapter of the model (--lora): a folder as PEFT writes it, or a Hub name", {
    placeholder: "DIR",
    defaultIs: "a new one",
  }),
  loraRank: integer("Rank of the adapters", { min: 1, defaultIs: "8" }),
  loraAlpha: number("Weight of the adapters, times their rank", { above: 0, defaultIs: "16" }),
  loraDropout: number("Share of the adapters' inputs that is dropped", { min: 0, below: 1, defaultIs: "0" }),
  loraTargets: names("Linear maps to adapt", {
    placeholder: "NAME,NAME",
    defaultIs: "c_attn of GPT-2, query and value of BERT",
  }),
  freezeLayers: integer("Leave the embeddings and the first N layers as they are", {
    min: 0,
    defaultIs: "none, all weights are trained",
  }),
});

type AdaptationValues = OptionValues<typeof adaptationOptions>;

/**
 * The given options for a model of this architecture, with LoRA's defaults where it begins an adapter.
 * @throws UsageError for an option of LoRA without `--lora`, or an architecture without adapters
 */
export function givenAdaptation(
  { lora, freezeLayers, ...options }: AdaptationValues,
  type: string,
): Pick<TrainOptions, "lora" | "freezeLayers"> {
  const { adapter, loraRank: rank, loraAlpha: alpha, loraDropout: dropout, loraTargets: targets } = options;
  const extra = flagGiven({ loraRank: rank, loraAlpha: alpha, loraDropout: dropout, loraTargets: targets });
  if (!lora && extra !== undefined) throw new UsageError(`${extra} is an option of --lora; add it.`);
  const given = present({ rank, alpha, dropout, targets });
  const settings = lora && (adapter === undefined ? resolveLora(architectureOf(type), given) : given);
  return present({ lora: settings || undefined, freezeLayers });
}

/**
 * Refuses changes to what a run trains: with `--resume`, the options may be repeated, but not changed.
 * @throws UsageError that names the option
 */
export function refuseOtherAdaptation(
  folder: string,
  { train, adapter }: RunRecord,
  options: AdaptationValues,
): void {
  const { lora, freezeLayers } = train;
  const kept: Readonly<Record<string, unknown>> = {
    lora: lora !== undefined,
    freezeLayers,
    adapter,
    loraRank: lora?.rank,
    loraAlpha: lora?.alpha,
    loraDropout: lora?.dropout,
    loraTargets: lora?.targets,
  };
  const given: Readonly<Record<string, unknown>> = { ...options, lora: options.lora || undefined };
  for (const [name, was] of Object.entries(kept)) {
    const value = given[name];
    if (value === undefined || String(was) === String(value)) continue;
    const begun = was === undefined || was === false ? "without it" : `with ${was}`;
    throw new UsageError(
      `${folder} was begun ${begun}, and --resume cannot change ${flagOf(name)}; leave the option out, or train into a new folder.`,
      { option: name, expected: was, actual: value },
    );
  }
}
