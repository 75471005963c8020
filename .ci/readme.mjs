/**
 * Runs what a Markdown file shows: `node .ci/readme.mjs README.md`.
 *
 * Each fenced `sh` block is run in one folder, block after block, so that a later one may use what an
 * earlier one made; each fenced `ts` block is type-checked and run as a program of its own. A block that
 * is not for CI (it needs the network, a key, minutes) has the reason in a comment on the line before it:
 *
 *     <!-- not in CI: downloads 500 MB -->
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "..");
const file = process.argv[2] ?? "README.md";
const shown = [...blocks(readFileSync(resolve(root, file), "utf8"))];
const folder = join(import.meta.dirname, "out/readme");
rmSync(folder, { recursive: true, force: true });
mkdirSync(join(folder, "bin"), { recursive: true });
// `punchline` and `npx punchline` both mean the build of this checkout.
symlinkSync(join(root, "dist/cli.js"), join(folder, "bin/punchline"));
const env = { ...process.env, PATH: `${join(folder, "bin")}${delimiter}${process.env.PATH}` };

let failures = 0;
let ran = 0;
for (const { language, source, line, reason } of shown) {
  if (reason) {
    console.log(`${file}:${line}: not run: ${reason}`);
    continue;
  }
  console.log(`${file}:${line}:\n${source.replace(/^/gm, "    ")}`);
  const ok = language === "sh" ? runShell(source) : runProgram(source, line);
  ran++;
  if (!ok) {
    failures++;
    console.log(`${file}:${line}: FAILED`);
  }
}
console.log(`${ran} blocks run, ${failures} failed`);
process.exitCode = failures || ran === 0 ? 1 : 0;

/** The fenced `sh` and `ts` blocks, with the reason of those that are not for CI. A fence that is never closed ends the program. */
function* blocks(markdown) {
  const lines = markdown.split("\n");
  for (let i = 0; i < lines.length; i++) {
    const language = /^```([^`]*?)\s*$/.exec(lines[i])?.[1];
    if (language === undefined) continue;
    const end = lines.findIndex((line, k) => k > i && line.trimEnd() === "```");
    if (end < 0) {
      console.error(`${file}:${i + 1}: the fence is never closed; end it with a line of three backticks.`);
      process.exit(1);
    }
    const reason = /^<!-- not in CI: (.+?) -->$/.exec((lines[i - 1] ?? "").trim())?.[1];
    const source = lines.slice(i + 1, end).join("\n");
    if (language === "sh" || language === "ts") yield { language, reason, line: i + 1, source };
    i = end;
  }
}

function runShell(source) {
  const script = source.replace(/^\$ /gm, "").replace(/\bnpx punchline\b/g, "punchline");
  return succeeds("bash", ["-euo", "pipefail", "-c", script], folder);
}

function runProgram(source, line) {
  // Inside the checkout, `punchline` resolves to the package itself.
  const path = join(folder, `line-${line}.ts`);
  writeFileSync(path, `${source}\n`);
  const options = { extends: join(root, "tsconfig.json"), include: [`line-${line}.ts`] };
  const project = join(folder, `tsconfig.line-${line}.json`);
  writeFileSync(project, JSON.stringify(options));
  return (
    succeeds(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", project], root) &&
    succeeds(process.execPath, ["--import", join(root, "bench/register.mjs"), path], folder)
  );
}

function succeeds(command, words, cwd) {
  return spawnSync(command, words, { cwd, env, stdio: ["ignore", "inherit", "inherit"] }).status === 0;
}
