/**
 * Values by name: how an operation declares its operands and results, and how a graph, which keeps plain lists,
 * finds them again. `"x"` is one value, `"mask?"` may be absent, `"...parts"` is a list.
 */
import { PunchlineError } from "../core/errors.ts";

type One<N> = N extends `${string}?` | `...${string}` ? never : N;
type Optional<N> = N extends `${infer Name}?` ? Name : never;
type List<N> = N extends `...${infer Name}` ? Name : never;
type Simplify<T> = { [K in keyof T]: T[K] };

/** A `T` for each declared name: `ByName<"x" | "mask?", T>` is `{ x: T; mask?: T | undefined }`. */
export type ByName<N extends string, T> = Simplify<
  { readonly [K in N as One<K>]: T } & { readonly [K in N as Optional<K>]?: T | undefined } & {
    readonly [K in N as List<K>]: readonly T[];
  }
>;

/** The same where any of them may be absent. */
export type SomeByName<N extends string, T> = Simplify<
  { readonly [K in N as One<K> | Optional<K>]?: T | undefined } & {
    readonly [K in N as List<K>]?: readonly (T | undefined)[] | undefined;
  }
>;

/** Whether a declaration is of exactly one value. */
export type IsOne<N extends string, All = N> = N extends All
  ? [All] extends [One<N>]
    ? true
    : false
  : never;

/** Values by names that the compiler does not know. */
export type Named<T> = Readonly<Record<string, T | readonly T[] | undefined>>;

export interface Slot {
  readonly name: string;
  readonly kind: "one" | "optional" | "list";
}

export function slotOf(declared: string): Slot {
  if (declared.startsWith("...")) return { name: declared.slice(3), kind: "list" };
  return declared.endsWith("?")
    ? { name: declared.slice(0, -1), kind: "optional" }
    : { name: declared, kind: "one" };
}

/** The values as one list, and how many each name has. `op` and `role`, such as "input", are for an error. */
export function toList<T>(
  slots: readonly Slot[],
  named: Named<T>,
  op: string,
  role: string,
): { readonly values: readonly T[]; readonly counts: readonly number[] } {
  const values: T[] = [];
  const counts: number[] = [];
  for (let i = 0; i < slots.length; i++) {
    const { name, kind } = slots[i]!;
    const value = named[name];
    const absent = value === undefined && kind === "optional";
    if (!absent && (value === undefined || Array.isArray(value) !== (kind === "list")))
      throw new PunchlineError(
        "operation",
        `${op}: the ${role} "${name}" must be ${kind === "list" ? "a list" : "one value"}.`,
      );
    const before = values.length;
    if (kind === "list") values.push(...(value as readonly T[]));
    else if (!absent) values.push(value as T);
    counts.push(values.length - before);
  }
  return { values, counts };
}

/** The values of a list by name: what {@link toList} undoes. @param named where they are added */
export function fromList<T>(
  slots: readonly Slot[],
  counts: readonly number[],
  values: readonly T[],
  named: Record<string, unknown> = {},
): Named<T> {
  let at = 0;
  for (let i = 0; i < slots.length; i++) {
    const { name, kind } = slots[i]!;
    const end = at + (counts[i] ?? 0);
    named[name] = kind === "list" ? values.slice(at, end) : end > at ? values[at] : undefined;
    at = end;
  }
  return named as Named<T>;
}
