/** `compile` for Node, with the backend chosen by device. */
import type { BackendOptions } from "../src/runtime/backend.ts";
import { type Compiled, compile as compileWith } from "../src/runtime/compile.ts";
import { nodeBackend } from "../src/runtime/node.ts";

/** See {@link compileWith}. `device` and `threads` choose where and how wide the graph runs. */
export function compile<A extends readonly unknown[], O>(
  fn: (...args: A) => O,
  { specs, ...device }: BackendOptions & { readonly specs?: readonly unknown[] | undefined } = {},
): Compiled<A, O> {
  return compileWith(fn, { backend: nodeBackend(device), ...(specs ? { specs } : {}) });
}
