/**
 * `npm run check`: what has to pass before a change is ready, in two lanes at once. A step's output is printed when it ends.
 * With `-- --no-tests` it leaves the unit tests out, which CI runs with all others.
 */
import { spawn } from "node:child_process";

/** Steps of a lane run one after the other. */
const lanes = [
  {
    build: "node scripts/build.mjs",
    // It looks for what the studio imports of the package, which is not there while the package is built.
    layers: "npm run -s check:layers",
    types: "tsc -p examples --noEmit --incremental --tsBuildInfoFile node_modules/.cache/check.tsbuildinfo",
  },
  {
    format: "biome check .",
    "types of the studio": "tsc -p studio --noEmit",
    "dead code": "knip",
    "dead code of the package": "knip --production",
    ...(process.argv.includes("--no-tests") ? {} : { "unit tests": "vitest run --project unit" }),
  },
];

/** Resolves to whether the command succeeded. */
function run(name, command) {
  const begun = performance.now();
  const child = spawn(command, { shell: true, stdio: ["ignore", "pipe", "pipe"] });
  const output = [];
  child.stdout.on("data", (chunk) => output.push(chunk));
  child.stderr.on("data", (chunk) => output.push(chunk));
  return new Promise((resolve) => {
    child.on("close", (status) => {
      const seconds = ((performance.now() - begun) / 1000).toFixed(1);
      process.stdout.write(Buffer.concat(output));
      console.log(`--- ${name} ${status === 0 ? "passed" : "FAILED"} in ${seconds} s`);
      resolve(status === 0);
    });
  });
}

const results = await Promise.all(
  lanes.map(async (steps) => {
    let passed = true;
    for (const [name, command] of Object.entries(steps)) passed = (await run(name, command)) && passed;
    return passed;
  }),
);
process.exitCode = results.every(Boolean) ? 0 : 1;
