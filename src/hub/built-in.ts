/**
 * The models that come with the package, in its folder `models`, and are opened by name.
 *
 * A model's folder of the same name in the working directory has precedence, as it has over names on the Hub.
 */
import { readFileSync } from "node:fs";
import { stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { InputError, nearestName, UsageError } from "../core/errors.ts";
import { readJsonObject } from "../files/json-file.ts";
import { openSafetensors } from "./safetensors-file.ts";

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

/** The folder of a built-in model in the package. */
export const builtInFolder = (name: BuiltInName): string => join(builtInRoot(), name);

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
 * The built-in model that `model` names, if no folder of that name exists; undefined for other models.
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
  const near = /[\\/]/.test(model) ? undefined : nearestName(name, builtInNames);
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

/**
 * The folder of the built-in model that `path` names, unless `path` is a model's folder; other paths unchanged.
 * @throws InputError `built-in-damaged` where the folder of a built-in model, by name or by path, is incomplete
 */
export async function withBuiltIn(path: string): Promise<string> {
  const named = isBuiltIn(path) && !(await isModelFolder(path)) ? path : undefined;
  const meant = named ?? builtInNames.find((name) => basename(path) === name && path === builtInFolder(name));
  if (meant === undefined) return path;
  const folder = builtInFolder(meant);
  await checkIntact(meant, folder);
  return folder;
}

/**
 * Checks the files of a built-in model's `folder`: after a checkout without Git LFS or an interrupted installation
 * some are missing, incomplete or pointers.
 * @throws InputError `built-in-damaged`, which says how to repair it
 */
export async function checkIntact(name: BuiltInName, folder: string): Promise<void> {
  try {
    for (const file of ["config.json", "tokenizer.json", "tokenizer_config.json"])
      await readJsonObject(join(folder, file));
    await (await openSafetensors(join(folder, "model.safetensors"))).close();
  } catch (cause) {
    if (!(cause instanceof InputError)) throw cause;
    throw new InputError(
      "built-in-damaged",
      `${name} comes with Punchline, but this copy of it is not whole: ${cause.message.replace(/\.$/, "")}. Install Punchline again, or in a clone run "git checkout -- models".`,
      { name, folder },
      cause,
    );
  }
}
