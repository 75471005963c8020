/** Where a browser keeps runs: folders of files by name, each the same files as the command line's run folder. */
import { InputError } from "../core/errors.ts";
import { type JsonObject, parseJsonText } from "../core/json.ts";

/** The content of a file in parts; texts are written as UTF-8. */
export type FileParts = readonly (string | Uint8Array<ArrayBuffer> | Blob)[];

export interface StoredFile {
  /** Its path in the run: `run.json`, `checkpoints/step-50/config.json`. */
  readonly name: string;
  readonly bytes: number;
}

/** The files of a run or a model, to be read. */
export interface ModelFiles {
  /** The name of the run or model. */
  readonly name: string;
  /** Undefined where there is no such file. */
  read(file: string): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** The same unread, where that is possible: large files are read in parts. */
  blob?(file: string): Promise<Blob | undefined>;
  list?(): Promise<readonly StoredFile[]>;
}

/** The files of one run. */
export interface RunFiles extends ModelFiles {
  /** Writes a file whole or not at all: whenever the page is closed, the old content or the new is there. */
  write(file: string, content: FileParts): Promise<void>;
  list(): Promise<readonly StoredFile[]>;
}

export interface RunStore {
  /** Names of the runs. */
  list(): Promise<readonly string[]>;
  /** The run of this name, which need not have files yet. */
  open(name: string): RunFiles;
  remove(name: string): Promise<void>;
  /** Runs `work` while no other page or worker writes to the run. @throws InputError `folder-in-use` */
  locked<T>(name: string, work: () => Promise<T>): Promise<T>;
}

/**
 * Most UTF-8 bytes of one name of a path; file systems end at 255, and the browser appends to it while it writes.
 */
const LONGEST_NAME = 200;

/** @throws InputError `run-name` for a name that no folder can have everywhere */
export function checkRunName(name: string): void {
  if (typeof name === "string" && isFileName(name)) return;
  throw new InputError(
    "run-name",
    `${shown(String(name))} cannot be the name of a run; give one of at most ${LONGEST_NAME} bytes without slashes that is not only dots.`,
    { name },
  );
}

/** @throws InputError `file-name` for a path that leads out of the run's folder, or cannot be written */
export function checkFilePath(path: string): void {
  if (path.split("/").every(isFileName)) return;
  throw new InputError(
    "file-name",
    `${shown(path)} is not the path of a file in a run folder; give a folder as it was downloaded.`,
    { path },
  );
}

const isFileName = (name: string): boolean =>
  name.trim() !== "" &&
  !/^\.+$/.test(name) &&
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
  !/[\\/\u0000-\u001f\u007f]/.test(name) &&
  new TextEncoder().encode(name).length <= LONGEST_NAME;

const shown = (name: string): string => JSON.stringify(name.length > 80 ? `${name.slice(0, 80)}…` : name);

/** The text of a file, or undefined where there is none. */
export async function readText(files: ModelFiles, file: string): Promise<string | undefined> {
  const bytes = await files.read(file);
  return bytes && new TextDecoder().decode(bytes);
}

/** @throws InputError `json` for a damaged file */
export async function readJson(files: ModelFiles, name: string): Promise<JsonObject | undefined> {
  const text = await readText(files, name);
  if (text === undefined) return undefined;
  try {
    return parseJsonText(text) as JsonObject;
  } catch (cause) {
    throw new InputError(
      "json",
      `${files.name}/${name} is not valid JSON; get another copy.`,
      { name },
      cause,
    );
  }
}

/** Files that a page was given. */
export function givenFiles(
  name: string,
  files: readonly { readonly name: string; readonly bytes: Uint8Array<ArrayBuffer> | Blob }[],
): Required<ModelFiles> {
  const blobs = new Map(
    files.map(({ name, bytes }) => [name, bytes instanceof Blob ? bytes : new Blob([bytes])]),
  );
  return {
    name,
    async read(file) {
      const blob = blobs.get(file);
      return blob && new Uint8Array(await blob.arrayBuffer());
    },
    blob: async (file) => blobs.get(file),
    list: async () => [...blobs].map(([file, { size }]) => ({ name: file, bytes: size })),
  };
}

/** Runs in memory, for tests and for browsers without storage. */
export function memoryStore(): RunStore {
  const runs = new Map<string, Map<string, Uint8Array<ArrayBuffer>>>();
  return {
    list: async () => [...runs.keys()].sort(),
    open: (name) => ({
      name,
      read: async (file) => runs.get(name)?.get(file)?.slice(),
      async write(file, content) {
        const bytes = new Uint8Array(await new Blob([...content]).arrayBuffer());
        const files = runs.get(name) ?? new Map<string, Uint8Array<ArrayBuffer>>();
        runs.set(name, files.set(file, bytes));
      },
      list: async () =>
        [...(runs.get(name) ?? [])].map(([file, bytes]) => ({ name: file, bytes: bytes.byteLength })),
    }),
    async remove(name) {
      runs.delete(name);
    },
    locked: (_, work) => work(),
  };
}
