/**
 * Compiles the AssemblyScript of src/runtime/kernels into src/runtime/kernels.generated.ts: the module's
 * bytes in base64 and the types of its functions. Does nothing where the sources are those of last time.
 */
import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = join(root, "src/runtime/kernels");
const target = join(root, "src/runtime/kernels.generated.ts");
const options = [
  ...["-O3", "--converge", "--noAssert", "--runtime", "stub", "--use", "abort="],
  ...["--enable", "simd,bulk-memory", "--importMemory", "--bindings", "raw"],
];

const mark = `// sources: ${await fingerprint()}`;
const present = await readFile(target, "utf8").catch(() => "");
if (!present.includes(mark)) {
  const { bytes, declarations } = await compile();
  // Renamed into place, so that a process reading it meanwhile sees the old or the new file, whole.
  const temporary = `${target}.${process.pid}`;
  await writeFile(temporary, generated(bytes, declarations));
  await rename(temporary, target);
}

/** Of everything that the result depends on: sources, this script and the compiler's version. */
async function fingerprint() {
  const hash = createHash("sha256");
  const sources = (await readdir(folder)).filter((name) => name.endsWith(".ts")).sort();
  const compiler = join(root, "node_modules/assemblyscript/package.json");
  for (const path of [
    ...sources.map((name) => join(folder, name)),
    fileURLToPath(import.meta.url),
    compiler,
  ]) {
    hash.update(await readFile(path)).update("\0");
  }
  return hash.digest("hex");
}

async function compile() {
  // Loaded only here: it takes a second.
  const { default: asc } = await import("assemblyscript/asc");
  const out = await mkdtemp(join(root, "src/runtime/kernels/.build-"));
  try {
    const { error, stderr } = await asc.main([
      join(folder, "index.ts"),
      ...options,
      "-o",
      join(out, "k.wasm"),
    ]);
    if (error) throw new Error(`The kernels do not compile.\n${stderr.toString()}`, { cause: error });
    const bytes = await readFile(join(out, "k.wasm"));
    const declarations = await readFile(join(out, "k.d.ts"), "utf8");
    return { bytes, declarations };
  } finally {
    await rm(out, { recursive: true });
  }
}

function generated(bytes, declarations) {
  const functions = [...declarations.matchAll(/export function (.+);/g)].map(
    ([, signature]) => `  ${signature};`,
  );
  if (functions.length === 0) throw new Error("The compiler's declarations name no function.");
  return `// Made by scripts/build-kernels.mjs from src/runtime/kernels; not to be edited.
${mark}

/** The module's functions; see the sources for what they do. Pointers are byte offsets, n counts elements. */
export interface Kernels {
${functions.join("\n")}
}

/** The module, in base64. It imports \`env.memory\`. */
export const kernelModule =
  "${bytes.toString("base64")}";
`;
}
