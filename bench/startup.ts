/**
 * How long `punchline --help` takes, beside a Node that does nothing, where the frame's own part is the difference;
 * and from the command to the first token of the built-in GPT-2. Needs `npm run build`.
 */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { interleave, median, row, time } from "./bench.ts";
import { secondsToFirstToken } from "./gpt2/command.ts";

const cli = join(import.meta.dirname, "../dist/cli.js");
const MODEL = "punchline-gpt2";

export default async function startup() {
  const run = (...words: string[]) => time(() => execFileSync(process.execPath, words, { stdio: "ignore" }));
  const { ours, peer } = await interleave(
    { ours: () => run(cli, "--help"), peer: () => run("--eval", "0") },
    { runs: 15, warmup: 2 },
  );
  const first: number[] = [];
  for (let k = -2; k < 9; k++) {
    const seconds = await secondsToFirstToken(MODEL, "Why did the chicken");
    if (k >= 0) first.push(seconds);
  }
  return [
    row({
      case: "punchline --help",
      unit: "ms",
      better: "less",
      ours,
      peer,
      peerName: "node --eval 0",
      note: "the aim is 150 ms at most; needs npm run build",
    }),
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
