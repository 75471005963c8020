/** How fast the memory can be read: as many threads as the benchmarks use, over more than the caches hold. */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { fewest, quick } from "../quick.ts";

/** What all threads read together; the largest caches of today's processors hold about as much as one of them reads. */
const BYTES = quick ? 2 ** 26 : 2 ** 29;
/** Readings of all of it that are timed as one. */
const PASSES = 2;
const RUNS = fewest(4);

/** Bytes a second: the fastest of some runs, as it is a limit. */
export async function memoryBandwidth(module: WebAssembly.Module, threads: number): Promise<number> {
  const bytes = Math.floor(BYTES / threads / 65_536) * 65_536;
  const readers = Array.from(
    { length: threads },
    () => new Worker(new URL("reader.mjs", import.meta.url), { workerData: { module, bytes } }),
  );
  try {
    const all = () => Promise.all(readers.map((reader) => once(reader, "message")));
    await all();
    let fastest = 0;
    for (let run = 0; run < RUNS; run++) {
      const begun = performance.now();
      const done = all();
      for (const reader of readers) reader.postMessage(PASSES);
      await done;
      const seconds = (performance.now() - begun) / 1000;
      fastest = Math.max(fastest, (PASSES * threads * bytes) / seconds);
    }
    return fastest;
  } finally {
    await Promise.all(readers.map((reader) => reader.terminate()));
  }
}
