/**
 * The tensors of the files of a run: the weights that it offers, and its training state. Runs in a browser.
 *
 * `optimizer.safetensors` has the trained weights, moments, carried state and, in the metadata, the counters. It is one
 * file, so that a kill at any moment leaves one whole state.
 *
 * A LoRA run keeps no copy of its base model. Beside GPT-2's half gigabyte an adapter is a megabyte, so it is
 * written at each checkpoint in no time, and a run killed at any moment can be used; whoever opens the folder gets
 * base and adapter merged (hub/folder.ts), and `punchline export --merge` writes the whole where it is wanted.
 */
import { float32, sizeOf } from "../core/array.ts";
import { InputError } from "../core/errors.ts";
import { shown } from "../core/options.ts";
import { version } from "../core/version.ts";
import { ADAPTER_WEIGHTS_FILE, BASE_FINGERPRINT, storedAdapterName } from "../hub/adapter.ts";
import { WEIGHTS_FILE } from "../hub/safetensors.ts";
import type { TensorToWrite } from "../hub/safetensors-checksums.ts";
import type { TensorSource } from "../hub/tensor-source.ts";
import type { Arena, Views } from "../runtime/arena.ts";
import { isLossScale } from "./loss-scale.ts";
import { parseJson } from "./run-record.ts";
import type { Adaptation } from "./setup.ts";
import type { TrainState } from "./state.ts";
import type { Carried } from "./step.ts";

export interface RunWeights {
  readonly file: string;
  /** Names in the file, by the parameters' own. */
  readonly names: ReadonlyMap<string, string>;
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * @param from what their file is to record: the vocabulary, as metadata, and for an adapter the fingerprint of the base's
 * weights; not needed to read the file
 */
export function runWeights(
  { model, trainable, adapter }: Adaptation,
  from: {
    readonly vocabulary?: Readonly<Record<string, string>> | undefined;
    readonly baseFingerprint?: string | undefined;
  } = {},
): RunWeights {
  const metadata = from.vocabulary ?? {};
  if (!adapter) {
    const names = new Map(model.parameters.map(({ name }) => [name, name]));
    return { file: WEIGHTS_FILE, names, metadata };
  }
  return {
    file: ADAPTER_WEIGHTS_FILE,
    names: new Map([...trainable].map((name) => [name, storedAdapterName(name)])),
    metadata: { [BASE_FINGERPRINT]: from.baseFingerprint ?? "", ...metadata },
  };
}

/** What a file of tensors holds. */
export interface TensorFile {
  readonly tensors: readonly TensorToWrite[];
  readonly metadata: Readonly<Record<string, string>>;
}

/** The file of the weights in the arena. */
export const weightsFile = (
  { names, metadata }: RunWeights,
  { parameters }: Arena,
  step: number,
): TensorFile => ({
  tensors: [...names].map(([name, stored]) => {
    const { shape, data } = parameters[name]!;
    return asF32({ name: stored, shape, data });
  }),
  metadata: { step: String(step), ...metadata },
});

/** Reads the weights of a file back into the arena. */
export async function weightsFrom(
  source: TensorSource,
  { names }: Pick<RunWeights, "names">,
  { parameters }: Arena,
): Promise<void> {
  for (const [name, stored] of names) await source.read(stored, parameters[name]!.data);
}

const CARRIED = "carried.";
const OUTER = "outer.";
const STATE = "punchline_state";

export interface Checkpoint {
  readonly state: TrainState;
  readonly carried: Carried;
  /** The momentum of outer steps, of ranks that average seldom. */
  readonly outer?: readonly Float32Array[] | undefined;
}

/** The file of the state in the arena and in `carried`. */
export const checkpointFile = (arena: Arena, { state, carried, outer = [] }: Checkpoint): TensorFile => ({
  tensors: [
    ...arenaTensors(arena),
    ...Object.entries(carried).map(([name, { shape, data }]) => ({ name: CARRIED + name, shape, data })),
    ...outer.map((data, shard) => ({ name: OUTER + shard, shape: [data.length], data })),
  ].map(asF32),
  metadata: { [STATE]: JSON.stringify(state) },
});

/** Reads the checkpoint at `path` into the arena. @throws InputError where it is of other sizes or damaged */
export async function checkpointFrom(source: TensorSource, arena: Arena, path: string): Promise<Checkpoint> {
  const state = parseJson<TrainState>(source.metadata[STATE] ?? "null", `the metadata of ${path}`);
  if (state?.format !== "punchline-train-state" || state.version !== 1) {
    throw new InputError("checkpoint", `${path} is not a checkpoint that this version (${version}) reads.`);
  }
  const { lossScale } = state;
  if (lossScale !== undefined && !isLossScale(lossScale))
    throw new InputError(
      "checkpoint",
      `${path} is damaged: its loss scale is ${shown(lossScale)}; get another copy, or train anew.`,
      { path },
    );
  for (const { name, data } of arenaTensors(arena)) await source.read(name, data);
  const carried: Record<string, Carried[string]> = {};
  const outer: Float32Array[] = [];
  for (const [name, { shape }] of source.tensors) {
    if (!name.startsWith(CARRIED) && !name.startsWith(OUTER)) continue;
    const data = new Float32Array(sizeOf(shape));
    await source.read(name, data);
    if (name.startsWith(OUTER)) outer[Number(name.slice(OUTER.length))] = data;
    else carried[name.slice(CARRIED.length)] = float32(shape, data);
  }
  return { state, carried, outer: outer.length > 0 ? outer : undefined };
}

const tensorsOf = (views: Views, prefix: string) =>
  Object.entries(views).map(([name, { shape, data }]) => ({ name: prefix + name, shape, data }));

/** What the training changes; frozen parameters are read again from where they came. */
const arenaTensors = ({ trained, moment1, moment2 }: Arena) => [
  ...tensorsOf(trained, "parameters."),
  ...tensorsOf(moment1, "moment1."),
  ...tensorsOf(moment2, "moment2."),
];

const asF32 = (tensor: Omit<TensorToWrite, "dtype">): TensorToWrite => ({ ...tensor, dtype: "F32" });
