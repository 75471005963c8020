/**
 * The models that come with the package, in its folder `models`, and are opened by name.
 *
 * Such a name always means the built-in model; `./NAME` means a folder in the working directory.
 */

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { isSlipOf } from "../core/did-you-mean.ts";
import { InputError, UsageError } from "../core/errors.ts";
import { checkText } from "../core/options.ts";
import { fileState } from "../files/file-state.ts";

/** The built-in models, each with a one-line description. */
export const builtInModels = [
  {
    name: "punchline-gpt2",
    about: "A small GPT-2 that has read English books: writes on, scores, fine-tunes",
  },
  { name: "punchline-bert", about: "A small BERT that has read the same books: fills the [MASK] of a text" },
] as const;

export type BuiltInName = (typeof builtInModels)[number]["name"];

export const builtInNames: readonly BuiltInName[] = builtInModels.map(({ name }) => name);

export const isBuiltIn = (name: string): name is BuiltInName =>
  (builtInNames as readonly string[]).includes(name);

export function builtInFolder(name: BuiltInName): string {
  checkText(name, "name");
  return join(builtInRoot(), name);
}

/** The package's folder of models: below its root, whether this file runs from `src` or from `dist`. */
export function builtInRoot(): string {
  root ??= packageRoot(dirname(fileURLToPath(import.meta.url)));
  return join(root, "models");
}

let root: string | undefined;

/** The nearest folder above `from` with the package.json of this package. */
function packageRoot(from: string): string {
  for (let folder = from; ; folder = dirname(folder)) {
    if (isPackage(folder)) return folder;
    if (folder === dirname(folder)) {
      throw new InputError(
        "built-in-missing",
        `${from} lies in no package "punchline", so its built-in models cannot be found; a program that bundles Punchline has to leave it out of the bundle.`,
        { from },
      );
    }
  }
}

function isPackage(folder: string): boolean {
  try {
    const { name } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { name?: unknown };
    return name === "punchline";
  } catch {
    return false;
  }
}

/**
 * The built-in model that `model` names; undefined for other models.
 * @throws UsageError for a revision of a built-in model
 * @throws InputError `not-a-model` for a name that is nearly that of a built-in model
 */
export function meansBuiltIn(model: string, revision?: string): BuiltInName | undefined {
  const name = model.replace(/@.*$/, "");
  if (isBuiltIn(name)) {
    if (name === model && revision === undefined) return name;
    throw new UsageError(
      `${name} comes with Punchline and has no revisions; leave ${name === model ? "the revision" : `"${model.slice(name.length)}"`} out.`,
      { name, revision: revision ?? model.slice(name.length + 1) },
    );
  }
  // The Hub's few names without an owner are old, and none is like these, so there is no need to ask it.
  const near = /[\\/]/.test(model) ? undefined : builtInNames.find((known) => isSlipOf(name, known));
  if (near === undefined) return undefined;
  throw new InputError("not-a-model", `There is no model "${model}"; did you mean "${near}"?`, {
    model,
    near,
  });
}

/** Whether `path` is the folder of a model, or of an adapter of one. */
export async function isModelFolder(path: string): Promise<boolean> {
  const files = ["config.json", "adapter_config.json"].map((name) => stat(join(path, name)));
  return (await Promise.allSettled(files)).some(({ status }) => status === "fulfilled");
}

/** Whether `name` is a built-in model's and a model's folder in the working directory has the same name. */
export async function hidesFolder(name: string): Promise<boolean> {
  return isBuiltIn(name) && resolve(name) !== builtInFolder(name) && (await isModelFolder(name));
}

/** @throws UsageError for a folder to be written to whose name alone would mean a built-in model */
export function refuseBuiltInName(folder: string): void {
  if (isBuiltIn(folder))
    throw new UsageError(
      `${folder} is the name of a built-in model; write ./${folder} for a folder of that name.`,
      { folder },
    );
}

/**
 * The folder of the built-in model that `path` names; other paths unchanged.
 * @throws InputError `built-in-damaged` where a file of a built-in model, by name or by path, is not the one that came
 * with the package
 */
export async function withBuiltIn(path: string): Promise<string> {
  const meant = builtInNames.find(
    (name) => path === name || (basename(path) === name && path === builtInFolder(name)),
  );
  if (meant === undefined) return path;
  const folder = builtInFolder(meant);
  await checkIntact(meant, builtInRoot());
  return folder;
}

/** In the folder of models: the SHA-256 of each file of a model, as `sha256sum` writes it. */
export const SUMS_FILE = "SHA256SUMS";

/** What was found intact in this process: a model's files with their sizes and times of change. */
const intact = new Set<string>();

/**
 * Checks the files of a built-in model in `root` against {@link SUMS_FILE}: after a checkout without Git LFS or an
 * interrupted installation some are missing, cut or pointers, and somebody may have exchanged one.
 * @throws InputError `built-in-damaged`, which names the file and says how to repair it
 */
export async function checkIntact(name: BuiltInName, root: string): Promise<void> {
  const sums = await readFile(join(root, SUMS_FILE), "utf8").catch(() => "");
  const files = [...sums.matchAll(/^(\w{64}) [ *](.+)$/gm)].filter(([, , file]) => dirname(file!) === name);
  if (files.length === 0) throw damaged(name, root, SUMS_FILE, "is missing or damaged");
  for (const [, expected, file] of files) {
    const path = join(root, file!);
    const state = await fileState(path);
    if (state === undefined) throw damaged(name, root, file!, "is missing");
    const known = `${expected} ${state}`;
    if (intact.has(known)) continue;
    if (
      createHash("sha256")
        .update(await readFile(path))
        .digest("hex") !== expected
    )
      throw damaged(name, root, file!, "is not the file that came with it");
    intact.add(known);
  }
}

const damaged = (name: BuiltInName, root: string, file: string, state: string): InputError =>
  new InputError(
    "built-in-damaged",
    `${name} comes with Punchline, but this copy of it is not whole: ${join(root, file)} ${state}. Install Punchline again, or in a clone run "git checkout -- models"; keep a changed model in a folder of your own.`,
    { name, folder: join(root, name), file: basename(file) },
  );
