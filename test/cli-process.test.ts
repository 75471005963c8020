/** The command line as a process: signals, closed pipes, what is loaded before anything is asked for. */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { builtCli, punchline, runSource } from "./cli.ts";

const toy = "test/fixtures/toy-cli.ts";

test("the built program answers --version and --help", async () => {
  const { version } = JSON.parse(readFileSync(join(dirname(builtCli()), "../package.json"), "utf8"));
  expect(await punchline(["--version"])).toMatchObject({ status: 0, stdout: `${version}\n`, stderr: "" });
  const help = await punchline(["--help"]);
  expect(help).toMatchObject({ status: 0, stderr: "" });
  expect(help.stdout).toContain("Usage  punchline COMMAND");
});

test("the built program refuses an unknown command with status 2", async () => {
  expect(await punchline(["no-such-command", "--json"])).toMatchObject({ status: 2, stdout: "" });
});

/** What a built program loads when it starts: names of packages, and of the sources whose code it reads. */
function loadedBy(program: string): { readonly packages: readonly string[]; readonly sources: string } {
  const seen = new Map<string, string>();
  const packages = new Set<string>();
  (function visit(file: string) {
    if (seen.has(file)) return;
    const source = readFileSync(file, "utf8");
    seen.set(file, source);
    for (const [, target] of source.matchAll(/^(?:import|export)\b[^"'`;]*["']([^"']+)["'];?$/gm)) {
      if (target!.startsWith(".")) visit(join(dirname(file), target!));
      else if (!target!.startsWith("node:")) packages.add(target!);
    }
  })(program);
  const sources = [...seen.values()].flatMap((source) => source.match(/^\/\/#region src\/.*$/gm) ?? []);
  return { packages: [...packages].sort(), sources: sources.join("\n") };
}

test("the built program loads nothing heavy before a command runs", () => {
  const { packages, sources } = loadedBy(builtCli());
  expect(packages).toEqual(["picocolors"]);
  expect(sources).toContain("src/cli/run.ts");
});

test('import "punchline" loads what asynchronous functions need at their first call', () => {
  const { packages, sources } = loadedBy(join(dirname(builtCli()), "index.js"));
  // Node finds these in late-packages.js, which loads the packages at the first call: test/package.test.ts.
  expect(packages).toEqual(["#entities", "#jinja", "#tokenizers"]);
  expect(sources).toContain("src/models/gpt2.ts");
  expect(sources).not.toMatch(
    /src\/(train\/(train|trainer|session|run-data)\.ts|compare\/|export\/|evaluate\/(quality|likelihood)|generate\/hosted)/,
  );
});

test("a reader that goes away ends the program quietly with status 0", async () => {
  const ran = await runSource(toy, ["flood"], {
    meanwhile: (child) => child.stdout!.once("data", () => child.stdout!.destroy()),
  });
  expect(ran).toMatchObject({ status: 0, stderr: "" });
});

test("a command that can save itself may do so when its reader goes away", async () => {
  const ran = await runSource(toy, ["flood", "--save"], {
    meanwhile: (child) => child.stdout!.once("data", () => child.stdout!.destroy()),
  });
  expect(ran).toMatchObject({ status: 0, stderr: "saved\n" });
});

test("the first Ctrl-C lets the command finish, and it says so", async () => {
  const ran = await runSource(toy, ["wait", "--json"], {
    meanwhile: (child) =>
      child.stderr!.on("data", (text) => /ready for a signal/.test(String(text)) && child.kill("SIGINT")),
  });
  expect(ran.status).toBe(0);
  expect(JSON.parse(ran.stdout)).toEqual({ stopped: "interrupt" });
  expect(ran.stderr).toMatch(/press Ctrl-C again/);
});

test("the second Ctrl-C ends the process by that signal", async () => {
  const ran = await runSource(toy, ["wait", "--deaf"], {
    meanwhile: (child) =>
      child.stderr!.on("data", (text) => {
        if (/ready for a signal/.test(String(text))) child.kill("SIGINT");
        if (/again/.test(String(text))) child.kill("SIGTERM");
      }),
  });
  expect(ran).toMatchObject({ status: null, signal: "SIGTERM" });
});

test("a command that opens a model says what --device auto chose, and why", async () => {
  // Where Vulkan is the way to a graphics card, it has no driver.
  const env = { VK_ICD_FILENAMES: join("no", "driver.json") };
  const words = ["sample", "punchline-gpt2", "-n", "1", "--max-length", "2", "--device", "auto"];
  const { status, stderr } = await punchline(words, { env });
  expect(status, stderr).toBe(0);
  expect(stderr).toMatch(/^(cpu|webgpu) computes: [\d.]+ ms for a short text[,.] /m);
  if (process.platform === "linux") expect(stderr).toContain("webgpu cannot be used: WebGPU finds no");
});
