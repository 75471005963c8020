/**
 * What several processes bring on this machine: trainings on one and two ranks of one thread each, one all-reduce of a
 * gradient, and from these what GPT-2 124M would do on clusters.
 *
 *     npm run build && npm run bench -- cluster
 *
 * Needs Debian's openmpi-bin or mpich, and two quiet cores.
 */
import { execFile, execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { type BenchRow, plain } from "./bench.ts";
import { onPaper } from "./cluster/estimate.ts";
import { fewest } from "./quick.ts";

const root = resolve(import.meta.dirname, "..");
const cli = join(root, "dist", "cli.js");
const launchers = ["mpirun.openmpi", "mpirun.mpich"] as const;
const env = {
  ...process.env,
  NO_COLOR: "1",
  OMPI_ALLOW_RUN_AS_ROOT: "1",
  OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: "1",
};

const models = {
  "char-lstm, 256 wide, batch 32 x 64": `--model char-lstm --width 256 --batch-size 32 --seq-len 64 --steps ${fewest(60)}`,
  "GPT-2, 4 x 128, batch 16 x 64": `--model gpt2 --layers 4 --width 128 --heads 4 --batch-size 16 --seq-len 64 --steps ${fewest(40)}`,
} as const;

interface Summary {
  readonly tokens_per_s: number;
  readonly parameters: number;
}

export default async function cluster(): Promise<readonly BenchRow[]> {
  if (!existsSync(cli)) throw new Error('There is no build: run "npm run build" first.');
  const found = launchers.filter((name) => !spawnSync(name, ["--version"], { env }).error);
  if (found.length === 0) throw new Error("There is no mpirun: install openmpi-bin or mpich.");
  const folder = mkdtempSync(join(tmpdir(), "punchline-bench-"));
  try {
    const rows: BenchRow[] = [];
    for (const [name, words] of Object.entries(models)) {
      const alone = await trained(folder, [], words);
      const both = await Promise.all(["a", "b"].map((run) => trained(folder, [], halved(words), run)));
      const most = both[0]!.tokens_per_s + both[1]!.tokens_per_s;
      rows.push(
        plain(`${name}: one process`, "token/s", alone.tokens_per_s, "one thread"),
        plain(`${name}: two unrelated processes`, "token/s", most, "half the rows each, one thread each"),
      );
      for (const launcher of found) {
        const two = await trained(folder, [launcher, "-n", "2"], words);
        const share = two.tokens_per_s / most;
        rows.push(
          plain(
            `${name}: two ranks, ${launcher.slice(7)}`,
            "token/s",
            two.tokens_per_s,
            `${Math.round(100 * share)} % of what two unrelated processes do; ${(4e-6 * two.parameters).toFixed(1)} MB a step`,
          ),
        );
      }
    }
    for (const launcher of found) rows.push(...reductions(launcher));
    return [...rows, ...onPaper.map(paperRow)];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The words for half of the rows. */
const halved = (words: string): string =>
  words.replace(/(?<=--batch-size )\d+/, (rows) => String(Number(rows) / 2));

async function trained(
  folder: string,
  launcher: readonly string[],
  words: string,
  run = "run",
): Promise<Summary> {
  const out = join(folder, run);
  rmSync(out, { recursive: true, force: true });
  const usual = ["--threads", "1", "--validate-every", "1000", "--sample-every", "0", "--json", "-q"];
  const [program, ...args] = [
    ...launcher,
    process.execPath,
    cli,
    "train",
    ...words.split(" "),
    ...usual,
    "--out",
    out,
  ];
  const { stdout } = await promisify(execFile)(program!, args, { env });
  return JSON.parse(stdout);
}

interface Reduction {
  readonly bytes: number;
  readonly milliseconds: number;
  /** Of copying as many bytes in memory. */
  readonly copy: number;
}

function reductions(launcher: string): BenchRow[] {
  const program = [
    process.execPath,
    "--import",
    join(root, "bench/register.mjs"),
    join(root, "bench/cluster/reduce.ts"),
  ];
  const output = execFileSync(launcher, ["-n", "2", ...program], {
    env,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  return (JSON.parse(output) as Reduction[]).map(({ bytes, milliseconds, copy }) =>
    plain(
      `all-reduce of ${bytes < 1e3 ? `${bytes} bytes` : `${Math.round(bytes / 1e6)} MB`}, two ranks, ${launcher.slice(7)}`,
      "ms",
      milliseconds,
      bytes < 1e3 ? undefined : `a copy in memory takes ${copy.toFixed(1)} ms`,
    ),
  );
}

/** GPT-2 124M on a cluster. */
const paperRow = ({ nodes, gigabits, every, sharing, seldom }: (typeof onPaper)[number]): BenchRow =>
  plain(
    `GPT-2 124M on ${nodes} nodes, ${gigabits} Gbit/s (on paper)`,
    "step/s",
    every,
    `${Math.round(100 * sharing)} % of it computing; ${seldom.toFixed(3)} with --sync-every 100`,
  );
