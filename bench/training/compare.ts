/** Training steps of one model here and of its twin in PyTorch, in turn, each side in a process of its own on two threads. */
import type { ModelConfig, OptionValues } from "../../src/models/model.ts";
import { architectureOf } from "../../src/models/registry.ts";
import { type Absent, interleave } from "../bench.ts";
import { forwardOperations } from "../limits/work.ts";
import { type Peer, startNode, startPeer } from "../python.ts";

export interface TrainingCase {
  /** An architecture, such as `char-lstm`. Its dropout must be 0: the twin has none. */
  readonly model: string;
  readonly options: OptionValues;
  readonly vocabulary: number;
  readonly batch: number;
  /** Tokens of a window. */
  readonly length: number;
  /** Of our side. Default: 2. */
  readonly threads?: number;
  /** Where both sides compute. Default: the CPU, on two threads. */
  readonly device?: "cpu" | "webgpu" | undefined;
}

/** A figure of each side. */
export interface Pair {
  readonly ours: number;
  readonly peer: number | Absent;
}

export interface TrainingComparison {
  readonly peerName: string;
  /** Tokens trained on in a second: the median of runs in turn. */
  readonly tokensPerSecond: Pair;
  /** Operations of a step's products with weights, for each token: forward, and of both gradients. */
  readonly operations: number;
  /** Peak memory of the process. */
  readonly megabytes: Pair;
  /** Seconds in which our graph was made and loaded, and ran once. */
  readonly setup: number;
  /** Tokens that our side then writes in a second, one after another, without choosing among them. */
  readonly written: number;
  /** What makes the peer less than it could be. */
  readonly note?: string;
}

/** GFLOPS under which a PyTorch has no BLAS worth the name. */
const SLOW_BLAS = 20;

/**
 * @param seconds of each measured run
 * @param runs measured runs of each side
 */
export async function compareTraining(
  training: TrainingCase,
  { seconds = 1, runs = 5 }: { seconds?: number; runs?: number } = {},
): Promise<TrainingComparison> {
  const ours = startNode(new URL("step.ts", import.meta.url));
  const peer = await startPeer(new URL("step.py", import.meta.url), { threads: 2 });
  const figure = (side: Peer, op: "train" | "write") => async () =>
    (await side.ask<{ rate: number }>({ op, seconds })).rate;
  const memory = async (side: Peer) => (await side.ask<{ megabytes: number }>({ op: "memory" })).megabytes;
  try {
    const setup = await ours.ask<{ seconds: number; config: ModelConfig }>({ op: "setup", ...training });
    const started = "absent" in peer ? undefined : peer;
    const speed = await started?.ask<{ gigaflops: number } | Absent>({
      op: "setup",
      ...training,
      device: training.device === "webgpu" ? "cuda" : "cpu",
      config: setup.config,
    });
    const absent = [peer, speed].find((side): side is Absent => side !== undefined && "absent" in side);
    const twin = absent ? undefined : started;
    const contestants: Record<string, () => Promise<number>> = { ours: figure(ours, "train") };
    if (twin) contestants.peer = figure(twin, "train");
    const rates = await interleave(contestants, { runs });
    const network = architectureOf(training.model).build(setup.config);
    const scored = network.predicts === "last" ? 1 / training.length : 1;
    return {
      operations: 3 * forwardOperations(network, { rows: 1, scored }),
      peerName: started?.name ?? "PyTorch",
      tokensPerSecond: { ours: rates.ours!, peer: rates.peer ?? absent! },
      megabytes: { ours: await memory(ours), peer: twin ? await memory(twin) : absent! },
      setup: setup.seconds,
      written: await figure(ours, "write")(),
      ...(speed && "gigaflops" in speed && speed.gigaflops < SLOW_BLAS
        ? { note: slowBlas(speed.gigaflops) }
        : {}),
    };
  } finally {
    await ours.stop();
    if (!("absent" in peer)) await peer.stop();
  }
}

const slowBlas = (gigaflops: number): string =>
  `this PyTorch multiplies at ${gigaflops.toFixed(0)} GFLOPS only: install a fast BLAS (Debian: libopenblas0-pthread)`;
