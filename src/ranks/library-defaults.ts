/** What MPI's libraries are asked for, by variables that they read when they start. What the user has set stays. */
const defaults = {
  /**
   * UCX, below MPICH and often below Open MPI, watches how a process takes and returns memory, by patching brk, mmap and others
   * in it. Processes of Node then crashed now and then, in memory of the heap that was no longer there. Without this it keeps no
   * cache of memory registered with a network card.
   */
  UCX_MEM_EVENTS: "n",
  /**
   * Over TCP Open MPI puts long messages into the other's memory, and of two ranks that exchange gradients one then waits
   * while the other sends: 128 MB took 2.2 s of a link of 1 Gbit/s, and take 1.25 s where both send at once.
   */
  OMPI_MCA_btl_tcp_flags: "send",
} as const;

/** @param env of this process */
export function setLibraryDefaults(env: Record<string, string | undefined>): void {
  for (const [name, value] of Object.entries(defaults)) env[name] ??= value;
}
