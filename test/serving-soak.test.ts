/** The soak of the server (`npm run bench -- soak`), for some seconds. */
import { expect, it } from "vitest";
import { soak } from "../bench/serving/soak.ts";
import { openLocal } from "../src/generate/open.ts";
import { startServer } from "./served.ts";

it("loses nothing, and gives every client what the model writes alone", async () => {
  const server = await startServer(["punchline-gpt2"]);
  const lm = await openLocal("punchline-gpt2");
  try {
    const { counts, faults, connections } = await soak({
      url: server.url,
      lm,
      model: "punchline-gpt2",
      seconds: 6,
    });
    expect(faults).toEqual([]);
    expect(Object.keys(counts)).toEqual(expect.arrayContaining(["texts", "streams", "cancelled", "refused"]));
    expect(connections).toBeGreaterThanOrEqual(1_000);
  } finally {
    await lm.release();
    expect(await server.stop()).toBe(0);
  }
});
