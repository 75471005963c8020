/** The package as npm would publish it, unpacked beside its declared dependencies and nothing else. */
import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
} from "node:fs";
import { mkdtemp, realpath } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { version } from "../src/core/version.ts";
import { builtInModels } from "../src/hub/built-in.ts";
import { builtCli, root, runNode } from "./cli.ts";

interface Manifest {
  readonly version: string;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
  readonly imports: Readonly<Record<string, { readonly node: string; readonly default: string }>>;
  readonly exports: Readonly<Record<string, string | { readonly types: string; readonly default: string }>>;
}

const manifest: Manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const entries: Readonly<Record<string, string>> = {
  punchline: "index",
  "punchline/engine": "engine",
  "punchline/node": "node",
  "punchline/web": "web",
};
/** Imports that a file waits for. */
const STATIC = /^(?:import|export)\b[^"'`;]*["']([^"']+)["'];?$/gm;
let home = "";
let files: string[] = [];
let bytes = 0;

beforeAll(async () => {
  builtCli();
  home = await mkdtemp(join(tmpdir(), "punchline-package-"));
  const modules = await realpath(join(root, "node_modules"));
  const pack = ["pack", "--json", "--ignore-scripts", "--pack-destination", home];
  const [packed] = JSON.parse(execFileSync("npm", pack, { cwd: root, encoding: "utf8", stdio: "pipe" }));
  bytes = packed.size;
  files = packed.files.map((file: { path: string }) => file.path);
  const installed = join(home, "node_modules/punchline");
  mkdirSync(installed, { recursive: true });
  execFileSync("tar", ["-xzf", join(home, packed.filename), "-C", installed, "--strip-components=1"]);
  for (const name of Object.keys(manifest.dependencies)) {
    mkdirSync(dirname(join(home, "node_modules", name)), { recursive: true });
    symlinkSync(join(modules, name), join(home, "node_modules", name));
  }
});

afterAll(() => rmSync(home, { recursive: true, force: true }));

test("the version in the code is the package's", () => {
  expect(version).toBe(manifest.version);
});

test("the package holds the build and its papers, no sources and no tests", () => {
  const papers = ["package.json", "README.md", "LICENSE", "CHANGELOG.md"];
  expect(files.filter((file) => !/^(dist|models)\//.test(file) && !papers.includes(file))).toEqual([]);
  expect(files.filter((file) => /\.test\.|fixtures/.test(file))).toEqual([]);
  expect(files).toContain("dist/cli.js");
});

test("the package holds the built-in models, and has at most 45 MB", () => {
  const parts = ["config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"];
  const wanted = builtInModels.flatMap(({ name }) => parts.map((part) => `models/${name}/${part}`));
  expect(files).toEqual(expect.arrayContaining(wanted));
  expect(bytes).toBeLessThanOrEqual(45e6);
});

test("the installed program writes with a built-in model from an empty folder, and says where one is damaged", async () => {
  const program = join(home, "node_modules/punchline/dist/cli.js");
  const cwd = join(home, "empty");
  mkdirSync(cwd);
  const words = [program, "sample", "punchline-gpt2", "--prompt", "The man", "--max-length", "4", "--json"];
  const env = { HF_ENDPOINT: "http://127.0.0.1:9", HF_HOME: cwd };
  const wrote = await runNode(words, { cwd, env });
  expect(wrote.status, wrote.stderr).toBe(0);
  expect(JSON.parse(wrote.stdout).samples).toHaveLength(1);
  expect(readdirSync(cwd)).toEqual([]);
  const weights = join(home, "node_modules/punchline/models/punchline-gpt2/model.safetensors");
  truncateSync(weights, statSync(weights).size - 100);
  const refused = await runNode(words, { cwd, env });
  expect(refused).toMatchObject({ status: 1, stdout: "" });
  expect(refused.stderr).toMatch(
    /^error: punchline-gpt2 comes with Punchline.*not whole.*git checkout -- models/,
  );
});

test("without onnxruntime-web the browser's backend says how to get it, and nothing else needs it", async () => {
  const source = `import { webBackend } from "punchline/web";
    await webBackend().createSession(new Uint8Array()).catch(({ code, message }) => console.log(code, message));`;
  const ran = await runNode(["--input-type=module", "--eval", source], { cwd: home });
  expect(ran.stdout).toMatch(/^no-onnxruntime-web .*npm install onnxruntime-web@/);
});

test("every entry of the exports map is in the package, with its types", () => {
  for (const entry of Object.values(manifest.exports)) {
    const paths = typeof entry === "string" ? [entry] : [entry.types, entry.default];
    for (const path of paths) expect(existsSync(join(home, "node_modules/punchline", path)), path).toBe(true);
  }
});

test.each(Object.keys(entries))("%s can be imported", async (name) => {
  const source = `import * as entry from "${name}"; console.log(Object.keys(entry).sort().join());`;
  const ran = await runNode(["--input-type=module", "--eval", source], { cwd: home });
  expect(ran).toMatchObject({ status: 0, stderr: "" });
  const written = await import(`../src/${entries[name]}.ts`);
  expect(ran.stdout.trim()).toBe(Object.keys(written).sort().join());
});

test("a program that imports punchline waits for no package until it calls what needs one", async () => {
  const wanted = new Set<string>();
  const seen = new Set<string>();
  const open = ["dist/index.js"];
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    if (seen.has(file)) continue;
    seen.add(file);
    const source = readFileSync(join(home, "node_modules/punchline", file), "utf8");
    for (const [, name] of source.matchAll(STATIC)) {
      const path = manifest.imports[name!]?.node ?? (name!.startsWith(".") ? join(dirname(file), name!) : "");
      if (path) open.push(join(path));
      else wanted.add(name!);
    }
  }
  expect([...seen]).toContain("dist/late-packages.js");
  expect([...wanted].filter((name) => !name.startsWith("node:"))).toEqual([]);
});

test("packages that Node loads late do what they do elsewhere", async () => {
  const source = `
    import { Tokenizer } from "./node_modules/punchline/dist/late-packages.js";
    import { decodeHTMLStrict } from "./node_modules/punchline/dist/late-packages.js";
    import { chatTemplateOf } from "punchline";
    const files = { "tokenizer_config.json": { chat_template: "{{ messages[0].content }}!" } };
    const template = chatTemplateOf({ name: "one", tokenizer: { files: () => files } });
    const model = { type: "WordPiece", vocab: { why: 0, "[UNK]": 1 }, unk_token: "[UNK]" };
    const rest = { normalizer: null, pre_tokenizer: { type: "Whitespace" }, post_processor: null, decoder: null };
    const tokenizer = new Tokenizer({ model, added_tokens: [], ...rest }, {});
    console.log(template.apply([{ role: "user", content: "Why" }]));
    console.log(decodeHTMLStrict("a &lt; b"), tokenizer.encode("why").ids.join());
  `;
  const ran = await runNode(["--input-type=module", "--eval", source], { cwd: home });
  expect(ran).toMatchObject({ status: 0, stderr: "", stdout: "Why!\na < b 0\n" });
});

test("the installed program runs, and nothing of it needs more than the declared dependencies", async () => {
  const program = join(home, "node_modules/punchline/dist/cli.js");
  expect(await runNode([program, "--version"], { cwd: home })).toMatchObject({ stdout: `${version}\n` });
  // The studio's files are whole by themselves, and show programs that import this package.
  const chunks = files.filter((file) => /^dist\/(?!studio\/).*\.js$/.test(file));
  const wanted = new Set<string>();
  for (const chunk of chunks) {
    const source = readFileSync(join(home, "node_modules/punchline", chunk), "utf8");
    const late = /\b(?:import|require)\(\s*["']([^"'./][^"']*)["']\s*\)/g;
    for (const pattern of [STATIC, late])
      for (const [, name] of source.matchAll(pattern))
        if (!name!.startsWith(".")) wanted.add(packageOf(manifest.imports[name!]?.default ?? name!));
  }
  const { dependencies, peerDependencies } = manifest;
  const declared = new Set(Object.keys({ ...dependencies, ...peerDependencies }));
  expect([...wanted].filter((name) => !name.startsWith("node:") && !declared.has(name))).toEqual([]);
  for (const name of ["commander", "@huggingface/jinja"]) expect(wanted).toContain(name);
});

/** `@scope/name/sub` is in the package `@scope/name`. */
function packageOf(specifier: string): string {
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}
