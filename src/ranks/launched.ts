/** Whether this process was started as one of several by `mpirun`, `mpiexec` or `srun`, as their variables say. */
import { checkObject } from "../core/options.ts";

export interface Launched {
  readonly rank: number;
  readonly size: number;
  /** Ranks of this machine, where that is known. */
  readonly onHost?: number | undefined;
  /** Which library the launcher belongs to; undefined where any may. */
  readonly family?: "openmpi" | "mpich" | undefined;
}

/** The tasks of a step, machine by machine. */
const SLURM_TASKS = "SLURM_STEP_TASKS_PER_NODE";

/** Undefined for a process that was started by itself. */
export function launchedAs(env: Readonly<Record<string, string | undefined>>): Launched | undefined {
  checkObject(env, "env", "variables by name, such as `process.env`");
  /** Of "4(x2),3", which is Slurm's for four tasks on each of two machines and three on another, the first number. */
  const number = (name: string) => {
    const found = /^(\d+)(\(x\d+\))?(,.*)?$/.exec(env[name] ?? "");
    return found ? Number(found[1]) : undefined;
  };
  const as = (
    rank: string,
    size: string,
    onHost: string,
    family?: Launched["family"],
  ): Launched | undefined => {
    const [own, all] = [number(rank), number(size)];
    return own === undefined || all === undefined
      ? undefined
      : { rank: own, size: all, onHost: number(onHost) ?? number(SLURM_TASKS), family };
  };
  return (
    as("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_SIZE", "openmpi") ??
    // Hydra of MPICH, Intel MPI and MVAPICH; srun with pmi2 too, whose library may be another.
    as("PMI_RANK", "PMI_SIZE", "MPI_LOCALNRANKS", env.SLURM_STEP_ID === undefined ? "mpich" : undefined) ??
    // A batch script has SLURM_NTASKS as well, but is no task of a step.
    as("SLURM_PROCID", "SLURM_STEP_NUM_TASKS", SLURM_TASKS)
  );
}
