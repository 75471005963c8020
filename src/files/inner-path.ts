/** File names read from untrusted files, which must not lead out of the model's folder. Runs in a browser. */
import { InputError } from "../core/errors.ts";

/** Whether `name` is a plain relative path with forward slashes that stays below where it starts. */
export const isInnerPath = (name: string): boolean =>
  !/[\\\0:]/.test(name) && name.split("/").every((part) => part !== "" && part !== "." && part !== "..");

export const outsidePath = (name: string, where: string): InputError =>
  new InputError(
    "path-outside",
    `Cannot use ${where}: it names ${JSON.stringify(name)}, which leads out of the model's folder; do not trust this model.`,
    { name, where },
  );

/** @throws InputError `path-outside` where {@link isInnerPath} is false of `name`, which `where` (an index file) names */
export function requireInner(name: string, where: string): void {
  if (!isInnerPath(name)) throw outsidePath(name, where);
}
