/**
 * Who may import whom, checked by `npm run check`; test/layers.test.ts proves that each kind of rule refuses.
 *
 * A folder may import itself and the folders in its list, nothing else of src. Tests are free to reach
 * further: they put layers together on purpose.
 */
const { builtinModules } = require("node:module");

const symbolic = ["core", "graph", "ops"];
const generation = ["core", "files", "graph", "nn", "runtime", "models", "text", "hub"];
const training = [...generation, "data", "generate", "ops", "autodiff", "onnx", "optim", "ranks"];
const evaluation = [...training, "train"];

/** What the report computes with, so that a figure has one formula: results in, numbers and sentences out. */
const formulas = [
  "evaluate/lead\\.ts$",
  "evaluate/intervals\\.ts$",
  "evaluate/quality/ranking\\.ts$",
  "evaluate/novelty/finding\\.ts$",
  "evaluate/novelty/shortened\\.ts$",
  "compare/faster\\.ts$",
  "compare/answers\\.ts$",
];

/** A folder, or a file or group of files as a pattern below src (`runtime/arena`). */
const mayImport = {
  core: [],
  files: ["core"],
  ranks: ["core"],
  graph: ["core"],
  ops: ["core", "graph"],
  autodiff: symbolic,
  onnx: symbolic,
  runtime: ["core", "graph", "onnx"],
  conformance: [...symbolic, "autodiff", "onnx", "runtime/backend", "runtime/compile", "nn", "models"],
  nn: symbolic,
  optim: [...symbolic, "runtime/arena", "runtime/backend", "runtime/compile"],
  models: [...symbolic, "nn"],
  text: ["core"],
  data: ["core", "files", "text"],
  hub: ["core", "files", "text"],
  generate: generation,
  train: training,
  evaluate: evaluation,
  export: ["core", "files", "graph", "ops", "nn", "onnx", "models", "hub", "text"],
  compare: [...evaluation, "evaluate", "export"],
  report: ["core", "files", ...formulas],
  demo: [...evaluation, "evaluate", "compare", "export", "report"],
  browser: [
    ...evaluation,
    "evaluate/(evenly|reference|typing|novelty/(along|audit-source|auditor|shortened|source-texts))\\.ts$",
  ],
  server: [...evaluation, "evaluate", "browser"],
  cli: [...evaluation, "evaluate", "compare", "export", "report", "demo", "server"],
};

/** The folders whose result types the report draws. */
const reported = ["train", "evaluate", "compare"];

/** What must run in a browser as it is. */
const portable = ["core", "graph", "ops", "autodiff", "onnx", "conformance", "nn", "models", "text", "optim"];

/** `core` means the whole folder; what ends in `$` or has a slash is already a pattern. */
const pattern = (place) => (/[$/]/.test(place) ? `^src/${place}` : `^src/${place}/`);
const anyOf = (places) => `(${places.map(pattern).join("|")})`;
const test = "\\.test\\.ts$";

const layerRules = Object.entries(mayImport).map(([folder, allowed]) => ({
  name: `layer-${folder}`,
  comment: `src/${folder} may import only ${allowed.join(", ") || "nothing"} of src.`,
  severity: "error",
  from: { path: pattern(folder), pathNot: test },
  to: {
    path: "^(src|bench|test|examples)/",
    pathNot: anyOf([folder, ...allowed, ...(folder === "report" ? reported : [])]),
  },
}));

module.exports = {
  forbidden: [
    ...layerRules,
    {
      name: "report-takes-types",
      comment: "The report knows the results of train, evaluate and compare as types, and runs none of them.",
      severity: "error",
      from: { path: pattern("report"), pathNot: test },
      to: { path: anyOf(reported), pathNot: anyOf(formulas), dependencyTypesNot: ["type-only"] },
    },
    {
      name: "formulas-are-pure",
      comment: "What the report computes with reaches for nothing but the core and other such formulas.",
      severity: "error",
      from: { path: anyOf(formulas) },
      to: { path: "^src/", pathNot: anyOf(["core", ...formulas]), dependencyTypesNot: ["type-only"] },
    },
    {
      name: "layer-entries",
      comment: "The entry points put the layers together, below the skins.",
      severity: "error",
      from: { path: "^src/[^/]+\\.ts$", pathNot: test },
      to: { path: anyOf(["cli", "server"]) },
    },
    {
      name: "known-folder",
      comment: "A new folder of src needs its line in this table.",
      severity: "error",
      from: { path: "^src/[^/]+/", pathNot: [`^src/(${Object.keys(mayImport).join("|")})/`, test] },
      to: {},
    },
    {
      name: "one-door-to-onnxruntime-node",
      comment: "onnxruntime-node is imported in src/runtime/node.ts and nowhere else.",
      severity: "error",
      from: { pathNot: ["^src/runtime/node\\.ts$", test] },
      to: { path: "^onnxruntime-node|/onnxruntime-node/" },
    },
    {
      name: "one-door-to-onnxruntime-web",
      comment: "onnxruntime-web is imported in src/runtime/web.ts and nowhere else.",
      severity: "error",
      // The benchmarks' peers in a browser bring copies of their own.
      from: { pathNot: ["^src/runtime/web\\.ts$", "^bench/browser/pages/", test] },
      to: { path: "^onnxruntime-web|/onnxruntime-web/" },
    },
    {
      name: "no-node-in-portable-code",
      comment: "Graphs, ops, models, text and optimisers run in a browser: no Node modules there.",
      severity: "error",
      from: { path: anyOf(portable), pathNot: test },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "web-entry-runs-in-a-browser",
      comment: "Nothing that punchline/engine and punchline/web reach may need Node.",
      severity: "error",
      from: { path: "^src/(engine|web)\\.ts$" },
      to: { path: [`^(node:)?(${builtinModules.join("|")})$`, "onnxruntime-node"], reachable: true },
    },
    {
      name: "studio-runs-in-a-browser",
      comment:
        "The studio is a page over punchline/web and punchline/engine, in the report's colours and numbers.",
      severity: "error",
      from: { path: "^studio/", pathNot: "^studio/vite\\.config\\.ts$" },
      to: { path: "^(src|bench|test|examples)/", pathNot: "^src/(web|engine|report/format)\\.ts$" },
    },
    {
      name: "nothing-imports-the-studio",
      comment: "The studio is the last of the skins.",
      severity: "error",
      from: { path: "^(src|bench)/" },
      to: { path: "^studio/" },
    },
    {
      name: "no-cycles",
      comment: "A cycle of imports has no layer; types that two files share belong into a third.",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    {
      name: "resolvable",
      comment:
        "An import that leads nowhere; what studio/vite.config.ts makes when it builds is no file, and the benchmarks' peers may be missing.",
      severity: "error",
      from: { pathNot: "^bench/browser/pages/" },
      to: { couldNotResolve: true, pathNot: "^virtual:" },
    },
    {
      name: "declared",
      comment: "What the package imports is among its dependencies, not its devDependencies.",
      severity: "error",
      from: { path: "^src/", pathNot: test },
      to: {
        dependencyTypes: ["npm-dev", "npm-no-pkg", "npm-unknown"],
        dependencyTypesNot: ["type-only", "npm-peer"],
      },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^(dist|src/runtime/kernels)/" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["node", "import", "types", "default"],
    },
  },
};
