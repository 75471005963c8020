/** How rotary positions are described in a `config.json`: by `rope_theta` and `rope_scaling`, or by `rope_parameters`. */
import type { BandScaling, Rotation } from "../ops/rotary.ts";
import { configError, readNumber, readSize } from "./config.ts";
import type { ModelConfig } from "./model.ts";

/** No tensor bounds positions, and each has a row in a table. */
export const MOST_POSITIONS = 2 ** 20;

/** Tokens that a model of rotary positions sees at once. */
export function readContext(config: ModelConfig): number {
  const context = readSize(config, "max_position_embeddings");
  if (context <= MOST_POSITIONS) return context;
  throw configError(config, `"max_position_embeddings" is ${context}, more than ${MOST_POSITIONS}.`, {
    key: "max_position_embeddings",
    value: context,
  });
}

/** The scalings that are computed. */
const known = ["default", "linear", "llama3"];

/**
 * The rotation that a configuration describes, but for its context.
 * @param headSize numbers of one head
 * @param where.shareKey the key of the share of a head's numbers that are turned, which is `where.share` where it is
 * absent. Default: all are turned.
 * @throws InputError `config` for a scaling that is not known, or an odd number of numbers to turn
 */
export function readRotation(
  config: ModelConfig,
  headSize: number,
  where: { readonly shareKey?: string; readonly share?: number; readonly baseKey?: string } = {},
): Omit<Rotation, "context" | "headSize"> {
  const { shareKey = "partial_rotary_factor", share = 1, baseKey = "rope_theta" } = where;
  const parameters = tableOf(config, "rope_parameters");
  /** A number of the newer table of all of them, or of the configuration itself. */
  const number = (newer: string, key: string, fallback: number) =>
    readNumber(
      parameters?.[newer] === undefined ? config : { ...config, [key]: parameters[newer] },
      key,
      fallback,
    );
  const turnedShare = number("partial_rotary_factor", shareKey, share);
  if (turnedShare > 1)
    throw configError(config, `"${shareKey}" is ${turnedShare}, and is at most 1.`, { key: shareKey });
  const rotaryDim = Math.trunc(headSize * turnedShare);
  if (rotaryDim % 2 !== 0 || rotaryDim === 0)
    throw configError(config, `rotary positions need heads of an even size, not of ${rotaryDim}.`, {
      headSize: rotaryDim,
    });
  const scaling = parameters ?? tableOf(config, "rope_scaling");
  return {
    base: number("rope_theta", baseKey, 10_000),
    scaling: readScaling(config, scaling, parameters ? "rope_parameters" : "rope_scaling"),
    ...(rotaryDim < headSize ? { rotaryDim } : {}),
  };
}

type Table = Readonly<Record<string, unknown>>;

function tableOf(config: ModelConfig, key: string): Table | undefined {
  const value = config[key];
  if (value == null) return undefined;
  if (typeof value === "object" && !Array.isArray(value)) return value as Table;
  throw configError(config, `"${key}" must be an object, not ${JSON.stringify(value)}.`, { key, value });
}

function readScaling(config: ModelConfig, table: Table | undefined, key: string): number | BandScaling {
  if (!table) return 1;
  const type = table.rope_type ?? table.type;
  if (type == null && table.factor != null)
    throw configError(config, `"${key}" has a factor and no "rope_type", so what it scales is not known.`, {
      key,
      value: table,
    });
  const kind = type ?? "default";
  if (typeof kind !== "string" || !known.includes(kind))
    throw configError(
      config,
      `"${key}" has the type ${JSON.stringify(kind)}, a scaling of rotary positions that Punchline does not compute; it computes ${known.join(", ")}.`,
      { key, value: kind },
    );
  const positive = (name: string): number => {
    const value = table[name];
    if (typeof value === "number" && value > 0 && Number.isFinite(value)) return value;
    const where = `"${key}.${name}"`;
    const reason =
      value === undefined
        ? `${where} is missing; it must be a number above 0.`
        : `${where} must be a number above 0, not ${JSON.stringify(value)}.`;
    throw configError(config, reason, { key: `${key}.${name}`, value });
  };
  if (kind === "default") return 1;
  if (kind === "linear") return positive("factor");
  const [low, high] = [positive("low_freq_factor"), positive("high_freq_factor")];
  if (low >= high)
    throw configError(
      config,
      `"${key}.low_freq_factor", ${low}, must be below "${key}.high_freq_factor", ${high}.`,
      { key, low, high },
    );
  return [positive("factor"), low, high, positive("original_max_position_embeddings")];
}
