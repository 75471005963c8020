/**
 * Compiles the AssemblyScript of src/runtime/kernels into src/runtime/kernels.generated.ts: the module's
 * bytes in base64 and the types of its functions.
 */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { generate, root, sourcesOf } from "./generate.mjs";

const folder = "src/runtime/kernels";
const options = [
  ...["-O3", "--converge", "--noAssert", "--runtime", "stub", "--use", "abort="],
  ...["--enable", "simd,bulk-memory", "--importMemory", "--bindings", "raw"],
];

await generate(
  "src/runtime/kernels.generated.ts",
  "scripts/build-kernels.mjs",
  [...(await sourcesOf(folder)), "node_modules/assemblyscript/package.json"],
  async () => {
    const { bytes, declarations } = await compile();
    return generated(bytes, declarations);
  },
);

async function compile() {
  // Loaded only here: it takes a second.
  const { default: asc } = await import("assemblyscript/asc");
  const out = await mkdtemp(join(root, folder, ".build-"));
  try {
    const { error, stderr } = await asc.main([
      join(root, folder, "index.ts"),
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
  return `/** The module's functions; see the sources for what they do. Pointers are byte offsets, n counts elements. */
export interface Kernels {
${functions.join("\n")}
}

/** The module, in base64. It imports \`env.memory\`. */
export const kernelModule =
  "${bytes.toString("base64")}";
`;
}
