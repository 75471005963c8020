/** What the scripts that generate sources share: a file is written again only where what it is made from has changed. */
import { createHash } from "node:crypto";
import { readdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("..", import.meta.url));

/** The TypeScript sources of a folder, in their order, without tests. */
export async function sourcesOf(folder) {
  const names = await readdir(join(root, folder));
  const sources = names.filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts")).sort();
  return sources.map((name) => join(folder, name));
}

/**
 * Writes `target` where it is missing or older than what it depends on.
 * @param by the script that generates it, and `from` what it depends on besides; paths from the root
 * @param make resolves to the lines below the head
 */
export async function generate(target, by, from, make) {
  const mark = `// sources: ${await fingerprint([...from, by, "scripts/generate.mjs"])}`;
  const path = join(root, target);
  const present = await readFile(path, "utf8").catch(() => "");
  if (present.includes(mark)) return;
  const text = `// Made by ${by}; not to be edited.\n${mark}\n\n${await make()}`;
  // Renamed into place, so that a process reading it meanwhile sees the old or the new file, whole.
  const temporary = `${path}.${process.pid}`;
  await writeFile(temporary, text);
  await rename(temporary, path);
}

async function fingerprint(paths) {
  const hash = createHash("sha256");
  for (const path of paths) hash.update(await readFile(join(root, path))).update("\0");
  return hash.digest("hex");
}
