/** Arrays on their way between the host and the memory of a device. */
import type { DeviceArray, HostArray } from "../core/array.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { Backend } from "./backend.ts";
import { compile } from "./compile.ts";

type Trees<A> = Readonly<Record<string, Readonly<Record<string, A>>>>;
export type HostTrees = Trees<HostArray>;
export type DeviceTrees = Trees<DeviceArray>;

/** Copies of arrays by group and name. Each copy is one graph for the shapes of all of them. */
export class Transfer {
  readonly #up;
  readonly #down;

  constructor(backend: Backend) {
    const same = (trees: Trees<Tensor>): Trees<Tensor> => trees;
    this.#up = compile(same, { backend, keep: () => true });
    this.#down = compile(same, { backend });
  }

  /** The same numbers in the device's memory; whoever asks for them frees them. */
  async upload<T extends HostTrees>(trees: T): Promise<{ readonly [K in keyof T]: DeviceTrees[string] }> {
    return (await this.#up(trees)) as never;
  }

  /** Writes what the device has into arrays of the host. */
  async download(trees: DeviceTrees, into: HostTrees): Promise<void> {
    await this.#down.run([trees], { into });
  }

  async release(): Promise<void> {
    await this.#up.release();
    await this.#down.release();
  }
}

/** Frees arrays of a device. */
export function discardArrays(trees: DeviceTrees): void {
  for (const arrays of Object.values(trees)) for (const array of Object.values(arrays)) array.release();
}
