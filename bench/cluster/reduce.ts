/** Under mpirun: the median time of an all-reduce, for several sizes, and of a copy of as many bytes. Rank 0 prints JSON. */
import { startRanks } from "../../src/ranks/mpi.ts";
import { median } from "../bench.ts";

const sizes = [16, 1e6, 32e6, 128e6];
const RUNS = 9;

const ranks = await startRanks();
if (!ranks) throw new Error("Start this with mpirun, on two ranks or more.");
const found: { bytes: number; milliseconds: number; copy: number }[] = [];
for (const bytes of sizes) {
  const memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / 65536) });
  const values = new Float32Array(memory.buffer, 0, bytes / 4);
  const other = new Float32Array(values.length);
  const times: number[] = [];
  const copies: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    values.fill(1);
    await ranks.sum(new Float64Array(1));
    let begun = performance.now();
    await ranks.sum(values);
    times.push(performance.now() - begun);
    begun = performance.now();
    other.set(values);
    copies.push(performance.now() - begun);
  }
  if (values.some((value) => value !== ranks.size)) throw new Error(`A sum is not ${ranks.size}.`);
  found.push({ bytes, milliseconds: median(times), copy: median(copies) });
}
if (ranks.rank === 0) process.stdout.write(JSON.stringify(found));
ranks.finish();
