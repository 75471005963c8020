/** Ranks that are no processes, but turns of one: to try in one process what several do. */
import { bytesOf, type Ranks } from "../src/ranks/ranks.ts";

/** `size` ranks, whose calls wait for each other. The sums are taken in the order of the ranks. */
export function ranksInProcess(size: number): readonly Ranks[] {
  let arrived: { readonly values: ArrayBufferView; readonly done: () => void }[] = [];
  let waiting = 0;
  const meet = (rank: number, values: ArrayBufferView, exchange: (all: ArrayBufferView[]) => void) =>
    new Promise<void>((done) => {
      arrived[rank] = { values, done };
      if (++waiting < size) return;
      const all = arrived;
      arrived = [];
      waiting = 0;
      exchange(all.map((one) => one.values));
      for (const one of all) one.done();
    });
  return Array.from({ length: size }, (_, rank) => ({
    rank,
    size,
    host: "here",
    sum: (values) =>
      meet(rank, values, (all) => {
        const arrays = all as (typeof values)[];
        const total = arrays[0]!.slice();
        for (const other of arrays.slice(1)) for (const [i, value] of other.entries()) total[i]! += value;
        for (const array of arrays) array.set(total);
      }),
    broadcast: (bytes, from = 0) =>
      meet(rank, bytes, (all) => {
        const sent = bytesOf(all[from]!).slice();
        for (const array of all) (array as Uint8Array).set(sent);
      }),
  }));
}
