/** Where graphs can run on this machine. */
import { float32 } from "../core/array.ts";
import type { Tensor } from "../graph/tensor.ts";
import { matmul } from "../ops/matmul.ts";
import { type Device, devices } from "../runtime/backend.ts";
import { compile } from "../runtime/compile.ts";
import { nodeBackend, silenceRuntime } from "../runtime/node.ts";
import { whyUnusable } from "../runtime/unusable.ts";

export interface DeviceInfo {
  readonly name: Device;
  readonly kind: "processor" | "graphics";
  readonly usable: boolean;
  /** Why it is not usable. */
  readonly reason?: string | undefined;
}

/** Every device that graphs could run on; each is tried with a small product. */
export async function listDevices(): Promise<readonly DeviceInfo[]> {
  silenceRuntime();
  const list: DeviceInfo[] = [];
  for (const name of devices) {
    const reason = await tryDevice(name);
    const kind = name === "cpu" ? "processor" : "graphics";
    list.push({ name, kind, usable: reason === undefined, ...(reason === undefined ? {} : { reason }) });
  }
  return list;
}

async function tryDevice(device: Device): Promise<string | undefined> {
  try {
    const product = compile((a: Tensor, b: Tensor) => matmul(a, b), { backend: nodeBackend({ device }) });
    const two = float32([2, 2], [1, 2, 3, 4]);
    const { data } = await product(two, two);
    await product.release();
    return Array.from(data, Number).join() === "7,10,15,22" ? undefined : "It computes wrongly.";
  } catch (error) {
    return whyUnusable(error);
  }
}
