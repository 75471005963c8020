/** The documents say what is so: links lead somewhere, commands and options exist, quoted code is the code. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, it } from "vitest";
import { registry } from "../src/cli/registry.ts";
import { root } from "./cli.ts";
import { faultsOf } from "./line-faults.ts";
import { firstColumn, pages, readPage } from "./markdown.ts";

const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const all = pages();

describe.each(all.map((page) => [page.path, page] as const))("%s", (path, page) => {
  it("has no link that leads nowhere", () => {
    const broken = page.links.filter((link) => {
      if (/^https?:/.test(link)) return false;
      const [file = "", anchor] = link.split("#");
      const target = file === "" ? path : normalize(join(dirname(path), file));
      if (!existsSync(join(root, target))) return true;
      return anchor !== undefined && !readPage(target).anchors.has(anchor);
    });
    expect(broken).toEqual([]);
  });

  it("names commands, options, scripts and files that exist", async () => {
    const shell = page.blocks.filter(({ language }) => language === "sh").map(({ source }) => source);
    const wrong: string[] = [];
    for (const line of [...page.spans, ...shell.flatMap((source) => source.split("\n"))]) {
      for (const fault of await faultsOf(line)) wrong.push(`${fault} in "${line}"`);
    }
    expect(wrong).toEqual([]);
  });

  it("quotes code as it stands", () => {
    for (const { from, source, place } of page.blocks) {
      if (from === undefined) continue;
      const code = comparable(readFileSync(join(root, from), "utf8"));
      let at = 0;
      for (const part of source.split(/^\s*\/\/ \.\.\.$/m).map(comparable)) {
        const found = code.indexOf(part, at);
        expect(found, `${place}: ${from} does not have, at this place:\n${part}`).toBeGreaterThanOrEqual(0);
        at = found + part.length;
      }
    }
  });
});

it("the README names every command", () => {
  const shown = readPage("README.md").spans.join("\n");
  expect(registry.map(({ name }) => name).filter((name) => !shown.includes(`punchline ${name}`))).toEqual([]);
});

it("the page of benchmarks names every benchmark", () => {
  const shown = readPage("docs/benchmarks.md").spans.join("\n");
  const benchmarks = readdirSync(join(root, "bench"))
    .filter((name) => name.endsWith(".ts"))
    .filter((name) => /^export default /m.test(readFileSync(join(root, "bench", name), "utf8")))
    .map((name) => name.replace(".ts", ""));
  expect(benchmarks.filter((name) => !shown.includes(`npm run bench -- ${name}`))).toEqual([]);
});

it("every guide can be reached from the README", () => {
  const reached = new Set(["README.md"]);
  for (const path of reached) {
    for (const link of readPage(path).links) {
      const target = normalize(join(dirname(path), link.split("#")[0]!));
      if (target.endsWith(".md") && existsSync(join(root, target))) reached.add(target);
    }
  }
  expect(all.map(({ path }) => path).filter((path) => !reached.has(path))).toEqual([]);
});

it("docs/dependencies.md has the direct dependencies, each once, and no others", () => {
  const page = readPage("docs/dependencies.md");
  const named = (heading: string) => [...firstColumn(page.section(heading))].sort();
  expect(named("What users install")).toEqual(Object.keys(manifest.dependencies).sort());
  expect(named("What developers also install")).toEqual(Object.keys(manifest.devDependencies).sort());
});

/** Without indentation, comment stars and line ends, which a quotation may change. */
function comparable(code: string): string {
  return code
    .split("\n")
    .map((line) =>
      line
        .trim()
        .replace(/^\*( |$)/, "")
        .trim(),
    )
    .filter((line) => line !== "")
    .join("\n");
}

it("docs/architecture.md has every folder of src", () => {
  const folders = readdirSync(join(root, "src"), { withFileTypes: true }).filter((entry) =>
    entry.isDirectory(),
  );
  const named = firstColumn(readPage("docs/architecture.md").section("Where things are"));
  expect([...named].sort()).toEqual(folders.map(({ name }) => `src/${name}`).sort());
});
