/**
 * Locks between processes, as files: two trainings into one folder, or two downloads of one file, are
 * refused; the lock of a process that has died is taken over.
 */
import { mkdir, open, readFile, rename, rm, stat } from "node:fs/promises";
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import { InputError } from "../core/errors.ts";
import { fileError, systemCode } from "../files/file-errors.ts";
import { removePartialFiles } from "./atomic.ts";

const LOCK_NAME = ".punchline.lock";
/** An unreadable lock younger than this may be one that is just being written. */
const UNREADABLE_GRACE_MS = 5_000;

/** What a lock file says about its holder. */
interface Holder {
  readonly pid: number;
  readonly host: string;
  /** When the lock was taken, ISO 8601. */
  readonly started: string;
  /** The kernel's start time of the process, which tells it from a later one with the same pid; Linux only. */
  readonly processStart: string | null;
}

/**
 * Runs `work` while holding the lock of folder `dir` (made if missing), and frees it afterwards. What a
 * killed writer left half-written in the folder is removed first.
 *
 * @throws InputError `folder-in-use` where another live process, or this one, holds it.
 */
export async function withFolderLock<T>(dir: string, work: () => Promise<T>): Promise<T> {
  return withFileLock(join(dir, LOCK_NAME), dir, async () => {
    await removePartialFiles(dir);
    return work();
  });
}

/** The same over the lock file `path`; `subject` is what errors say is in use. */
export async function withFileLock<T>(path: string, subject: string, work: () => Promise<T>): Promise<T> {
  await acquire(path, subject);
  try {
    return await work();
  } finally {
    await rm(path, { force: true });
  }
}

async function acquire(path: string, subject: string): Promise<void> {
  const me: Holder = {
    pid: process.pid,
    host: hostname(),
    started: new Date().toISOString(),
    processStart: await processStart(process.pid),
  };
  for (let attempt = 0; attempt < 3; attempt++) {
    if (await create(path, `${JSON.stringify(me)}\n`)) return;
    const found = await readLock(path);
    if (found === undefined) continue; // freed in between
    if (!(await isStale(found))) throw inUse(path, subject, found.holder);
    await discard(path, found.text);
  }
  throw inUse(path, subject, undefined);
}

async function create(path: string, text: string): Promise<boolean> {
  try {
    await mkdir(dirname(path), { recursive: true });
    const file = await open(path, "wx");
    try {
      await file.writeFile(text);
    } finally {
      await file.close();
    }
    return true;
  } catch (cause) {
    if (systemCode(cause) === "EEXIST" && (await isFile(path))) return false;
    throw fileError("write", path, cause);
  }
}

interface FoundLock {
  readonly text: string;
  readonly holder: Holder | undefined;
  readonly ageMs: number;
}

async function readLock(path: string): Promise<FoundLock | undefined> {
  try {
    const text = await readFile(path, "utf8");
    const { mtimeMs } = await stat(path);
    return { text, holder: parseHolder(text), ageMs: Date.now() - mtimeMs };
  } catch (cause) {
    if (systemCode(cause) === "ENOENT") return undefined;
    throw fileError("read", path, cause);
  }
}

function parseHolder(text: string): Holder | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && "pid" in value && "host" in value) {
      return value as Holder;
    }
  } catch {}
  return undefined;
}

/** Whether the holder is certainly gone. A process of another host cannot be asked, so it counts as alive. */
async function isStale({ holder, ageMs }: FoundLock): Promise<boolean> {
  if (!holder) return ageMs > UNREADABLE_GRACE_MS;
  if (holder.host !== hostname()) return false;
  try {
    process.kill(holder.pid, 0);
  } catch (cause) {
    return systemCode(cause) === "ESRCH";
  }
  return holder.processStart !== null && holder.processStart !== (await processStart(holder.pid));
}

/** Removes a stale lock. Moved aside first: if another process has replaced it meanwhile, it goes back. */
async function discard(path: string, staleText: string): Promise<void> {
  const aside = `${path}.${process.pid}.stale`;
  try {
    await rename(path, aside);
    if ((await readFile(aside, "utf8")) !== staleText) await rename(aside, path);
    else await rm(aside, { force: true });
  } catch (cause) {
    if (systemCode(cause) !== "ENOENT") throw fileError("write", path, cause);
  }
}

/** Field 22 of /proc/PID/stat, in clock ticks since boot; null where the system has no such file. */
async function processStart(pid: number): Promise<string | null> {
  try {
    const line = await readFile(`/proc/${pid}/stat`, "utf8");
    // The second field, the command, stands in brackets and may hold blanks: count from behind it.
    return line.slice(line.lastIndexOf(")") + 2).split(" ")[19] ?? null;
  } catch {
    return null;
  }
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (s) => s.isFile(),
    () => false,
  );
}

function inUse(path: string, subject: string, holder: Holder | undefined): InputError {
  const who = !holder
    ? "another process"
    : holder.pid === process.pid && holder.host === hostname()
      ? "this process"
      : `process ${holder.pid} on ${holder.host}, since ${holder.started}`;
  return new InputError(
    "folder-in-use",
    `${subject} is in use by ${who}; wait for it to end or choose another folder (if it is gone, delete ${path}).`,
    { path, holder },
  );
}
