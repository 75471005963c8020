/**
 * Locks between processes, as files: two trainings into one folder, or two downloads of one file, are
 * refused; the lock of a process that has died is taken over.
 *
 * A lock appears whole, so that a kill leaves none that cannot be read. Whether its process still runs is asked
 * of the system; on another host, such as the container that a job ran in before, the holder shows it by
 * renewing the time of the file.
 */
import { randomBytes } from "node:crypto";
import { link, open, readFile, rm, stat, utimes } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";
import { InputError } from "../core/errors.ts";
import { PARTIAL, removePartialFiles } from "./atomic.ts";
import { isFolder } from "./exists.ts";
import { fileError, systemCode } from "./file-errors.ts";
import { makeFolder } from "./make-folder.ts";

const LOCK_NAME = ".punchline.lock";
/** A lock without content that is younger than this may be one that is just being written without links. */
const UNREADABLE_GRACE_MS = 5_000;
/** How often the holder renews the time of its lock. */
const RENEWED_MS = 10_000;
/** A lock that was not renewed for this long is free. */
const DEAD_MS = 120_000;

/** The holder, as the lock file describes it. */
interface Holder {
  readonly pid: number;
  readonly host: string;
  /** When the lock was taken, ISO 8601. */
  readonly started: string;
  /** The kernel's start time of the process: a later process with the same pid has another. Linux only. */
  readonly processStart: string | null;
  /** Whether the holder renews the time of the lock; versions before 0.2 did not. */
  readonly renewed?: boolean | undefined;
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
  const mine = await acquire(path, subject);
  const renewal = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => {});
  }, RENEWED_MS);
  renewal.unref();
  try {
    return await work();
  } finally {
    clearInterval(renewal);
    await release(path, mine);
  }
}

/** Whether a process that lives holds the lock of folder `dir`. */
export async function isFolderLocked(dir: string): Promise<boolean> {
  const found = await readLock(join(dir, LOCK_NAME), Date.now());
  return found !== undefined && !(await isStale(found));
}

/** @returns the text of the lock, which tells it from those of others */
async function acquire(path: string, subject: string): Promise<string> {
  const me: Holder = {
    pid: process.pid,
    host: hostname(),
    started: new Date().toISOString(),
    processStart: (await processOf(process.pid))?.start ?? null,
    renewed: true,
  };
  const mine = `${JSON.stringify(me)}\n`;
  // The clocks of the file system and of this process differ by some milliseconds, over a network by more.
  const deadline = Date.now() + 2 * UNREADABLE_GRACE_MS;
  for (let attempt = 0; attempt < 3; ) {
    const now = await create(path, mine);
    if (now === "taken") return mine;
    const found = await readLock(path, now);
    if (found !== undefined && !found.holder && found.ageMs < UNREADABLE_GRACE_MS && Date.now() < deadline) {
      await new Promise((done) => setTimeout(done, 100));
      continue;
    }
    attempt++;
    if (found === undefined) continue; // freed in between
    if (!(await isStale(found))) throw inUse(path, subject, found);
    await discard(path, found.text, subject);
  }
  throw inUse(path, subject, undefined);
}

/**
 * Puts the lock there, whole. Where there is one already, the result is the time by the clock of the file system,
 * which may be another computer's.
 */
async function create(path: string, text: string): Promise<"taken" | number> {
  const folder = dirname(path);
  const partial = join(folder, `.${basename(path)}.${randomBytes(4).toString("hex")}${PARTIAL}`);
  try {
    await makeFolder(folder);
    await writeNew(partial, text);
    const { mtimeMs } = await stat(partial);
    try {
      await link(partial, path);
      return "taken";
    } catch (cause) {
      const code = systemCode(cause) ?? "";
      // The lock that was there may be gone again by now.
      if (code === "EEXIST" && !(await isFolder(path))) return mtimeMs;
      if (!unlinkable.has(code)) throw cause;
      await writeNew(path, text);
      return "taken";
    }
  } catch (cause) {
    if (systemCode(cause) === "EEXIST" && !(await isFolder(path))) return Date.now();
    // The holder has cleared away what it took for a killed writer's.
    if (systemCode(cause) === "ENOENT" && (await isFolder(folder))) return Date.now();
    throw fileError("write", path, cause);
  } finally {
    await rm(partial, { force: true }).catch(() => {});
  }
}

/** What file systems without hard links answer. */
const unlinkable: ReadonlySet<string> = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"]);

/** @throws where there is such a file */
async function writeNew(path: string, text: string): Promise<void> {
  const file = await open(path, "wx");
  try {
    await file.writeFile(text);
  } finally {
    await file.close();
  }
}

interface FoundLock {
  readonly text: string;
  readonly holder: Holder | undefined;
  readonly ageMs: number;
}

async function readLock(path: string, now: number): Promise<FoundLock | undefined> {
  try {
    const text = await readFile(path, "utf8");
    const { mtimeMs } = await stat(path);
    return { text, holder: parseHolder(text), ageMs: now - mtimeMs };
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

/** Whether the holder is certainly gone. A process on another host cannot be checked: it has to renew its lock. */
async function isStale({ holder, ageMs }: FoundLock): Promise<boolean> {
  if (!holder) return ageMs >= UNREADABLE_GRACE_MS;
  if (holder.host !== hostname()) return holder.renewed === true && ageMs > DEAD_MS;
  try {
    process.kill(holder.pid, 0);
  } catch (cause) {
    return systemCode(cause) === "ESRCH";
  }
  const found = await processOf(holder.pid);
  // A killed process stays in the table until its parent asks for it, in some containers for ever.
  if (found && "ZX".includes(found.state)) return true;
  return holder.processStart !== null && holder.processStart !== (found?.start ?? null);
}

/**
 * Removes a stale lock. Who removes it holds a lock for that, so that a lock which another process has put in its place
 * meanwhile stays.
 */
async function discard(path: string, staleText: string, subject: string): Promise<void> {
  const guard = `${path}.takeover`;
  const mine = await acquire(guard, subject);
  try {
    await release(path, staleText);
  } finally {
    await release(guard, mine);
  }
}

/** Removes the lock if it still is the one with `text`: that of a process which slept for minutes may have been taken over. */
async function release(path: string, text: string): Promise<void> {
  if ((await readLock(path, 0))?.text === text) await rm(path, { force: true });
}

/** Fields 3 and 22 of /proc/PID/stat: the state, and the start in clock ticks since boot; undefined where there is no such file. */
async function processOf(
  pid: number,
): Promise<{ readonly state: string; readonly start: string } | undefined> {
  try {
    const line = await readFile(`/proc/${pid}/stat`, "utf8");
    // The second field, the command, is in brackets and may contain blanks: count from its end.
    const fields = line.slice(line.lastIndexOf(")") + 2).split(" ");
    return { state: fields[0]!, start: fields[19]! };
  } catch {
    return undefined;
  }
}

function inUse(path: string, subject: string, found: FoundLock | undefined): InputError {
  const holder = found?.holder;
  const here = holder?.host === hostname();
  const who = !holder
    ? "another process"
    : holder.pid === process.pid && here
      ? "this process"
      : `process ${holder.pid} on ${holder.host}, since ${holder.started}`;
  const gone =
    holder?.renewed && !here
      ? `if it is gone, its lock is taken over ${DEAD_MS / 60_000} minutes after its end`
      : `if it is gone, delete ${path}`;
  return new InputError(
    "folder-in-use",
    `${subject} is in use by ${who}; wait for it to end or choose another folder (${gone}).`,
    { path, holder },
  );
}
