/**
 * How long `punchline --help` and a program that imports `punchline` take beyond a Node that does nothing, and from
 * the command to the first token of the built-in GPT-2. Needs `npm run build`.
 */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { interleave, median, row, time } from "./bench.ts";
import { secondsToFirstToken } from "./gpt2/command.ts";
import { fewest } from "./quick.ts";

const cli = join(import.meta.dirname, "../dist/cli.js");
const library = pathToFileURL(join(import.meta.dirname, "../dist/index.js")).href;
/** What both rows of starts share. */
const beyond = {
  unit: "ms beyond node",
  better: "less",
  peerName: "the aim",
  note: "the median of the starts less that of node --eval 0; needs npm run build",
} as const;
const MODEL = "punchline-gpt2";

export default async function startup() {
  const run = (...words: string[]) => time(() => execFileSync(process.execPath, words, { stdio: "ignore" }));
  const { help, imported, bare } = await interleave(
    {
      help: () => run(cli, "--help"),
      imported: () => run("--input-type=module", "--eval", `import ${JSON.stringify(library)}`),
      bare: () => run("--eval", "0"),
    },
    { runs: 20, warmup: 2 },
  );
  const first: number[] = [];
  for (let k = -2; k < fewest(9); k++) {
    const seconds = await secondsToFirstToken(MODEL, "Why did the chicken");
    if (k >= 0) first.push(seconds);
  }
  return [
    row({ ...beyond, case: "punchline --help", ours: help - bare, peer: 80 }),
    row({ ...beyond, case: 'import "punchline"', ours: imported - bare, peer: 60 }),
    row({
      case: `punchline sample ${MODEL}: from command to first token`,
      unit: "s",
      better: "less",
      ours: median(first),
      peer: 0.5,
      peerName: "the aim",
    }),
  ];
}
