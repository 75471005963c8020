/** How long `punchline --help` takes, beside a Node that does nothing: the frame's own part is the difference. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { interleave, row, time } from "./bench.ts";

const cli = join(import.meta.dirname, "../dist/cli.js");

export default async function startup() {
  const run = (...words: string[]) => time(() => execFileSync(process.execPath, words, { stdio: "ignore" }));
  const { ours, peer } = await interleave(
    { ours: () => run(cli, "--help"), peer: () => run("--eval", "0") },
    { runs: 15, warmup: 2 },
  );
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
  ];
}
