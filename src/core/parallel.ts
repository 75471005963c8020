/** Requests under way side by side. */

/** Does `work` of 0 to `count - 1`, at most `limit` at once. After a failure nothing more begins. */
export async function inParallel(
  count: number,
  limit: number,
  work: (index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < count) await work(next++);
  };
  try {
    await Promise.all(Array.from({ length: Math.min(limit, count) }, worker));
  } finally {
    next = count;
  }
}
