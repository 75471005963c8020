/** LoRA adapters as PEFT writes them, of random numbers, for a model's folder. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Random } from "../src/core/random.ts";
import { openModelFolder } from "../src/hub/folder.ts";
import { writeSafetensors } from "../src/hub/safetensors-file.ts";
import { temporaryFolder } from "./cli.ts";

export interface AdapterRequest {
  /** Ends of the names of the maps that are adapted. */
  readonly targets: readonly string[];
  /** Whether the base's weights are [inputs, outputs]. Default false. */
  readonly inputsFirst?: boolean;
  /** Default 3. */
  readonly rank?: number;
  /** Default 1. */
  readonly seed?: number;
  /** Fields laid over adapter_config.json. */
  readonly change?: Readonly<Record<string, unknown>>;
}

/** A folder with an adapter of the model in `base`, which it does not name by its folder. */
export async function adapterFolder(base: string, request: AdapterRequest): Promise<string> {
  const { targets, inputsFirst = false, rank = 3, seed = 1, change } = request;
  const folder = join(temporaryFolder(), "adapter");
  mkdirSync(folder);
  const config = {
    peft_type: "LORA",
    base_model_name_or_path: "someone/base",
    r: rank,
    lora_alpha: 5,
    lora_dropout: 0.1,
    target_modules: targets,
    fan_in_fan_out: inputsFirst,
    bias: "none",
    modules_to_save: null,
    rank_pattern: {},
    alpha_pattern: {},
    loftq_config: {},
    init_lora_weights: true,
    layer_replication: null,
    use_dora: false,
    use_rslora: false,
    ...change,
  };
  writeFileSync(join(folder, "adapter_config.json"), JSON.stringify(config));
  const { tensors, close } = await openModelFolder(base);
  const factors = [...tensors.tensors.values()].flatMap(({ name, shape }) => {
    const map = name.replace(/\.weight$/, "");
    if (map === name || !targets.some((target) => map.endsWith(target))) return [];
    const [outputs, inputs] = inputsFirst ? shape.toReversed() : shape;
    const shapes = { A: [rank, inputs!], B: [outputs!, rank] } as const;
    return (["A", "B"] as const).map((factor) => {
      const random = new Random(seed, `${map}.${factor}`);
      const data = Float32Array.from(
        { length: shapes[factor][0] * shapes[factor][1] },
        (_, i) => 0.4 * (random.uniform(i) - 0.5),
      );
      const stored = `base_model.model.${map}.lora_${factor}.weight`;
      return { name: stored, dtype: "F32" as const, shape: shapes[factor], data };
    });
  });
  await close();
  await writeSafetensors(join(folder, "adapter_model.safetensors"), factors, { format: "pt" });
  return folder;
}

/** Changes an adapter's configuration. */
export function configure(folder: string, change: Readonly<Record<string, unknown>>): void {
  const path = join(folder, "adapter_config.json");
  writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, "utf8")), ...change }));
}
