/** What a model is called whose folder is known. */
import { basename, resolve } from "node:path";
import { builtInFolder, builtInNames } from "./built-in.ts";

/**
 * What the model in a folder is called where that is certain: the built-in ones, and `owner/name` of those in the Hub's
 * cache.
 */
export function knownName(folder: string): string | undefined {
  const builtIn = builtInNames.find((name) => builtInFolder(name) === folder);
  const cached = /(?:^|[\\/])models--([^\\/]+)[\\/]snapshots[\\/][^\\/]+$/.exec(folder)?.[1];
  return builtIn ?? cached?.replace("--", "/");
}

/** The same without an owner; of other models the name of the folder. */
export function modelName(folder: string): string {
  const path = resolve(folder);
  return basename(knownName(path) ?? path);
}
