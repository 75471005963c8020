/** Each kind of rule in .dependency-cruiser.cjs, held against sources made to break it. */
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { cruise, type ICruiseResult } from "dependency-cruiser";
import { describe, expect, test } from "vitest";
import { root, temporaryFolder } from "./cli.ts";

const config = createRequire(import.meta.url)(join(root, ".dependency-cruiser.cjs"));

/** The violations in a project of these files, as `rule: from -> to`. */
async function violations(files: Readonly<Record<string, string>>): Promise<string[]> {
  const folder = temporaryFolder();
  for (const [path, source] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), source);
  }
  writeFileSync(
    join(folder, "package.json"),
    '{ "dependencies": { "hono": "*" }, "devDependencies": { "vite": "*" } }',
  );
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  const { options, ...ruleSet } = config;
  const { tsConfig: _, ...rest } = options;
  const { output } = await cruise(["src"], { ...rest, ruleSet, validate: true, baseDir: folder });
  const { summary } = output as ICruiseResult;
  return summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} -> ${to}`).sort();
}

/** The rules that a project of these files breaks. */
async function broken(files: Readonly<Record<string, string>>): Promise<string[]> {
  return [...new Set((await violations(files)).map((violation) => violation.split(":")[0]!))];
}

test("a folder may import itself and the folders of its row in the table, nothing else", async () => {
  const from = (place: string) => `export { leaf } from "../${place}/leaf.ts";\n`;
  const leaf = "export const leaf = 1;\n";
  const files = {
    "src/core/leaf.ts": leaf,
    "src/data/leaf.ts": leaf,
    "src/graph/leaf.ts": leaf,
    "src/cli/leaf.ts": leaf,
    "test/leaf.ts": leaf,
    "src/graph/own.ts": 'export { leaf } from "./leaf.ts";\n',
    "src/graph/below.ts": from("core"),
    "src/cli/below.ts": from("graph"),
    "src/core/above.ts": from("graph"),
    "src/graph/across.ts": from("data"),
    "src/server/above.ts": from("cli"),
    "src/cli/test.ts": 'export { leaf } from "../../test/leaf.ts";\n',
  };
  expect(await violations(files)).toEqual([
    "layer-cli: src/cli/test.ts -> test/leaf.ts",
    "layer-core: src/core/above.ts -> src/graph/leaf.ts",
    "layer-graph: src/graph/across.ts -> src/data/leaf.ts",
    "layer-server: src/server/above.ts -> src/cli/leaf.ts",
  ]);
});

describe("the finer rules", () => {
  const leaf = "export type Leaf = number;\nexport const leaf: Leaf = 1;\n";

  test("optimisers may use the arena, compilation and the type of a backend, and nothing else of the runtime", async () => {
    const files = {
      "src/runtime/arena.ts": leaf,
      "src/runtime/compile.ts": leaf,
      "src/runtime/node.ts": leaf,
      "src/optim/muon.ts": 'export { leaf } from "../runtime/compile.ts";\n',
      "src/optim/sgd.ts": 'export { leaf } from "../runtime/arena.ts";\n',
    };
    expect(await broken(files)).toEqual([]);
    const wrong = { ...files, "src/optim/sgd.ts": 'export { leaf } from "../runtime/node.ts";\n' };
    expect(await broken(wrong)).toEqual(["layer-optim"]);
  });

  test.each(["train", "evaluate", "compare"])(
    "the report takes types of %s, never values",
    async (folder) => {
      const result = { [`src/${folder}/result.ts`]: leaf };
      const types = `import type { Leaf } from "../${folder}/result.ts";\nexport const x: Leaf = 1;\n`;
      expect(await broken({ ...result, "src/report/chart.ts": types })).toEqual([]);
      const value = `export { leaf } from "../${folder}/result.ts";\n`;
      expect(await broken({ ...result, "src/report/chart.ts": value })).toEqual(["report-takes-types"]);
    },
  );

  test("the report computes with the formulas that the others compute with, and those are pure", async () => {
    const files = {
      "src/evaluate/intervals.ts": leaf,
      "src/evaluate/likelihood.ts": leaf,
      "src/report/chart.ts": 'export { leaf } from "../evaluate/intervals.ts";\n',
    };
    expect(await broken(files)).toEqual([]);
    const reaching = { ...files, "src/evaluate/intervals.ts": 'export { leaf } from "./likelihood.ts";\n' };
    expect(await broken(reaching)).toEqual(["formulas-are-pure"]);
  });

  test("no folder sees an entry, and no entry sees the command line or the server", async () => {
    const index = 'export { leaf } from "../index.ts";\n';
    const files = {
      "src/index.ts": leaf,
      "src/web.ts": 'export { leaf } from "./server/leaf.ts";\n',
      "src/server/leaf.ts": leaf,
      "src/core/a.ts": index,
      "src/cli/b.ts": index,
    };
    expect(await violations(files)).toEqual([
      "layer-cli: src/cli/b.ts -> src/index.ts",
      "layer-core: src/core/a.ts -> src/index.ts",
      "layer-entries: src/web.ts -> src/server/leaf.ts",
    ]);
  });

  test("a folder that the table does not know is refused", async () => {
    const files = { "src/core/a.ts": leaf, "src/misc/b.ts": 'export { leaf } from "../core/a.ts";\n' };
    expect(await broken(files)).toEqual(["known-folder"]);
  });

  test.each(["node", "web"])("onnxruntime-%s has one door", async (kind) => {
    const source = `export * from "onnxruntime-${kind}";\n`;
    const rule = `one-door-to-onnxruntime-${kind}`;
    expect(await broken({ [`src/runtime/${kind}.ts`]: source })).not.toContain(rule);
    expect(await broken({ "src/runtime/compile.ts": source })).toContain(rule);
    const dynamic = `export const load = () => import("onnxruntime-${kind}");\n`;
    expect(await broken({ "src/train/loop.ts": dynamic })).toContain(rule);
  });

  test("what must run in a browser uses no Node module", async () => {
    const uses = (module: string) => `import * as m from "${module}";\nexport { m };\n`;
    const files = {
      "src/ops/a.ts": uses("node:fs"),
      "src/models/b.ts": uses("node:worker_threads"),
      "src/optim/c.ts": uses("path"),
      "src/hub/d.ts": uses("node:fs"),
    };
    expect(await violations(files)).toEqual([
      "no-node-in-portable-code: src/models/b.ts -> worker_threads",
      "no-node-in-portable-code: src/ops/a.ts -> fs",
      "no-node-in-portable-code: src/optim/c.ts -> path",
    ]);
  });

  test.each(["web", "engine"])("what %s reaches uses no Node module, at whatever distance", async (entry) => {
    const files = {
      [`src/${entry}.ts`]: 'export { leaf } from "./data/a.ts";\n',
      "src/data/a.ts": 'export { leaf } from "./b.ts";\n',
      "src/data/b.ts": leaf,
    };
    expect(await broken(files)).toEqual([]);
    const wrong = { ...files, "src/data/b.ts": `import "node:fs";\n${leaf}` };
    expect(await broken(wrong)).toEqual(["web-entry-runs-in-a-browser"]);
  });

  test("cycles are refused, of types too", async () => {
    const files = {
      "src/core/a.ts": 'import type { B } from "./b.ts";\nexport type A = B;\n',
      "src/core/b.ts": 'import type { A } from "./a.ts";\nexport type B = A;\n',
    };
    expect(await broken(files)).toEqual(["no-cycles"]);
  });

  test("an import that leads nowhere, and one that is not declared, are refused", async () => {
    expect(await broken({ "src/core/a.ts": 'export { b } from "./b.ts";\n' })).toEqual(["resolvable"]);
    expect(await broken({ "src/hub/a.ts": 'export * from "hono";\n' })).toEqual([]);
    expect(await broken({ "src/hub/a.ts": 'export * from "vite";\n' })).toEqual(["declared"]);
  });

  test("tests may reach across the layers", async () => {
    const files = {
      "src/runtime/a.ts": leaf,
      "src/ops/a.test.ts": 'import "../runtime/a.ts";\nimport "node:fs";\n',
    };
    expect(await broken(files)).toEqual([]);
  });
});
