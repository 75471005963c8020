/**
 * Steps per second of GPT-2 124M on a cluster, on paper. A node takes `compute` seconds for its rows; a ring or halving
 * all-reduce sends and receives 2 (n - 1) / n times the gradient over each node's link (Patarasuk and Yuan 2009, "Bandwidth
 * optimal all-reduce algorithms for clusters of workstations"), in about 2 log2 n rounds of the link's latency.
 */

const GRADIENT_BYTES = 4 * 124_439_808;
/** Share of a link's rate that MPI over TCP or RDMA reaches. */
const REACHED = 0.9;
const LATENCY = 50e-6;
/** Weights and two moments, which ranks that average seldom send in place of one gradient. */
const AVERAGED = 3;

export interface Cluster {
  readonly nodes: number;
  /** Of each node's link. */
  readonly gigabits: number;
  /** Seconds that a node computes for one step: batch 4 x 128 on two cores, 150 token/s. */
  readonly compute?: number;
  /** Steps from one average to the next, with `--sync-every`. */
  readonly syncEvery?: number;
}

export function allReduceSeconds(bytes: number, { nodes, gigabits }: Cluster): number {
  const rate = (REACHED * gigabits * 1e9) / 8;
  return (2 * (nodes - 1) * bytes) / (nodes * rate) + 2 * Math.log2(nodes) * LATENCY;
}

/** Steps per second with a sum in every step, the share of the time that is computing, and steps per second with few sums. */
export function stepsPerSecond(cluster: Cluster) {
  const { compute = (4 * 128) / 150, syncEvery = 100 } = cluster;
  const sum = allReduceSeconds(GRADIENT_BYTES, cluster);
  return {
    every: 1 / (compute + sum),
    sharing: compute / (compute + sum),
    seldom: 1 / (compute + (AVERAGED * sum) / syncEvery),
  };
}
