/** The run folder in a .zip. */
import { unzipSync } from "fflate";
import { InputError, type RunFile } from "punchline/web";

/** Bytes that an archive may unpack to: more does not fit into the memory of a page. */
const LARGEST = 1e9;

/** @throws InputError for what is no archive, holds no model, or unpacks to more than a page can hold */
export async function runInZip(
  zip: File,
): Promise<{ readonly name: string; readonly files: readonly RunFile[] }> {
  const refused = (code: string, sentence: string) => new InputError(code, `${zip.name} ${sentence}`, {});
  const tooLarge = () => refused("too-large", "holds more than a gigabyte, which does not fit into a page.");
  if (zip.size > LARGEST) throw tooLarge();
  const bytes = new Uint8Array(await zip.arrayBuffer());
  const unpack = (filter: (file: { readonly name: string; readonly originalSize: number }) => boolean) => {
    try {
      return unzipSync(bytes, { filter });
    } catch {
      throw refused("broken-zip", "is no whole .zip archive; download it again.");
    }
  };
  let total = 0;
  const paths: string[] = [];
  // The sizes that the archive states are those that it is unpacked to.
  unpack(({ name, originalSize }) => {
    total += originalSize;
    paths.push(name);
    return false;
  });
  if (total > LARGEST) throw tooLarge();
  // Snapshots within the run have a config.json too.
  const [config] = paths
    .filter((path) => /(^|\/)config\.json$/.test(path))
    .sort((a, b) => a.split("/").length - b.split("/").length);
  if (config === undefined)
    throw refused(
      "no-run",
      "holds no run: there is no config.json in it. Choose a .zip that was downloaded here.",
    );
  const folder = config.slice(0, -"config.json".length);
  const entries = Object.entries(unpack(({ name }) => name.startsWith(folder) && !name.endsWith("/")));
  const files = entries.map(([path, content]) => ({
    name: path.slice(folder.length),
    bytes: content as Uint8Array<ArrayBuffer>,
  }));
  return { name: folder.split("/").at(-2) ?? zip.name.replace(/\.zip$/i, ""), files };
}
