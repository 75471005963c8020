import { defineConfig } from "tsdown";

export default defineConfig({
  entry: {
    index: "src/index.ts",
    engine: "src/engine.ts",
    node: "src/node.ts",
    web: "src/web.ts",
    cli: "src/cli/main.ts",
    "memory-probe": "src/compare/memory-probe.ts",
  },
  format: "esm",
  platform: "node",
  target: "node20",
  fixedExtension: false,
  dts: true,
  clean: true,
  // What the command line needs to start stands apart from the engine, so that --help loads nothing else.
  outputOptions: {
    codeSplitting: {
      groups: [{ name: "core", test: /src[\\/]core[\\/](errors|printable|secret|version)\.ts$/ }],
    },
  },
});
