import { expect, it } from "vitest";
import { launchedAs } from "./launched.ts";

const slurm = { SLURM_STEP_ID: "0", SLURM_STEP_TASKS_PER_NODE: "4(x2),3" };

it.each([
  ["by itself", {}, undefined],
  [
    "mpirun of Open MPI",
    { OMPI_COMM_WORLD_RANK: "1", OMPI_COMM_WORLD_SIZE: "8", OMPI_COMM_WORLD_LOCAL_SIZE: "2", ...slurm },
    { rank: 1, size: 8, onHost: 2, family: "openmpi" },
  ],
  [
    "mpirun of MPICH",
    { PMI_RANK: "0", PMI_SIZE: "2", MPI_LOCALNRANKS: "2" },
    { rank: 0, size: 2, onHost: 2, family: "mpich" },
  ],
  [
    "srun with pmi2",
    { PMI_RANK: "3", PMI_SIZE: "11", ...slurm },
    { rank: 3, size: 11, onHost: 4, family: undefined },
  ],
  [
    "srun",
    { SLURM_PROCID: "10", SLURM_STEP_NUM_TASKS: "11", ...slurm },
    { rank: 10, size: 11, onHost: 4, family: undefined },
  ],
  ["a batch script", { SLURM_PROCID: "0", SLURM_NTASKS: "11" }, undefined],
])("knows how it was started: %s", (_, env, launched) => {
  expect(launchedAs(env as Record<string, string>)).toEqual(launched);
});
