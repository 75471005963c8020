/** Trees: tensors (or host arrays) in nested plain objects and arrays, as functions take and return them. */
import type { DeviceArray, DType, FilePlace, HostArray, StoredArray } from "../core/array.ts";
import type { Dim } from "../core/shape.ts";
import { Tensor } from "./tensor.ts";

export type Tree<L> = L | readonly Tree<L>[] | { readonly [key: string]: Tree<L> };
export type TensorTree = Tree<Tensor>;

/** The shape and dtype of an input that has no value yet; names stand for dynamic sizes. */
export interface Spec {
  readonly dtype: DType;
  readonly shape: readonly Dim[];
  /** Where the array lies, if it is a constant of the graph that stays in a file. */
  readonly stored?: FilePlace;
  /** Its numbers, if it is a constant of the graph that is in memory. They are copied when the graph is loaded. */
  readonly constant?: HostArray;
}

/** The same tree with tensors for leaves. */
export type Traced<T> = T extends Spec | Tensor
  ? Tensor
  : T extends readonly unknown[] | object
    ? { readonly [K in keyof T]: Traced<T[K]> }
    : never;

/** The same tree with arrays to compute with for leaves. */
export type Given<T> = T extends Tensor
  ? HostArray | StoredArray | DeviceArray
  : T extends readonly unknown[] | object
    ? { readonly [K in keyof T]: Given<T[K]> }
    : never;

/** The same tree with host arrays for leaves. */
export type Concrete<T> = T extends Tensor
  ? HostArray
  : T extends readonly unknown[] | object
    ? { readonly [K in keyof T]: Concrete<T[K]> }
    : never;

const isSpec = (x: unknown): x is Spec => typeof x === "object" && x !== null && "dtype" in x && "shape" in x;
const isLeaf = (x: unknown): boolean => x instanceof Tensor || isSpec(x);

export interface Leaf<L> {
  /** Its name, such as `1.x` or `0.head.weight`. */
  readonly path: string;
  /** The same, key by key: keys may have dots in them. */
  readonly keys: readonly string[];
  readonly leaf: L;
}

/** Leaves in the order of keys as written. */
export function leavesOf<L>(tree: Tree<L>, keys: readonly string[] = []): Leaf<L>[] {
  if (isLeaf(tree)) return [{ path: keys.join("."), keys, leaf: tree as L }];
  return Object.entries(tree as Record<string, Tree<L>>).flatMap(([key, child]) =>
    child === undefined ? [] : leavesOf(child, [...keys, key]),
  );
}

/** The leaf at `keys`, or undefined where the tree has none there. */
export function leafAt(tree: unknown, keys: readonly string[]): unknown {
  let at = tree;
  for (const key of keys) at = (at as Readonly<Record<string, unknown>> | undefined)?.[key];
  return at;
}

export function flatten<L>(tree: Tree<L>): L[] {
  return leavesOf(tree).map(({ leaf }) => leaf);
}

/** The tree of `like` with `leaves` in place of its own, in the same order. */
export function unflatten<T>(like: T, leaves: readonly unknown[]): T {
  let next = 0;
  const build = (tree: unknown): unknown => {
    if (isLeaf(tree)) return leaves[next++];
    if (Array.isArray(tree)) return tree.map(build);
    return Object.fromEntries(
      Object.entries(tree as object).flatMap(([key, child]) =>
        child === undefined ? [] : [[key, build(child)]],
      ),
    );
  };
  return build(like) as T;
}
