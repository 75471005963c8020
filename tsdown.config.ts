import { execFileSync } from "node:child_process";
import { defineConfig } from "tsdown";

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
  checks: { pluginTimings: false },
  // What the command line needs to start stands apart from the engine, so that --help loads nothing else.
  outputOptions: {
    codeSplitting: {
      groups: [
        { name: "core", test: /src[\\/]core[\\/](did-you-mean|errors|printable|secret|version)\.ts$/ },
      ],
    },
  },
});
