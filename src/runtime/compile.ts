/**
 * From a function over symbolic tensors to one over numbers: traced once for each set of input
 * shapes, lowered to ONNX, and kept as a session.
 *
 * @example
 * const step = compile((parameters, batch) => {
 *   const [loss, gradients] = valueAndGrad((p) => crossEntropy(model(p, batch.x), batch.y))(parameters);
 *   return { loss, gradients };
 * }, { backend });
 * const { loss } = await step.run([weights, { x, y }], { into: { gradients } });
 */
import { float32, type HostArray, type StoredArray, sizeOf } from "../core/array.ts";
import { PunchlineError, ShapeError } from "../core/errors.ts";
import { checkOptions, optionNames } from "../core/options.ts";
import { Random } from "../core/random.ts";
import { remember } from "../core/remember.ts";
import { staticShape } from "../core/shape.ts";
import { dump } from "../graph/dump.ts";
import { input } from "../graph/leaves.ts";
import type { Tensor } from "../graph/tensor.ts";
import {
  type Concrete,
  type Given,
  leafAt,
  leavesOf,
  type Spec,
  type TensorTree,
  unflatten,
} from "../graph/tree.ts";
import { locate } from "../onnx/locate.ts";
import { type Lowered, lower } from "../onnx/lower.ts";
import { graphMemory } from "../onnx/memory.ts";
import { encodeModel } from "../onnx/proto.ts";
import { alignment, KernelMemory } from "./arena-memory.ts";
import type { Backend, Session } from "./backend.ts";
import { addRowsInPlace, type SplitOutputs, splitRowAdditions, wholeOutputs } from "./row-additions.ts";

type Arguments = readonly unknown[];
type Concretes<A extends Arguments> = { readonly [K in keyof A]: Given<A[K]> };
type Partially<T> = T extends HostArray ? T : { readonly [K in keyof T]?: Partially<T[K]> };

export interface RunOptions<O> {
  /** Arrays that the results are written to, by place; the rest are allocated. */
  readonly into?: Partially<Concrete<O>>;
  /** Where the generator begins for the run's dropout masks. Needed where the graph has any. */
  readonly random?: { readonly seed: number; readonly step: number };
}

export interface Compiled<A extends Arguments, O> {
  (...args: Concretes<A>): Promise<Concrete<O>>;
  run(args: Concretes<A>, options?: RunOptions<O>): Promise<Concrete<O>>;
  /** Traces and loads the graph for these shapes before the first run. Arrays and specs are both taken. */
  prepare(...args: readonly unknown[]): Promise<void>;
  /** The graph for these shapes, readable. */
  dump(...args: readonly unknown[]): string;
  /** Bytes that a run of the graph for these shapes takes, inputs and outputs not counted; nothing is loaded. */
  memory(...args: readonly unknown[]): number;
  /** The graph for these shapes as the bytes of an .onnx file. */
  onnx(...args: readonly unknown[]): Uint8Array;
  /** Frees every session. */
  release(): Promise<void>;
}

export interface CompileOptions {
  readonly backend: Backend;
  /**
   * Specs of the arguments, where some sizes are names: one graph then serves all sizes, instead of
   * one graph a shape.
   */
  readonly specs?: readonly unknown[];
}

const compileNames = optionNames<keyof CompileOptions>()("backend specs");
const runNames = optionNames<keyof RunOptions<unknown>>()("into random");

type Traced = ReturnType<typeof trace>;

export function compile<A extends Arguments, O>(
  fn: (...args: A) => O,
  options: CompileOptions,
): Compiled<A, O> {
  const { backend, specs } = checkOptions(options, compileNames);
  const graphs = new Map<string, Traced>();
  const sessions = new Map<string, Promise<{ session: Session; traced: Traced }>>();
  const keyOf = (args: readonly unknown[]) => (specs ? "" : signature(args));

  const graphOf = (args: readonly unknown[]): Traced =>
    remember(graphs, keyOf(args), () => trace(fn, specs ?? args));
  const load = (args: readonly unknown[]) =>
    remember(sessions, keyOf(args), () => {
      const traced = graphOf(args);
      return backend.createSession(encodeModel(traced.lowered), traced.folder).then(
        (session) => ({ session, traced }),
        (error: unknown) => {
          throw locate(error, traced.lowered.origins);
        },
      );
    });

  async function run(args: Concretes<A>, options: RunOptions<O> = {}): Promise<Concrete<O>> {
    const { into, random } = checkOptions(options, runNames);
    const { session, traced } = await load(args);
    const feeds: Record<string, HostArray> = {};
    for (const { value, keys } of traced.feeds) {
      const array = leafAt(args, keys) as HostArray | undefined;
      if (array) feeds[value.name] = checked(value.name, array, value);
    }
    for (const mask of traced.masks) {
      if (!random)
        throw new PunchlineError("random", "This graph has dropout: give the run a seed and a step.");
      traced.memory!.fillDropoutMask(
        mask.array.data,
        mask.rate,
        new Random(random.seed, `dropout.${mask.stream}`, random.step),
      );
      feeds[mask.name] = mask.array;
    }
    const targets = new Map(
      into ? leavesOf<HostArray>(into as never).map(({ path, leaf }) => [path, leaf]) : [],
    );
    const fetches: Record<string, HostArray | null> = {};
    for (const { name } of traced.lowered.outputs) fetches[name] = null;
    traced.outputs.forEach(({ path }, i) => {
      fetches[traced.nameOf(traced.split.places[i]!)] = targets.get(path) ?? null;
    });
    const results = await session.run(feeds, fetches).catch((error: unknown) => {
      throw locate(error, traced.lowered.origins);
    });
    const result = (place: number) => results[traced.nameOf(place)]!;
    for (const { table, rows, index } of traced.split.additions)
      addRowsInPlace(result(table), result(rows), result(index));
    return unflatten(traced.outputTree, traced.split.places.map(result)) as Concrete<O>;
  }

  return Object.assign((...args: Concretes<A>) => run(args), {
    run,
    prepare: async (...args: readonly unknown[]) => void (await load(args)),
    dump: (...args: readonly unknown[]) => {
      const { outputs } = trace(fn, args);
      return dump(Object.fromEntries(outputs.map(({ path, leaf }) => [path || "result", leaf])));
    },
    memory: (...args: readonly unknown[]) => {
      const { lowered, memory } = graphOf(args);
      return graphMemory(lowered) + (memory?.buffer.byteLength ?? 0);
    },
    onnx: (...args: readonly unknown[]) => encodeModel(trace(fn, args, wholeOutputs).lowered),
    async release() {
      for (const entry of sessions.values()) await (await entry).session.release();
      sessions.clear();
      graphs.clear();
    },
  });
}

/** The graph of `fn` for arguments of these shapes. Inputs are named by their place: `0.head.weight`, `1.x`. */
function trace(
  fn: (...args: never) => unknown,
  args: readonly unknown[],
  splitOutputs: (outputs: readonly Tensor[]) => SplitOutputs = splitRowAdditions,
) {
  const leaves = leavesOf<Spec>(args as never);
  const tensors = leaves.map(({ path, leaf }) => input(path, leaf.dtype, leaf.shape));
  const outputTree = fn(...(unflatten(args, tensors) as never));
  const outputs = leavesOf<Tensor>(outputTree as TensorTree);
  const names = new Map<Tensor, string>();
  const split = splitOutputs(outputs.map(({ leaf }) => leaf));
  const nameFor = (leaf: Tensor) => {
    const name = leaf.node.op === "input" ? String(leaf.node.attributes.name) : `mask.${names.size}`;
    names.set(leaf, name);
    return name;
  };
  const whole = lower(split.roots, nameFor, tensors);
  const { lowered, folder } = storeConstants(whole, leaves);
  const random = lowered.feeds.filter((leaf) => leaf.node.op === "dropout_mask");
  const sizes = random.map((leaf) => sizeOf(staticShape("dropout", leaf.shape)));
  const bytes = sizes.reduce((n, size) => n + size * 4 + alignment, 0);
  const memory = bytes > 0 ? new KernelMemory(bytes) : undefined;
  const masks = random.map((leaf, i) => {
    const { rate, stream } = leaf.node.attributes as { rate: number; stream: number };
    const array = float32(leaf.shape as readonly number[], memory!.allocate(sizes[i]!));
    return { name: names.get(leaf)!, array, rate, stream };
  });
  // The inputs that the arguments hold, and where: looked up one by one, as most leaves may be constants.
  const keysOf = new Map(leaves.map(({ path, keys }) => [path, keys]));
  const feeds = lowered.inputs.flatMap((value) => {
    const keys = keysOf.get(value.name);
    return keys ? [{ value, keys }] : [];
  });
  /** The name in the graph of one of `split.roots`. */
  const nameOf = (place: number) => lowered.outputs[place]!.name;
  return { outputTree, outputs, split, nameOf, lowered, feeds, folder, masks, memory };
}

/** Makes constants of the inputs that stay in files. */
function storeConstants(
  lowered: Lowered,
  leaves: readonly { readonly path: string; readonly leaf: Spec }[],
): { lowered: Lowered; folder: string | undefined } {
  const places = new Map(leaves.filter(({ leaf }) => leaf.stored).map(({ path, leaf }) => [path, leaf]));
  if (places.size === 0) return { lowered, folder: undefined };
  const stored = new Map<string, StoredArray>();
  const folders = new Set<string>();
  for (const { name } of lowered.inputs) {
    const array = places.get(name) as StoredArray | undefined;
    if (!array) continue;
    stored.set(name, array);
    folders.add(array.stored.file.replace(/[^/\\]*$/, ""));
  }
  const [folder, another] = folders;
  if (another !== undefined) {
    throw new PunchlineError(
      "stored",
      `Constants of one graph must lie in one folder, not in ${folder} and ${another}.`,
    );
  }
  const inputs = lowered.inputs.filter(({ name }) => !stored.has(name));
  return { lowered: { ...lowered, inputs, stored }, folder };
}

function signature(args: readonly unknown[]): string {
  return leavesOf<Spec>(args as never)
    .map(
      ({ path, leaf }) => `${path}:${leaf.dtype}[${leaf.shape}]${leaf.stored ? `@${leaf.stored.file}` : ""}`,
    )
    .join(";");
}

function checked(name: string, array: HostArray, spec: Spec): HostArray {
  const fits =
    array.dtype === spec.dtype &&
    array.shape.length === spec.shape.length &&
    spec.shape.every((d, i) => typeof d === "string" || d === array.shape[i]);
  if (!fits)
    throw new ShapeError(`argument ${name}`, `expected ${spec.dtype}[${spec.shape}], not ${array.dtype}`, [
      array.shape,
    ]);
  return array;
}
