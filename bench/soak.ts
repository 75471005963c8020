/**
 * A soak of `punchline serve punchline-gpt2` on loopback (serving/soak.ts): ten minutes, or as many as PUNCHLINE_SOAK_MINUTES
 * says. Fails where an answer was not the model's own, or something was lost.
 */
import { PunchlineError } from "../src/core/errors.ts";
import { openLocal } from "../src/generate/open.ts";
import { startServer } from "../test/served.ts";
import { type BenchRow, plain } from "./bench.ts";
import { amount } from "./quick.ts";
import { soak } from "./serving/soak.ts";

const MODEL = "punchline-gpt2";

export default async function soakBench(): Promise<BenchRow[]> {
  const minutes = amount("PUNCHLINE_SOAK_MINUTES", 10, 0.2);
  const server = await startServer([MODEL]);
  const lm = await openLocal(MODEL);
  try {
    const { counts, faults, megabytes, connections } = await soak({
      url: server.url,
      lm,
      model: MODEL,
      seconds: 60 * minutes,
    });
    const title = `soak of ${minutes} minutes`;
    const rows = [
      ...Object.entries(counts).map(([what, count]) => plain(`${title}: ${what}`, "requests", count)),
      plain(`${title}: connections, 1,000 at a time`, "connections", connections),
      plain(`${title}: memory after a quarter of it`, "MB", megabytes[0]),
      plain(`${title}: memory at the end`, "MB", megabytes[1]),
    ];
    if (faults.length === 0) return rows;
    // What was counted says where to look.
    const counted = rows.map(({ case: what, ours, unit }) => `${what}: ${ours} ${unit}`);
    throw new PunchlineError(
      "soak",
      `${faults.length} faults, such as: ${faults.slice(0, 5).join("; ")}. ${counted.join("; ")}.`,
    );
  } finally {
    await lm.release();
    await server.stop();
  }
}
