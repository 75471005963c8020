/** Every rule of .dependency-cruiser.cjs, held against sources made to break it. */
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
  const places = ["src", "studio"].filter((place) =>
    Object.keys(files).some((path) => path.startsWith(place)),
  );
  const { output } = await cruise(places, { ...rest, ruleSet, validate: true, baseDir: folder });
  const { summary } = output as ICruiseResult;
  return summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} -> ${to}`).sort();
}

/** The rules that a project of these files breaks. */
async function broken(files: Readonly<Record<string, string>>): Promise<string[]> {
  return [...new Set((await violations(files)).map((violation) => violation.split(":")[0]!))];
}

/** Who may import whom, told once more, independently: a row for each folder, an x for each that it may. */
const table = `
           core files graph ops  autodiff onnx runtime nn   optim models text data hub  train generate evaluate compare export report story server cli
core       .    -     -     -    -        -    -       -    -     -      -    -    -    -     -        -        -       -      -      -     -      -
files      x    .     -     -    -        -    -       -    -     -      -    -    -    -     -        -        -       -      -      -     -      -
graph      x    -     .     -    -        -    -       -    -     -      -    -    -    -     -        -        -       -      -      -     -      -
ops        x    -     x     .    -        -    -       -    -     -      -    -    -    -     -        -        -       -      -      -     -      -
autodiff   x    -     x     x    .        -    -       -    -     -      -    -    -    -     -        -        -       -      -      -     -      -
onnx       x    -     x     x    -        .    -       -    -     -      -    -    -    -     -        -        -       -      -      -     -      -
runtime    x    -     x     -    -        x    .       -    -     -      -    -    -    -     -        -        -       -      -      -     -      -
nn         x    -     x     x    -        -    -       .    -     -      -    -    -    -     -        -        -       -      -      -     -      -
optim      x    -     x     x    -        -    -       -    .     -      -    -    -    -     -        -        -       -      -      -     -      -
models     x    -     x     x    -        -    -       x    -     .      -    -    -    -     -        -        -       -      -      -     -      -
text       x    -     -     -    -        -    -       -    -     -      .    -    -    -     -        -        -       -      -      -     -      -
data       x    x     -     -    -        -    -       -    -     -      x    .    -    -     -        -        -       -      -      -     -      -
hub        x    x     -     -    -        -    -       -    -     -      x    -    .    -     -        -        -       -      -      -     -      -
train      x    x     x     x    x        x    x       x    x     x      x    x    x    .     x        x        -       -      -      -     -      -
generate   x    x     x     -    -        -    x       x    -     x      x    -    x    -     .        -        -       -      -      -     -      -
evaluate   x    x     x     -    -        -    x       x    -     x      x    x    x    -     x        .        -       -      -      -     -      -
compare    x    x     x     -    -        -    x       x    -     x      x    x    x    -     x        x        .       x      -      -     -      -
export     x    x     x     x    -        x    -       x    -     x      x    -    x    -     -        -        -       .      -      -     -      -
report     x    -     -     -    -        -    -       -    -     -      -    -    -    -     -        -        -       -      .      -     -      -
story      x    x     x     x    x        x    x       x    x     x      x    x    x    x     x        x        x       x      x      .     -      -
server     -    -     -     -    -        -    -       -    -     -      -    -    -    -     -        -        -       -      -      -     .      -
cli        -    -     -     -    -        -    -       -    -     -      -    -    -    -     -        -        -       -      -      -     x      .
`;

const [names, ...rows] = table
  .trim()
  .split("\n")
  .map((line) => line.trim().split(/\s+/));

test("a folder may import exactly the folders of its row", async () => {
  const files: Record<string, string> = {};
  const expected: string[] = [];
  for (const [from, ...cells] of rows) {
    files[`src/${from}/leaf.ts`] = "export const leaf = 1;\n";
    for (const [i, cell] of cells.entries()) {
      const to = names![i]!;
      files[`src/${from}/to-${to}.ts`] = `export { leaf } from "../${to}/leaf.ts";\n`;
      if (cell === "-") expected.push(`src/${from}/to-${to}.ts -> src/${to}/leaf.ts`);
    }
  }
  const found = (await violations(files)).map((violation) => violation.replace(/^[\w-]+: /, ""));
  expect([...new Set(found)].sort()).toEqual(expected.sort());
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

  test("skins see the index; layers and the index do not see skins", async () => {
    const skins = {
      "src/index.ts": leaf,
      "src/cli/run.ts": 'export { leaf } from "../index.ts";\n',
      "src/server/route.ts": 'export { leaf } from "../index.ts";\n',
    };
    expect(await broken(skins)).toEqual([]);
    const upwards = { "src/core/a.ts": 'export { leaf } from "../index.ts";\n', "src/index.ts": leaf };
    expect(await broken(upwards)).toEqual(["layer-core"]);
    const skin = { "src/index.ts": 'export { leaf } from "./cli/run.ts";\n', "src/cli/run.ts": leaf };
    expect(await broken(skin)).toEqual(["layer-entries"]);
  });

  test("the studio sees the browser entry and the server's messages", async () => {
    const files = { "src/web.ts": leaf, "src/server/messages.ts": leaf, "src/server/route.ts": leaf };
    const page = (target: string) => ({
      ...files,
      "studio/main.ts": `export { leaf } from "../src/${target}";\n`,
    });
    expect(await broken(page("web.ts"))).toEqual([]);
    expect(await broken(page("server/messages.ts"))).toEqual([]);
    expect(await broken(page("server/route.ts"))).toEqual(["layer-studio"]);
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

  test.each(["core", "graph", "ops", "autodiff", "onnx", "nn", "models", "text", "optim"])(
    "src/%s uses no Node module",
    async (folder) => {
      for (const module of ["node:fs", "node:worker_threads", "path"]) {
        const files = { [`src/${folder}/a.ts`]: `import * as m from "${module}";\nexport { m };\n` };
        expect(await broken(files)).toEqual(["no-node-in-portable-code"]);
      }
    },
  );

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
