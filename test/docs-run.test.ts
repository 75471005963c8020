/**
 * What the documents show is run: the commands in one folder, page after page, as a reader would who follows the
 * README and then its guides; and programs, type-checked first. Trainings are cut to a few steps of small models; CI
 * runs the README's commands as they are.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { transformWithOxc } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { trainingStepPicture, trainingStepText } from "../docs/figures/training-step.ts";
import { builtCli, type Ran, root, runNode } from "./cli.ts";
import { punchline } from "./cli-here.ts";
import { type Block, type Page, pages, readPage } from "./markdown.ts";

const all = pages();
const isRun = ({ language, notRun, from }: Block) =>
  (language === "sh" || language === "ts") && notRun === undefined && from === undefined;
const shown = (language: string) =>
  all.flatMap((page) => page.blocks.filter((block) => block.language === language && isRun(block)));

describe("commands", () => {
  const folder = mkdtempSync(join(tmpdir(), "punchline-docs-"));
  const bin = join(folder, ".bin");
  const socket = join(bin, "socket");
  let server: Server;
  beforeAll(async () => {
    mkdirSync(bin);
    server = commandsAt(socket);
    await once(server, "listening");
    writeFileSync(join(bin, "punchline"), forwarder(socket));
    chmodSync(join(bin, "punchline"), 0o755);
  });
  afterAll(() => {
    server.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const withCommands = inReadingOrder(all).filter(({ blocks }) =>
    blocks.some((b) => b.language === "sh" && isRun(b)),
  );

  it("of different pages do not share a run", () => {
    const pagesOf = new Map<string, Set<string>>();
    for (const { path, blocks } of withCommands) {
      for (const [, run] of blocks.flatMap(({ source }) => [...source.matchAll(/--out (runs\/\S+)/g)])) {
        pagesOf.set(run!, (pagesOf.get(run!) ?? new Set()).add(path));
      }
    }
    expect(pagesOf.size).toBeGreaterThan(5);
    expect([...pagesOf].filter(([, paths]) => paths.size > 1)).toEqual([]);
  });

  it.each(withCommands.map((page) => [page.path, page] as const))(
    "%s",
    { timeout: 600_000 },
    async (_, page) => {
      for (const { place, source } of page.blocks.filter((b) => b.language === "sh" && isRun(b))) {
        const ran = await shell(source.split("\n").map(small).join("\n"), folder, bin);
        expect(ran.status, `${place}:\n${ran.output}`).toBe(0);
      }
    },
  );
});

describe("programs", () => {
  // Inside the project, where `punchline` is the package itself.
  let folder = "";
  const programs = shown("ts").map(({ place, source }, i) => ({ place, file: `block-${i}`, source }));
  const examples = readdirSync(join(root, "examples")).filter((name) => name.endsWith(".js"));
  /** Those that run in a page, and here what runs in both. */
  const pagesOfExamples = ["browser", "browser-engine", "browser-onnx"];

  beforeAll(async () => {
    builtCli();
    mkdirSync(join(root, ".ci/out"), { recursive: true });
    folder = mkdtempSync(join(root, ".ci/out/docs-"));
    mkdirSync(join(folder, "javascript"));
    for (const { file, source } of programs) {
      const typescript = `${shortened(source)}\nexport {};\n`;
      writeFileSync(join(folder, `${file}.ts`), typescript);
      const { code } = await transformWithOxc(typescript, `${file}.ts`, { target: "node20" });
      writeFileSync(join(folder, "javascript", `${file}.js`), code);
    }
    cpSync(join(root, "examples/browser-engine"), join(folder, "browser-engine"), { recursive: true });
    for (const name of examples)
      writeFileSync(join(folder, name), shortened(readFileSync(join(root, "examples", name), "utf8")));
    writeFileSync(
      join(folder, "tsconfig.json"),
      JSON.stringify({
        extends: join(root, "tsconfig.json"),
        compilerOptions: { allowJs: true, checkJs: true },
        include: ["*", ...pagesOfExamples.map((name) => join(root, "examples", name, "*"))],
      }),
    );
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("have no type error", async () => {
    const tsc = join(root, "node_modules/typescript/bin/tsc");
    expect(await runNode([tsc, "-p", folder])).toMatchObject({ stdout: "", status: 0 });
  });

  it.each([
    ...programs.map((p) => [p.place, `javascript/${p.file}.js`] as const),
    // As they are: Node 20 runs them without help.
    ...examples.map((name) => [`examples/${name}`, name] as const),
  ])("%s runs", async (_, file) => {
    const ran = await runNode([join(folder, file)]);
    expect(ran).toMatchObject({ status: 0, stderr: "" });
    expect(ran.stdout).not.toBe("");
  });
});

it("the drawn training step is the real one (docs/figures/training-step.ts draws it again)", () => {
  expect(readFileSync(join(root, "docs/images/training-step.svg"), "utf8")).toBe(trainingStepPicture());
  const texts = readPage("docs/architecture.md").blocks.filter(({ language }) => language === "text");
  expect(texts.map(({ source }) => source)).toContain(trainingStepText());
});

/** The README, then the pages in the order in which it links to them, then the others. */
function inReadingOrder(pages: readonly Page[]): readonly Page[] {
  const order = ["README.md", ...readPage("README.md").links];
  const rank = ({ path }: Page) => (order.includes(path) ? order.indexOf(path) : order.length);
  return [...pages].sort((a, b) => rank(a) - rank(b));
}

/** The same command with little to do. */
function small(line: string): string {
  const resumes = line.includes("--resume");
  let out = line
    .replace(/\bnpx punchline\b/g, "punchline")
    .replace(/--(?:max-minutes|steps|epochs) [\d.]+/, `--steps ${resumes ? 6 : 4}`)
    .replace(/ --minutes [\d.]+/, ` --minutes 0.002${/--width/.test(line) ? "" : " --parameters 5000"}`)
    .replace(/ -n \d+/, " -n 2")
    .replace(/--snapshots \d+/, "--snapshots 2")
    .replace(/--layers \d+,[\d,]+/, "--layers 1")
    .replace(/--width [\d,]+/, "--width 16");
  if (/\bpunchline (train|finetune)\b/.test(out) && !resumes) {
    if (/\btrain\b/.test(out) && !/--(width|size|config)/.test(out)) out += " --width 16";
    out += " --batch-size 4 --seq-len 16 --validation-tokens 500";
  }
  // Repeated measurements of times are of no use here.
  if (/\bpunchline compare(?!-)/.test(out)) out = `${out.replace(/ --runs \d+/, "")} --runs 1`;
  return out.replace(/\bpunchline novelty (?!\S+\.txt)\S+/, "$& --asked 2");
}

const shortened = (source: string): string =>
  source.replace(/\bmaxMinutes: [\d.]+/g, "steps: 4").replace(/\bsteps: \d+/g, "steps: 4");

function shell(script: string, cwd: string, bin: string): Promise<{ status: number | null; output: string }> {
  const child = spawn("bash", ["-euo", "pipefail", "-c", script], {
    cwd,
    env: { ...process.env, NO_COLOR: "1", PATH: `${bin}${delimiter}${process.env.PATH}` },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (output += String(text)));
  return new Promise((done, fail) => {
    child.on("error", fail);
    child.on("close", (status) => done({ status, output }));
  });
}

/** Runs the command lines that {@link forwarder} sends, one after the other, each in the folder where it was typed. */
function commandsAt(socket: string): Server {
  let before: Promise<unknown> = Promise.resolve();
  return createServer({ allowHalfOpen: true }, (connection) => {
    let typed = "";
    connection.setEncoding("utf8").on("data", (part) => (typed += part));
    connection.on("end", async () => {
      const { words, cwd } = JSON.parse(typed);
      const ran = before.then(() => punchline(words, { cwd, env: { NO_COLOR: "1" } })).catch(failed);
      before = ran;
      connection.end(JSON.stringify(await ran));
    });
  }).listen(socket);
}

const failed = (error: Error): Ran => ({ status: 1, signal: null, stdout: "", stderr: String(error.stack) });

/** A program `punchline` that has this process run the command, which starts faster than a process of its own. */
const forwarder = (socket: string): string => `#!${process.execPath}
const connection = require("node:net").connect(${JSON.stringify(socket)});
connection.end(JSON.stringify({ words: process.argv.slice(2), cwd: process.cwd() }));
let answer = "";
connection.setEncoding("utf8").on("data", (part) => (answer += part));
connection.on("end", () => {
  const { status, stdout, stderr } = JSON.parse(answer);
  process.stderr.write(stderr);
  process.stdout.write(stdout);
  process.exitCode = status;
});
`;
