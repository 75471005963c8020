/**
 * MPI, through koffi: the ranks of a job that `mpirun` or `srun` has started.
 *
 * Of the library a dozen functions are called, all from the main thread and blocking: through koffi's asynchronous calls a
 * sum of four numbers took over two hundred times as long, and a gradient is whole only when the runtime returns, so that there is
 * nothing to overlap. Handles are pointers to exported symbols in Open MPI, integers in MPICH and its kin, and others in
 * MPI 5's ABI.
 */
import { createRequire } from "node:module";
import { availableParallelism, cpus, hostname } from "node:os";
import { PunchlineError } from "../core/errors.ts";
import { type Launched, launchedAs } from "./launched.ts";
import { setLibraryDefaults } from "./library-defaults.ts";
import { bytesOf, type Ranks, ranksError } from "./ranks.ts";
import { watchOthers } from "./watch.ts";

/** What Punchline needs of koffi; its own types are only there where it is installed. */
interface Koffi {
  load(path: string): Library;
}
interface Library {
  func(prototype: string): (...args: unknown[]) => number;
  symbol(name: string, type: string): unknown;
}

/** The names of a library's handles, and its type for them. */
interface Handles {
  readonly type: "int" | "void *" | "intptr_t";
  readonly world: unknown;
  readonly float: unknown;
  readonly double: unknown;
  readonly byte: unknown;
  readonly sum: unknown;
  readonly inPlace: bigint;
}

/** MPICH 3 and later, Intel MPI, MVAPICH, Cray MPICH: mpi.h. */
const mpich: Handles = {
  type: "int",
  world: 0x44000000,
  float: 0x4c00040a,
  double: 0x4c00080b,
  byte: 0x4c00010d,
  sum: 0x58000003,
  inPlace: -1n,
};

/** The application binary interface of MPI 5.0, chapter 20. */
const abi: Handles = {
  type: "intptr_t",
  world: 0x101,
  float: 0x210,
  double: 0x214,
  byte: 0x247,
  sum: 0x21,
  inPlace: 1n,
};

function openMpi(library: Library): Handles {
  const symbol = (name: string) => library.symbol(name, "char");
  return {
    type: "void *",
    world: symbol("ompi_mpi_comm_world"),
    float: symbol("ompi_mpi_float"),
    double: symbol("ompi_mpi_double"),
    byte: symbol("ompi_mpi_byte"),
    sum: symbol("ompi_mpi_op_sum"),
    inPlace: 1n,
  };
}

const names = {
  openmpi: ["libmpi.so.40", "libmpi.40.dylib"],
  mpich: ["libmpich.so.12", "libmpi.so.12", "libmpi.12.dylib"],
  any: ["libmpi_abi.so.0", "libmpi.so", "libmpi.dylib"],
} as const;

/** Elements of one call: a piece of a long array. */
const PIECE = 2 ** 24;
/** Only the main thread calls MPI. */
const THREAD_FUNNELED = 1;

/** The ranks of a job under MPI, until {@link MpiRanks.finish}. */
export interface MpiRanks extends Ranks {
  /** Name and version of the library, for people. */
  readonly library: string;
  /** Leaves MPI; all ranks do so together. */
  finish(): void;
  /** Ends every rank, with this exit status. */
  abort(status: number): void;
}

/**
 * The ranks that this process was started as; undefined where it was started by itself, or as the only one.
 * @param env default: of this process
 * @throws InputError `mpi` where koffi or the library is missing, or is not that of the launcher
 */
export function startRanks(
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<MpiRanks | undefined> {
  const launched = launchedAs(env);
  return launched === undefined || launched.size === 1
    ? Promise.resolve(undefined)
    : startAs(launched, env.PUNCHLINE_MPI);
}

async function startAs(launched: Launched, chosen: string | undefined): Promise<MpiRanks> {
  setLibraryDefaults(process.env);
  const { path, library } = openLibrary(loadKoffi(launched), launched, chosen);
  const version = libraryVersion(library, path);
  const handles = /_abi\b/.test(path) ? abi : /open mpi/i.test(version) ? openMpi(library) : mpich;
  const { type } = handles;
  const call = (name: string, prototype: string) => {
    const fn = library.func(`int ${name}(${prototype})`);
    return (...args: unknown[]): void => {
      const status = fn(...args);
      if (status !== 0)
        throw new PunchlineError("mpi", `${name} of ${version} failed with the code ${status}.`, {
          details: { function: name, status },
        });
    };
  };
  const initThread = call("MPI_Init_thread", "void *argc, void *argv, int required, _Out_ int *provided");
  const rankOf = call("MPI_Comm_rank", `${type} comm, _Out_ int *rank`);
  const sizeOf = call("MPI_Comm_size", `${type} comm, _Out_ int *size`);
  const typeSize = call("MPI_Type_size", `${type} type, _Out_ int *size`);
  const allreduce = call(
    "MPI_Allreduce",
    `intptr_t send, void *receive, int count, ${type} type, ${type} op, ${type} comm`,
  );
  const bcast = call("MPI_Bcast", `void *buffer, int count, ${type} type, int root, ${type} comm`);
  const finalize = call("MPI_Finalize", "");
  const abort = call("MPI_Abort", `${type} comm, int status`);
  const number = (get: (...args: unknown[]) => void, handle: unknown): number => {
    const out = [0];
    get(handle, out);
    return out[0]!;
  };

  initThread(null, null, THREAD_FUNNELED, [0]);
  const rank = number(rankOf, handles.world);
  const size = number(sizeOf, handles.world);
  const sizes = [handles.float, handles.double, handles.byte].map((handle) => number(typeSize, handle));
  if (String(sizes) !== "4,8,1")
    throw ranksError(
      `${version} at ${path} has other handles than Punchline knows; set PUNCHLINE_MPI to a library of Open MPI 4 or later, MPICH 3 or later, or MPI 5's ABI.`,
      { path, sizes },
    );
  if (size !== launched.size) {
    finalize();
    throw ranksError(
      `${version} knows of ${size} rank${size === 1 ? "" : "s"} where the launcher has started ${launched.size}: they do not belong together. Use the mpirun of that library, or set PUNCHLINE_MPI to the library of this launcher.`,
      { path, size, launched: launched.size },
    );
  }
  const broadcast = async (bytes: Uint8Array, from = 0) => {
    if (bytes.length > 0) bcast(bytes, bytes.length, handles.byte, from, handles.world);
  };
  const host = hostname();
  const watch = await watchOthers({ rank, size, host, broadcast });
  return {
    rank,
    size,
    host,
    library: version,
    threads: threadsOf(launched),
    async sum(values) {
      const element = values instanceof Float64Array ? handles.double : handles.float;
      for (let at = 0; at < values.length; at += PIECE) {
        const piece = bytesOf(values.subarray(at, at + PIECE));
        const count = piece.length / values.BYTES_PER_ELEMENT;
        allreduce(handles.inPlace, piece, count, element, handles.sum, handles.world);
      }
    },
    broadcast,
    finish() {
      watch.stop();
      finalize();
    },
    abort(status) {
      watch.stop();
      abort(handles.world, status);
    },
  };
}

function loadKoffi({ size }: Launched): Koffi {
  try {
    return createRequire(import.meta.url)("koffi") as Koffi;
  } catch (cause) {
    throw ranksError(
      `This process is one of ${size} that were started together, and koffi, through which Punchline calls MPI, is not installed here: run "npm install koffi".`,
      { ranks: size },
      cause,
    );
  }
}

function openLibrary(
  koffi: Koffi,
  { family, size }: Launched,
  chosen: string | undefined,
): { readonly path: string; readonly library: Library } {
  const known = family ? names[family] : [...names.openmpi, ...names.mpich];
  const tried = chosen === undefined ? [...known, ...names.any] : [chosen];
  for (const path of tried) {
    try {
      return { path, library: koffi.load(path) };
    } catch {
      // The next name; the sentence below has them all.
    }
  }
  throw ranksError(
    chosen === undefined
      ? `This process is one of ${size} that were started together, and no MPI library was found on ${hostname()} (${tried.join(", ")}): install one, such as Debian's openmpi-bin or mpich, or set PUNCHLINE_MPI to its path.`
      : `PUNCHLINE_MPI is ${JSON.stringify(chosen)}, and no library could be loaded from there on ${hostname()}; give the path of libmpi.`,
    { tried },
  );
}

const VERSION_BYTES = 8192;

function libraryVersion(library: Library, path: string): string {
  try {
    const text = Buffer.alloc(VERSION_BYTES);
    library.func("int MPI_Get_library_version(void *text, _Out_ int *length)")(text, [0]);
    const whole = text.toString("utf8", 0, text.indexOf(0));
    return whole.split(/[\n,]/)[0]!.replace(/:?\s+/g, " ").trim();
  } catch (cause) {
    throw ranksError(`${path} is no MPI library; set PUNCHLINE_MPI to the path of libmpi.`, { path }, cause);
  }
}

/** A launcher that binds each rank to its own cores has divided them already. */
function threadsOf({ onHost = 1 }: Launched): number {
  const own = availableParallelism();
  return own < cpus().length ? own : Math.max(1, Math.floor(own / onHost));
}
