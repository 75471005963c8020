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

/** Tokens of a node's rows in one step: 4 x 128. */
const ROWS = 512;
/** Tokens per second of two cores of an EPYC, as docs/benchmarks.md has them, and of 32 such. */
const SPEEDS = [418, 6700] as const;
/** Steps from one average to the next. */
const SELDOM = 100;
const NODES = [8, 64, 512] as const;
const LINKS = [1, 10, 100] as const;

export interface Cluster {
  readonly nodes: number;
  /** Of each node's link. */
  readonly gigabits: number;
  /** Seconds that a node computes for one step. Default: of {@link ROWS} on two cores. */
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
  const { compute = ROWS / SPEEDS[0], syncEvery = SELDOM } = cluster;
  const sum = allReduceSeconds(GRADIENT_BYTES, cluster);
  return {
    every: 1 / (compute + sum),
    sharing: compute / (compute + sum),
    seldom: 1 / (compute + (AVERAGED * sum) / syncEvery),
  };
}

/** Clusters of the table, each with what it does. */
export const onPaper = NODES.flatMap((nodes) =>
  LINKS.map((gigabits) => ({ nodes, gigabits, ...stepsPerSecond({ nodes, gigabits }) })),
);

/** Gbit/s of a link where half of the time is computing, the other half `share` of a sum. */
function halfAt(nodes: number, compute: number, share: number): number {
  const rounds = 2 * Math.log2(nodes) * LATENCY;
  const rate = (2 * (nodes - 1) * GRADIENT_BYTES) / nodes / (compute / share - rounds);
  return (8 * rate) / (REACHED * 1e9);
}

/** The tables of docs/cluster.md. */
export function paperTables(): readonly string[] {
  const clusters = table(
    [
      "nodes",
      "link",
      "steps/s, a sum in every step",
      "of which computing",
      "as fast as so many nodes alone",
      `steps/s, \`--sync-every ${SELDOM}\``,
      "take",
    ],
    onPaper.map(({ nodes, gigabits, every, sharing, seldom }) => [
      String(nodes),
      `${gigabits} Gbit/s`,
      every.toFixed(3),
      `${Math.round(100 * sharing)} %`,
      String(Math.round(nodes * sharing)),
      seldom.toFixed(3),
      sharing < 0.5 ? `\`--sync-every ${SELDOM}\`` : "the sum",
    ]),
  );
  const limits = table(
    ["a node", ...NODES.map((nodes) => `${nodes} nodes`), `512 nodes, \`--sync-every ${SELDOM}\``],
    SPEEDS.map((speed) => {
      const [compute, most] = [ROWS / speed, NODES.at(-1)!];
      const links = NODES.map((nodes) => halfAt(nodes, compute, 1));
      return [
        `${speed.toLocaleString("en-US")} token/s`,
        ...[...links, halfAt(most, compute, AVERAGED / SELDOM)].map(
          (gigabits) => `${Number(gigabits.toPrecision(2))} Gbit/s`,
        ),
      ];
    }),
  );
  return [clusters, limits];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((cell, i) => Math.max(cell.length, ...rows.map((row) => row[i]!.length)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, i) => cell.padEnd(widths[i]!)).join(" | ")} |`;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n");
}
