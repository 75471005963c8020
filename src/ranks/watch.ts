/**
 * Notices that another rank of the same machine has died. The main thread may wait inside MPI for what will never come, so a
 * thread of its own looks, says one sentence and ends this process; the launcher ends those of other machines.
 */
import { Worker } from "node:worker_threads";
import { bytesOf, type Ranks } from "./ranks.ts";

/** Milliseconds between two looks. */
const INTERVAL = 100;

/** Runs in the thread. Only the lowest rank that is left speaks. */
const look = `
  const { workerData: { others, interval } } = require("node:worker_threads");
  const { writeSync } = require("node:fs");
  const gone = (pid) => { try { process.kill(pid, 0); return false; } catch (error) { return error.code === "ESRCH"; } };
  setInterval(() => {
    const dead = others.find(({ pid }) => gone(pid));
    if (!dead) return;
    const speaks = !others.some(({ rank, pid }) => rank < dead.own && !gone(pid));
    if (speaks) {
      try {
        writeSync(2, "error: Rank " + dead.rank + " on " + dead.host + " has died, so all ranks end. What was saved last is whole; start the same command again, a training with --resume.\\n");
      } catch {}
    }
    process.kill(process.pid, "SIGKILL");
  }, interval);
`;

/** Begins to watch the ranks of this machine. */
export async function watchOthers(
  ranks: Pick<Ranks, "rank" | "size" | "host" | "broadcast">,
): Promise<{ stop(): void }> {
  const others: { rank: number; pid: number; host: string; own: number }[] = [];
  for (let rank = 0; rank < ranks.size; rank++) {
    const place = new Uint8Array(256);
    if (rank === ranks.rank) new TextEncoder().encodeInto(ranks.host, place.subarray(8));
    const pid = new Float64Array(1);
    pid[0] = process.pid;
    if (rank === ranks.rank) place.set(bytesOf(pid));
    await ranks.broadcast(place, rank);
    if (rank === ranks.rank) continue;
    const host = new TextDecoder().decode(place.subarray(8)).replace(/\0+$/, "");
    const [number] = new Float64Array(place.buffer, 0, 1);
    // A process that cannot be seen is in another namespace, and nobody can say whether it lives.
    if (host === ranks.host && isSeen(number!)) others.push({ rank, pid: number!, host, own: ranks.rank });
  }
  if (others.length === 0) return { stop() {} };
  const worker = new Worker(look, {
    eval: true,
    workerData: { others, interval: INTERVAL },
    execArgv: [],
  });
  worker.unref();
  return { stop: () => void worker.terminate() };
}

function isSeen(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
