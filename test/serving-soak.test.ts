/** The soak of the server (`npm run bench -- soak`), for some seconds. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
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

it("names a request that the server never answers, instead of waiting for it", async () => {
  const server = createServer(({ method }, response) => {
    if (method === "GET") response.end();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const lm = await openLocal("punchline-gpt2");
  try {
    const { faults } = await soak({
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
      lm,
      model: "punchline-gpt2",
      seconds: 0.2,
      clients: 7,
      connections: 1,
      deadlineSeconds: 1,
    });
    expect(faults).toHaveLength(7);
    for (const fault of faults)
      expect(fault).toMatch(/not answered within 1 seconds: .*\{.*"model":|: \/\S+ \{/);
  } finally {
    await lm.release();
    server.closeAllConnections();
    server.close();
  }
});
