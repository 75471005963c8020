/** Permissions bind everybody but root, so where tests run as root they are for once somebody else. */
import { chown } from "node:fs/promises";

/** The user that owns nothing, on Debian and most others. */
const NOBODY = 65_534;

/** Runs `work` as the owner of `folder`, and never as root. */
export async function asOwner<T>(folder: string, work: () => Promise<T>): Promise<T> {
  if (process.geteuid?.() !== 0) return work();
  await chown(folder, NOBODY, NOBODY);
  process.seteuid!(NOBODY);
  try {
    return await work();
  } finally {
    process.seteuid!(0);
  }
}
