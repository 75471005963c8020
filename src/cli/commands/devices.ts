/** `punchline devices`: where graphs can run on this machine. */
import { listDevices } from "../../train/list-devices.ts";
import { defineCommand } from "../command.ts";
import { inFlags } from "../output/flags.ts";
import { printTable } from "../output/print.ts";

export default defineCommand({
  description:
    "Lists what can compute on this machine, by the names that --device takes. Each device is tried with a small " +
    "product; for those that cannot be used, the reason follows. WebGPU is the graphics card, whoever made it.",
  arguments: {},
  options: {},
  examples: {
    "punchline devices": "Is there a graphics card that Punchline can use?",
    "punchline devices --json": "The same for a program",
  },
  async run(ctx) {
    const devices = await listDevices();
    printTable(
      ctx,
      ["device", "kind", "usable"],
      devices.map(({ name, kind, usable }) => [name, kind, usable ? "yes" : "no"]),
    );
    const reasons = devices.flatMap(({ name, reason }) =>
      reason === undefined ? [] : [`${name}: ${reason}`],
    );
    if (reasons.length > 0) ctx.print();
    for (const reason of reasons) ctx.print(inFlags(reason));
    ctx.json({ devices: devices.map((device) => ({ ...device, reason: device.reason ?? null })) });
  },
});
