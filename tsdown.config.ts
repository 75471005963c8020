import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { defineConfig, type Rolldown } from "tsdown";
import { lateExports } from "./scripts/late-exports.ts";
import { latePackages } from "./scripts/late-packages.ts";

const library = "src/index.ts";

/** Programs that share modules with the library: what `--help` needs, short commands, and other entries. */
const programs = {
  core: "src/cli/main.ts",
  models: "src/cli/commands/models.ts",
  runs: "src/cli/commands/runs.ts",
  devices: "src/cli/commands/devices.ts",
  engine: "src/engine.ts",
  browser: "src/web.ts",
  node: "src/node.ts",
  import: library,
} as const;
const names = Object.keys(programs) as (keyof typeof programs)[];

/**
 * The library's modules in a file for each set of programs that share them: a hundred small files take twice as long to
 * load. What only some calls of it need, and what commands have besides, is left in files of its own.
 */
const groups = Array.from({ length: 2 ** names.length }, (_, bits) =>
  names.filter((_, place) => bits & (2 ** place)),
)
  // What several share is never imported from what fewer do.
  .sort((a, b) => b.length - a.length)
  .map((set, place, { length }) => ({
    name: (id: string, build: Rolldown.ChunkingContext) =>
      libraryOf(build).has(id) &&
      names.every((name) => closureOf(programs[name], build).has(id) === set.includes(name))
        ? set.join("-") || "library"
        : null,
    test: /[\\/]src[\\/]/,
    priority: length - place,
  }));

const closures = new Map<string, Set<string>>();

/** The modules that a program imports when it starts. */
const closureOf = (program: string, build: Rolldown.ChunkingContext) =>
  closure(program, build, [pathOf(program)]);

/** The same of the library, and what its functions import at their first call. */
const libraryOf = (build: Rolldown.ChunkingContext) =>
  closure("late", build, [
    pathOf(library),
    ...(build.getModuleInfo(pathOf(library))?.dynamicallyImportedIds ?? []),
  ]);

const pathOf = (program: string) => fileURLToPath(new URL(program, import.meta.url));

function closure(
  name: string,
  build: Rolldown.ChunkingContext,
  [entry, ...others]: readonly [string, ...string[]],
): ReadonlySet<string> {
  const known = closures.get(name);
  if (known) return known;
  const found = new Set<string>();
  const open = [entry, ...others];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    const info = build.getModuleInfo(id);
    if (!info || found.has(id)) continue;
    found.add(id);
    open.push(...info.importedIds);
  }
  // An entry's own exports are in its own file.
  found.delete(entry);
  closures.set(name, found);
  return found;
}

export default defineConfig({
  entry: {
    index: "src/index.ts",
    engine: "src/engine.ts",
    node: "src/node.ts",
    web: "src/web.ts",
    cli: "src/cli/main.ts",
    "memory-probe": "src/compare/memory-probe.ts",
    "studio-engine": "src/server/studio/engine-process.ts",
    "serve-worker": "src/server/engine/worker.ts",
  },
  format: "esm",
  platform: "node",
  target: "node20",
  fixedExtension: false,
  dts: true,
  // The studio has a build of its own.
  clean: ["dist", "!dist/studio"],
  hooks: {
    "build:done": () => {
      execFileSync(process.execPath, ["--import", "./bench/register.mjs", "scripts/build-completions.ts"]);
    },
  },
  plugins: [
    lateExports(pathOf(library)),
    latePackages({
      "@huggingface/jinja": "#jinja",
      "@huggingface/tokenizers": "#tokenizers",
      "entities/decode": "#entities",
    }),
  ],
  checks: { pluginTimings: false },
  outputOptions: { codeSplitting: { groups } },
});
