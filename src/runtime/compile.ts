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
import {
  type DeviceArray,
  float32,
  type HostArray,
  hostArray,
  type StoredArray,
  sizeOf,
} from "../core/array.ts";
import { PunchlineError, ShapeError } from "../core/errors.ts";
import { checkOptions, invalidOption, optionNames } from "../core/options.ts";
import { Random } from "../core/random.ts";
import { remember } from "../core/remember.ts";
import { isStatic, staticShape } from "../core/shape.ts";
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
import { everyKernel } from "../onnx/kernels.ts";
import { locate } from "../onnx/locate.ts";
import { type Lowered, lower } from "../onnx/lower.ts";
import { graphMemory } from "../onnx/memory.ts";
import { encodeModel } from "../onnx/proto.ts";
import { alignment, KernelMemory } from "./arena-memory.ts";
import { type Backend, NOT_WHOLE, type Session } from "./backend.ts";
import { addRowsInPlace, type SplitOutputs, splitRowAdditions, wholeOutputs } from "./row-additions.ts";
import { withholding } from "./withheld.ts";
import { withoutKernel } from "./without-kernel.ts";

type Arguments = readonly unknown[];
type Concretes<A extends Arguments> = { readonly [K in keyof A]: Given<A[K]> };
type Partially<T> = T extends HostArray ? T : { readonly [K in keyof T]?: Partially<T[K]> };

export interface RunOptions<O> {
  /** Arrays that the results are written to, by place; the rest are allocated. */
  readonly into?: Partially<Concrete<O>>;
  /** Where the generator begins for the run's dropout masks. Needed where the graph has any. */
  readonly random?: RunRandom;
}

interface RunRandom {
  readonly seed: number;
  readonly step: number;
  /** The rows of a larger batch that the arguments are: their masks are those of the larger one. Default: all. */
  readonly rows?: BatchRows | undefined;
}

/** Some rows of a batch, from one to before another. */
export interface BatchRows {
  readonly from: number;
  readonly to: number;
  /** Rows of the whole batch. */
  readonly of: number;
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
  /** Which results stay in the device's memory, by their place: a run gives them as `DeviceArray`. Default: none. */
  readonly keep?: ((path: string) => boolean) | undefined;
  /**
   * Whether to refuse a graph of which the device leaves an operation to the CPU, with copies there and back. Default
   * false.
   */
  readonly whole?: boolean | undefined;
  /**
   * Whether products of matrices are computed in 16 bits, with their operands rounded to them and their results given in 32;
   * for devices that have such numbers. Default false.
   */
  readonly halfProducts?: boolean | undefined;
}

const compileNames = optionNames<keyof CompileOptions>()("backend specs keep whole halfProducts");
const runNames = optionNames<keyof RunOptions<unknown>>()("into random");

type Traced = ReturnType<typeof trace>;

export function compile<A extends Arguments, O>(
  fn: (...args: A) => O,
  options: CompileOptions,
): Compiled<A, O> {
  const { backend, specs, keep, whole = false, halfProducts = false } = checkOptions(options, compileNames);
  if (typeof fn !== "function") throw invalidOption("fn", fn, "a function of tensors");
  if (typeof (backend as Backend | null | undefined)?.createSession !== "function")
    throw invalidOption("backend", backend, "a backend, such as `nodeBackend` or `webBackend` returns");
  const { kernels = everyKernel } = backend;
  const target = halfProducts ? { kernels: { ...kernels, halfProducts } } : backend;
  const graphs = new Map<string, Traced>();
  const sessions = new Map<string, Promise<{ session: Session; traced: Traced }>>();
  const keyOf = (args: readonly unknown[]) => (specs ? "" : signature(args));

  const graphOf = (args: readonly unknown[]): Traced =>
    remember(graphs, keyOf(args), () =>
      trace(fn, specs ?? args, target, keep ? wholeOutputs : splitRowAdditions),
    );
  const load = (args: readonly unknown[]) =>
    remember(sessions, keyOf(args), () => {
      const traced = graphOf(args);
      const model = backend.copiesResults ? withholding(traced.lowered) : traced.lowered;
      const { folder, outputs, nameOf, split } = traced;
      const kept = outputs.flatMap(({ path }, i) => (keep?.(path) ? [nameOf(split.places[i]!)] : []));
      return backend.createSession(encodeModel(model), { folder, kept, whole }).then(
        (session) => ({ session, traced }),
        async (error: unknown) => {
          if (error instanceof PunchlineError && error.code === NOT_WHOLE)
            throw await withoutKernel(backend, traced.lowered, error);
          throw locate(error, traced.lowered.origins);
        },
      );
    });

  async function run(args: Concretes<A>, options: RunOptions<O> = {}): Promise<Concrete<O>> {
    const { into, random } = checkOptions(options, runNames);
    const { session, traced } = await load(args);
    const feeds: Record<string, HostArray | DeviceArray> = {};
    for (const { value, keys } of traced.feeds) {
      const array = leafAt(args, keys) as HostArray | DeviceArray | undefined;
      if (array) feeds[value.name] = checked(value.name, array, value);
    }
    for (const mask of traced.masks) {
      if (!random)
        throw new PunchlineError("random", "This graph has dropout: give the run a seed and a step.");
      fillMask(traced.memory!, mask, random);
      feeds[mask.name] = mask.array;
    }
    const fetches: Record<string, HostArray | null> = {};
    for (const { name } of traced.lowered.outputs) fetches[name] = null;
    traced.outputs.forEach(({ keys }, i) => {
      const target = leafAt(into, keys) as HostArray | undefined;
      fetches[traced.nameOf(traced.split.places[i]!)] = target ?? null;
    });
    // Where some results have places, the others get theirs, so that the runtime need not copy any.
    if (into)
      for (const { name, dtype, shape } of traced.lowered.outputs)
        if (!keep && isStatic(shape)) fetches[name] ??= hostArray(dtype, shape);
    const results = await session.run(feeds, fetches).catch((error: unknown) => {
      throw locate(error, traced.lowered.origins);
    });
    const result = (place: number) => results[traced.nameOf(place)]!;
    for (const { table, rows, index } of traced.split.additions)
      addRowsInPlace(result(table) as HostArray, result(rows) as HostArray, result(index) as HostArray);
    return unflatten(traced.outputTree, traced.split.places.map(result)) as Concrete<O>;
  }

  return Object.assign((...args: Concretes<A>) => run(args), {
    run,
    prepare: async (...args: readonly unknown[]) => void (await load(args)),
    dump: (...args: readonly unknown[]) => {
      const { outputs } = trace(fn, args, target, splitRowAdditions);
      return dump(Object.fromEntries(outputs.map(({ path, leaf }) => [path || "result", leaf])));
    },
    memory: (...args: readonly unknown[]) => {
      const { lowered, memory } = graphOf(args);
      return graphMemory(lowered) + (memory?.buffer.byteLength ?? 0);
    },
    onnx: (...args: readonly unknown[]) => encodeModel(trace(fn, args, target, wholeOutputs).lowered),
    async release() {
      // What could not be loaded has been said by whoever asked for it.
      for (const entry of sessions.values())
        await entry.then(
          ({ session }) => session.release(),
          () => {},
        );
      sessions.clear();
      graphs.clear();
    },
  });
}

interface Mask {
  readonly array: HostArray<"float32">;
  readonly rate: number;
  readonly stream: number;
  /** How often the rows of the batch come one after the other. */
  readonly steps: number;
}

function fillMask(memory: KernelMemory, { array, rate, stream, steps }: Mask, random: RunRandom): void {
  const numbers = new Random(random.seed, `dropout.${stream}`, random.step);
  const { from, to, of } = random.rows ?? { from: 0, to: 1, of: 1 };
  if (to - from === of) {
    memory.fillDropoutMask(array.data, rate, numbers);
    return;
  }
  // Of every step the numbers of these rows, among those of all rows.
  const length = array.data.length / steps;
  const row = length / (to - from);
  for (let step = 0; step < steps; step++) {
    const part = array.data.subarray(step * length, (step + 1) * length);
    memory.fillDropoutMask(part, rate, numbers, (step * of + from) * row);
  }
}

/** The graph of `fn` for arguments of these shapes. Inputs are named by their place: `0.head.weight`, `1.x`. */
function trace(
  fn: (...args: never) => unknown,
  args: readonly unknown[],
  { kernels }: Pick<Backend, "kernels">,
  splitOutputs: (outputs: readonly Tensor[]) => SplitOutputs,
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
  const whole = lower(split.roots, nameFor, tensors, kernels);
  const { lowered, folder } = storeConstants(whole, leaves);
  const random = lowered.feeds.filter((leaf) => leaf.node.op === "dropout_mask");
  const sizes = random.map((leaf) => sizeOf(staticShape("dropout", leaf.shape)));
  const bytes = sizes.reduce((n, size) => n + size * 4 + alignment, 0);
  const memory = bytes > 0 ? new KernelMemory(bytes) : undefined;
  const masks = random.map((leaf, i) => {
    const { rate, stream, steps = 1 } = leaf.node.attributes as unknown as Omit<Mask, "array">;
    const array = float32(leaf.shape as readonly number[], memory!.allocate(sizes[i]!));
    return { name: names.get(leaf)!, array, rate, stream, steps };
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

/** Makes constants of the inputs that stay in files, and of those that are constants in memory. */
function storeConstants(
  whole: Lowered,
  leaves: readonly { readonly path: string; readonly leaf: Spec }[],
): { lowered: Lowered; folder: string | undefined } {
  const lowered = withConstants(whole, leaves);
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

function withConstants(
  lowered: Lowered,
  leaves: readonly { readonly path: string; readonly leaf: Spec }[],
): Lowered {
  const given = new Map(leaves.flatMap(({ path, leaf }) => (leaf.constant ? [[path, leaf.constant]] : [])));
  if (given.size === 0) return lowered;
  const constants = new Map(lowered.constants);
  for (const { name } of lowered.inputs) {
    const constant = given.get(name);
    if (constant) constants.set(name, constant);
  }
  return { ...lowered, constants, inputs: lowered.inputs.filter(({ name }) => !given.has(name)) };
}

function signature(args: readonly unknown[]): string {
  return leavesOf<Spec>(args as never)
    .map(
      ({ path, leaf }) => `${path}:${leaf.dtype}[${leaf.shape}]${leaf.stored ? `@${leaf.stored.file}` : ""}`,
    )
    .join(";");
}

function checked<A extends HostArray | DeviceArray>(name: string, array: A, spec: Spec): A {
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
