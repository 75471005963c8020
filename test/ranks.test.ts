/** Trainings under the MPI libraries of Debian, on several processes of this machine. */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, readlinkSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { ArchitecturesResult } from "../src/compare/architectures.ts";
import { readLog } from "../src/train/results.ts";
import { adapterFolder } from "./adapter-fixture.ts";
import { builtCli, root, temporaryFolder } from "./cli.ts";

const launchers = ["mpirun.openmpi", "mpirun.mpich"] as const;
type Launcher = (typeof launchers)[number];

const environment = {
  ...process.env,
  NO_COLOR: "1",
  // Open MPI asks twice whether root may, and for leave to start more processes than cores.
  OMPI_ALLOW_RUN_AS_ROOT: "1",
  OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: "1",
  OMPI_MCA_rmaps_base_oversubscribe: "1",
};

/** Why tests of this launcher cannot run here; undefined where they can. */
const missing = (launcher: Launcher): string | undefined =>
  spawnSync(launcher, ["--version"], { env: environment }).error
    ? `${launcher} is not installed`
    : existsSync(join(root, "node_modules", "koffi"))
      ? undefined
      : "koffi is not installed";

const small =
  "--model char-lstm --width 32 --dropout 0.2 --batch-size 6 --seq-len 16 --log-every 1 --threads 1 -q".split(
    " ",
  );

interface Job {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly errors: readonly string[];
}

function ended(job: ReturnType<typeof spawn>): Promise<Job> {
  let stdout = "";
  let stderr = "";
  job.stdout!.on("data", (text) => (stdout += text));
  job.stderr!.on("data", (text) => (stderr += text));
  return new Promise((done) =>
    job.on("close", (status) =>
      done({
        status,
        stdout,
        stderr,
        errors: stderr.split("\n").filter((line) => line.startsWith("error: ")),
      }),
    ),
  );
}

/** Runs words of the command line on so many ranks; or some words on one rank and others on another. */
function mpirun(
  launcher: Launcher,
  cwd: string,
  parts: readonly (readonly [ranks: number, words: readonly string[]])[],
  env: Readonly<Record<string, string>> = {},
) {
  const args = parts.flatMap(([ranks, words], i) => [
    ...(i > 0 ? [":"] : []),
    "-n",
    String(ranks),
    process.execPath,
    builtCli(),
    ...words,
  ]);
  return spawn(launcher, args, { cwd, env: { ...environment, ...env } });
}

/** The same, numbers to rounding: a row by itself is multiplied in another order than one among others. */
function expectAlike(found: unknown, wanted: unknown): void {
  if (typeof wanted === "number")
    expect(Math.abs((found as number) - wanted)).toBeLessThan(1e-6 * Math.max(1, Math.abs(wanted)));
  else if (typeof wanted === "object" && wanted !== null) {
    expect(Object.keys(found as object)).toEqual(Object.keys(wanted));
    for (const [key, value] of Object.entries(wanted))
      expectAlike((found as Record<string, unknown>)[key], value);
  } else expect(found).toBe(wanted);
}

const curve = async (folder: string) =>
  (await readLog(folder)).map(({ step, tokens, loss, grad_norm, val_loss }) => ({
    step,
    tokens,
    loss,
    grad_norm,
    val_loss,
  }));

describe.each(launchers)("%s", (launcher) => {
  const why = missing(launcher);
  const test = why === undefined ? it : it.skip;
  const name = (what: string) => (why === undefined ? what : `${what} (skipped: ${why})`);

  test(name(
    "trains on two and three ranks as one process does, the same to the bit each time, and goes on with another number",
  ), async () => {
    const cwd = temporaryFolder();
    const words = (out: string, steps: number) => [
      "train",
      ...small,
      "--schedule",
      "constant",
      "--validate-every",
      "4",
      "--steps",
      String(steps),
      "--out",
      out,
    ];
    expect(spawnSync(process.execPath, [builtCli(), ...words("one", 8)], { cwd }).status).toBe(0);
    const two = await ended(mpirun(launcher, cwd, [[2, [...words("two", 8), "--json"]]]));
    expect(two).toMatchObject({ status: 0, errors: [] });
    expect(JSON.parse(two.stdout)).toMatchObject({ run: "two", steps: 8, ranks: 2, stopped: "steps" });
    expect((await ended(mpirun(launcher, cwd, [[2, words("again", 8)]]))).status).toBe(0);
    expect((await ended(mpirun(launcher, cwd, [[2, words("three", 4)]]))).status).toBe(0);
    const resumed = mpirun(launcher, cwd, [
      [3, ["train", "--out", "three", "--resume", "--steps", "8", "-q"]],
    ]);
    expect((await ended(resumed)).status).toBe(0);
    const [one, ...others] = await Promise.all(
      ["one", "two", "again", "three"].map((out) => curve(join(cwd, out))),
    );
    expect(others[0]).toEqual(others[1]);
    for (const rows of others) {
      expect(rows).toHaveLength(8);
      for (const [i, row] of rows.entries()) {
        expect(row.tokens).toBe(one![i]!.tokens);
        expect(Math.abs(row.loss / one![i]!.loss - 1)).toBeLessThan(1e-5);
        expect(row.val_loss === undefined).toBe(one![i]!.val_loss === undefined);
        if (row.val_loss) expect(Math.abs(row.val_loss / one![i]!.val_loss! - 1)).toBeLessThan(1e-5);
      }
    }
  }, 180_000);

  test(name("writes, scores and audits on two and three ranks what one process does"), async () => {
    const cwd = temporaryFolder();
    const train = [
      "train",
      "--model",
      "gpt2",
      "--layers",
      "1",
      "--width",
      "32",
      "--context",
      "32",
      "--steps",
      "4",
    ];
    expect(spawnSync(process.execPath, [builtCli(), ...train, "--out", "run", "-q"], { cwd }).status).toBe(0);
    const adapter = await adapterFolder(join(cwd, "run"), { targets: ["c_attn"], inputsFirst: true });
    const jobs = [
      ["sample", "run", "--adapter", adapter, "-n", "5", "--seed", "3", "--max-length", "20", "--json"],
      ["eval", "run", "--json"],
      ["eval", "run", "--texts", "alone", "--json"],
      ["novelty", "run", "-n", "6", "--asked", "2", "--max-length", "20", "--json"],
    ];
    for (const words of jobs) {
      const one = spawnSync(process.execPath, [builtCli(), ...words], { cwd, encoding: "utf8" });
      const a = JSON.parse(one.stdout);
      for (const ranks of [2, 3]) {
        const several = await ended(mpirun(launcher, cwd, [[ranks, words]]));
        expect(several).toMatchObject({ status: 0, errors: [] });
        const b = JSON.parse(several.stdout);
        if (words[0] !== "eval") expectAlike(b, a);
        else for (const key of ["loss", "bits_per_byte", "tokens"]) expectAlike(b[key], a[key]);
      }
    }
    const refused = await ended(mpirun(launcher, cwd, [[2, ["sample", "run"]]]));
    expect(refused.errors).toEqual([expect.stringContaining("2 ranks cannot share one text")]);
  }, 180_000);

  test(name("compares models on two and three ranks, each trained as in one process"), async () => {
    const cwd = temporaryFolder();
    const words = (out: string, ...more: readonly string[]) => [
      ..."compare-models one-liners --models char-rnn,char-cnn --parameters 12000 --threads 1 --json".split(
        " ",
      ),
      "--out",
      out,
      ...more,
    ];
    const here = (...given: Parameters<typeof words>) =>
      spawnSync(process.execPath, [builtCli(), ...words(...given)], { cwd, encoding: "utf8" });
    const facts = ({ models, validation }: ArchitecturesResult) => ({
      validation,
      models: models
        .map(({ model, parameters, options, vocabulary }) => ({ model, parameters, options, vocabulary }))
        .toSorted((a, b) => (a.model < b.model ? -1 : 1)),
    });
    /** The first steps, which are the same however long it lasts. */
    const begun = async (out: string) =>
      (await Promise.all(["char-cnn", "char-rnn"].map((model) => curve(join(cwd, out, model))))).map(
        ([first]) => ({ step: first!.step, loss: first!.loss, norm: first!.grad_norm! }),
      );
    const one = here("one", "--minutes", "0.02");
    expect(one.status).toBe(0);
    for (const ranks of [2, 3]) {
      const out = `of-${ranks}`;
      const several = await ended(mpirun(launcher, cwd, [[ranks, words(out, "--minutes", "0.02")]]));
      expect(several).toMatchObject({ status: 0, errors: [] });
      const result: ArchitecturesResult = JSON.parse(several.stdout);
      expect(result).toMatchObject({ failed: [], interrupted: false, ranks });
      expect(facts(result)).toEqual(facts(JSON.parse(one.stdout)));
      const [found, wanted] = [await begun(out), await begun("one")];
      for (const [i, first] of found.entries()) {
        expect(first.step).toBe(wanted[i]!.step);
        for (const key of ["loss", "norm"] as const)
          expect(Math.abs(first[key] / wanted[i]![key] - 1)).toBeLessThan(1e-4);
      }
      // What ranks have trained is whole: one process takes it as it is.
      const { ranks: _, ...kept } = result;
      expect(JSON.parse(here(out, "--minutes", "0.02").stdout)).toEqual(kept);
    }
  }, 180_000);

  test(name("reads a token file on each rank, with the losses of its texts"), async () => {
    const cwd = temporaryFolder();
    const made = spawnSync(process.execPath, [builtCli(), "data", "one-liners", "--out", "jokes.tokens"], {
      cwd,
    });
    expect(made.status).toBe(0);
    const words = (data: string, out: string) => [
      "train",
      ...small,
      "--data",
      data,
      "--steps",
      "4",
      "--out",
      out,
    ];
    expect(await ended(mpirun(launcher, cwd, [[2, words("jokes.tokens", "a")]]))).toMatchObject({
      status: 0,
    });
    expect(await ended(mpirun(launcher, cwd, [[2, words("one-liners", "b")]]))).toMatchObject({ status: 0 });
    expect(await curve(join(cwd, "a"))).toEqual(await curve(join(cwd, "b")));
  }, 180_000);

  test.each([0, 1])(
    name("ends all within seconds where rank %i is killed, with a whole checkpoint"),
    async (victim) => {
      const cwd = temporaryFolder();
      const job = mpirun(launcher, cwd, [
        [2, ["train", ...small, "--steps", "100000", "--validate-every", "20", "--out", "run"]],
      ]);
      const end = ended(job);
      const checkpoint = join(cwd, "run", "state.json");
      const begun = () => existsSync(checkpoint) && JSON.parse(readFileSync(checkpoint, "utf8")).step >= 20;
      while (!begun()) {
        expect(job.exitCode).toBeNull();
        await new Promise((done) => setTimeout(done, 100));
      }
      process.kill(pidOf(victim, cwd), "SIGKILL");
      // The steps that are left would take hours.
      const { status, errors } = await end;
      expect(status).not.toBe(0);
      // MPICH's launcher kills the others before they can say a word, and reports it itself.
      if (launcher === "mpirun.openmpi")
        expect(errors).toEqual([expect.stringContaining(`Rank ${victim} on `)]);
      const { step } = JSON.parse(readFileSync(checkpoint, "utf8"));
      const on = spawnSync(
        process.execPath,
        [builtCli(), "train", "--out", "run", "--resume", "--steps", String(step + 2), "-q"],
        {
          cwd,
          encoding: "utf8",
        },
      );
      expect(on).toMatchObject({ status: 0 });
    },
    300_000,
  );

  test(name("refuses in one sentence what ranks cannot share"), async () => {
    const cwd = temporaryFolder();
    const train = (...words: readonly string[]) => [
      "train",
      ...small,
      "--steps",
      "2",
      "--out",
      "run",
      ...words,
    ];
    const cases: readonly (readonly [
      string,
      Parameters<typeof mpirun>[2],
      Readonly<Record<string, string>>?,
    ])[] = [
      ["3 ranks cannot share a batch of 2 rows", [[3, train("--batch-size", "2")]]],
      [
        "Rank 1 on ",
        [
          [1, train()],
          [1, train("--seed", "9")],
        ],
      ],
      ['did you mean "--seed"?', [[2, train("--sede", "9")]]],
      ["nowhere.txt does not exist", [[2, train("--data", "nowhere.txt")]]],
      ['"punchline models" runs in one process', [[2, ["models"]]]],
      ["no library could be loaded", [[2, train()]], { PUNCHLINE_MPI: join(cwd, "libmpi.so") }],
      ["is no MPI library", [[2, train()]], { PUNCHLINE_MPI: "libm.so.6" }],
      [
        "they do not belong together",
        [[2, train()]],
        { PUNCHLINE_MPI: launcher === "mpirun.mpich" ? "libmpi.so.40" : "libmpich.so.12" },
      ],
    ];
    for (const [sentence, parts, env] of cases) {
      const { status, errors, stdout } = await ended(mpirun(launcher, cwd, parts, env));
      expect(status, sentence).not.toBe(0);
      expect(errors).toEqual([expect.stringContaining(sentence)]);
      expect(stdout).toBe("");
      expect(existsSync(join(cwd, "run")), sentence).toBe(false);
    }
  }, 240_000);
});

/** The process of a rank that works in `cwd`. */
function pidOf(rank: number, cwd: string): number {
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      if (readlinkSync(`/proc/${pid}/cwd`) !== realpathSync(cwd)) continue;
      const variables = readFileSync(`/proc/${pid}/environ`, "utf8").split("\0");
      if (variables.includes(`PMI_RANK=${rank}`) || variables.includes(`OMPI_COMM_WORLD_RANK=${rank}`))
        return Number(pid);
    } catch {
      // It has ended since, or is another's.
    }
  }
  throw new Error(`No process is rank ${rank}.`);
}
