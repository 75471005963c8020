/** A thread of the memory probe: for each message, the number of times to read its memory, it answers when that is done. */
import { parentPort, workerData } from "node:worker_threads";

const { module, bytes } = workerData;
const memory = new WebAssembly.Memory({ initial: bytes / 65_536 });
// Pages that were never written are all the same page of zeros, which fits the cache.
new Uint8Array(memory.buffer).fill(1);
const { read } = new WebAssembly.Instance(module, { env: { memory } }).exports;
read(bytes);
parentPort.on("message", (times) => {
  for (let k = 0; k < times; k++) read(bytes);
  parentPort.postMessage("done");
});
parentPort.postMessage("ready");
