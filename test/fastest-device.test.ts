/** Trainings that are to choose their device: measured, held to the CPU, and kept when they go on. */
import { describe, expect, it } from "vitest";
import { memoryStore, type RunFiles } from "../src/browser/run-store.ts";
import { type RunHooks, resumeRun, trainRun } from "../src/browser/train-run.ts";
import type { HostArray } from "../src/core/array.ts";
import { fasterModel } from "../src/generate/faster-device.ts";
import type { Backend } from "../src/runtime/backend.ts";
import { measuredInWords } from "../src/runtime/measured-in-words.ts";
import { nodeBackend } from "../src/runtime/node.ts";
import type { TrainEvent } from "../src/train/events.ts";
import type { OtherBackend } from "../src/train/fastest.ts";
import { deviceLike } from "./device-like.ts";
import { randomModel } from "./random-model.ts";
import { LOSS_TOLERANCE, twentySteps } from "./twenty-steps.ts";

const cpu = nodeBackend({ threads: 1 });
const PAUSE = 60;

/** The same with a pause before every run. */
const slow = (backend: Backend): Backend => ({
  ...backend,
  async createSession(...given) {
    const session = await backend.createSession(...given);
    return {
      ...session,
      async run(...given) {
        await new Promise((done) => setTimeout(done, PAUSE));
        return session.run(...given);
      },
    };
  },
});

const other = (backend: Backend): OtherBackend => ({ device: backend.device, open: () => backend });
const wrong = () =>
  deviceLike(async (run, feeds, fetches) => {
    const results = await run(feeds, fetches);
    for (const [name, array] of Object.entries(results)) {
      const { data } = (
        "device" in array ? (array.device as { array: HostArray }).array : array
      ) as HostArray<"float32">;
      if (data.length === 1 && name !== "norm") data[0]! *= 1.05;
    }
    return results;
  }).backend;

type Measured = Extract<TrainEvent, { type: "device" }>;

async function begin(hooks: Partial<RunHooks>, more: object = {}, files = memoryStore().open("run")) {
  const found: { measured?: Measured } = {};
  const onEvent = (event: TrainEvent) => {
    if (event.type === "device") found.measured = event;
  };
  const request = twentySteps("char-gru", { steps: 4, ...more });
  const { log } = await trainRun(files, request, { backend: cpu, ...hooks, onEvent });
  return { files, losses: log.map(({ loss }) => loss), ...found };
}

const deviceOf = async (files: RunFiles): Promise<string> =>
  JSON.parse(new TextDecoder().decode(await files.read("run.json"))).device;

function expectNear(found: readonly number[], expected: readonly number[]): void {
  expect(found).toHaveLength(expected.length);
  for (const [i, loss] of found.entries()) expect(Math.abs(loss - expected[i]!)).toBeLessThan(LOSS_TOLERANCE);
}

describe("a training that is to choose its device", () => {
  it("takes the faster one, says so, and leaves nothing of the other behind", async () => {
    const device = deviceLike();
    const { measured, files, losses } = await begin({ backend: slow(cpu), others: [other(device.backend)] });
    expect(measured!.device).toBe("webgpu");
    expect(measuredInWords(measured!)).toMatch(/^webgpu computes: [\d.]+ ms a step, and \d+ ms on cpu\.$/);
    expect(await deviceOf(files)).toBe("webgpu");
    expectNear(losses, (await begin({})).losses);
    expect(device.held()).toBe(0);
  });

  it("stays where it is when the other is slower", async () => {
    const device = deviceLike();
    const { measured, files, losses } = await begin({ others: [other(slow(device.backend))] });
    expect(measured!.device).toBe("cpu");
    expect(await deviceOf(files)).toBe("cpu");
    expect(losses).toEqual((await begin({})).losses);
    expect(device.held()).toBe(0);
  });

  it.each<[string, () => OtherBackend, RegExp]>([
    [
      "computes something else",
      () => other(wrong()),
      /^cpu computes: .*webgpu cannot be used: "webgpu" computes this model otherwise than the CPU/,
    ],
    [
      "is not there",
      () => ({ device: "webgpu", open: () => Promise.reject(new Error("There is none.")) }),
      /webgpu cannot be used: There is none\.$/,
    ],
    [
      "fails at its work",
      () => other(deviceLike(() => Promise.reject(new Error("Failed to allocate memory"))).backend),
      /webgpu cannot be used: The device "webgpu" has too little memory/,
    ],
  ])("never takes one that %s", async (_, make, sentence) => {
    const { measured, files, losses } = await begin({ backend: slow(cpu), others: [make()] });
    expect(measuredInWords(measured!)).toMatch(sentence);
    expect(measuredInWords(measured!, { names: { cpu: "The processor", webgpu: "WebGPU" } })).toMatch(
      /^The processor computes.* WebGPU cannot be used: /,
    );
    expect(await deviceOf(files)).toBe("cpu");
    expect(losses).toEqual((await begin({})).losses);
  });

  it("tries no more of them where it is stopped meanwhile, and leaves a first checkpoint", async () => {
    const [device, stop] = [deviceLike(), new AbortController()];
    const stopping = () => {
      stop.abort();
      return device.backend;
    };
    const tried: string[] = [];
    const never = () => {
      tried.push("the second");
      return device.backend;
    };
    const { summary } = await trainRun(memoryStore().open("run"), twentySteps("char-gru", { steps: 4 }), {
      backend: cpu,
      others: [
        { device: "webgpu", open: stopping },
        { device: "webgpu", open: never },
      ],
      signal: stop.signal,
    });
    expect(summary).toMatchObject({ stopped: "interrupt", steps: 0 });
    expect(tried).toEqual([]);
    expect(device.held()).toBe(0);
  });

  it("does not try others for steps that are too short to be worth it", async () => {
    const never: OtherBackend = {
      device: "webgpu",
      minSeconds: 100,
      open: () => Promise.reject(new Error("tried")),
    };
    const { measured } = await begin({ others: [never] });
    expect(measured?.measured).toEqual([{ device: "cpu", secondsPerStep: expect.any(Number) }]);
  });
});

describe("a training that goes on", () => {
  async function stopped(device: Backend): Promise<RunFiles> {
    const stop = new AbortController();
    const files = memoryStore().open("run");
    await trainRun(files, twentySteps("char-gru", { steps: 8, checkpointSeconds: 0 }), {
      backend: slow(cpu),
      others: [other(device)],
      signal: stop.signal,
      onEvent: (event) => event.type === "log" && event.row.step === 4 && stop.abort(),
    });
    expect(await deviceOf(files)).toBe("webgpu");
    return files;
  }

  it("stays on its device, to the bit, however fast the other is now", async () => {
    const whole = await begin(
      { backend: slow(cpu), others: [other(deviceLike().backend)] },
      { steps: 8, checkpointSeconds: 0 },
    );
    const files = await stopped(deviceLike().backend);
    const device = deviceLike();
    const { log } = await resumeRun(files, {}, { backend: cpu, others: [other(slow(device.backend))] });
    expect(device.returned.length).toBeGreaterThan(0);
    expect(log.map(({ loss }) => loss)).toEqual(whole.losses);
    expect(device.held()).toBe(0);
  });

  it("goes on elsewhere where its device is not there any more, and says so", async () => {
    const files = await stopped(deviceLike().backend);
    const gone: OtherBackend = {
      device: "webgpu",
      open: () => Promise.reject(new Error("The card is gone.")),
    };
    const said: string[] = [];
    const { log } = await resumeRun(
      files,
      {},
      {
        backend: cpu,
        others: [gone],
        onEvent: (event) => event.type === "device" && said.push(measuredInWords(event)),
      },
    );
    expect(said).toEqual(["cpu computes. webgpu cannot be used: The card is gone."]);
    expectNear(
      log.map(({ loss }) => loss),
      (await begin({}, { steps: 8, checkpointSeconds: 0 })).losses,
    );
  });
});

describe("a model that is to choose its device", () => {
  const lm = randomModel("char-gru", { sizes: { width: 8, layers: 1, embedding: 6 }, seed: 3 });
  const on = (backend: Backend) => ({ ...lm, backend });

  it("takes the faster one, unless that computes something else", async () => {
    const device = deviceLike().backend;
    const choose = (there: Backend, here: Backend) =>
      fasterModel(async (name) => on(name === "cpu" ? here : there));
    const faster = await choose(device, slow(cpu));
    expect(faster.lm.backend.device).toBe("webgpu");
    expect(measuredInWords(faster.choice)).toMatch(
      /^webgpu computes: [\d.]+ ms a step, and \d+ ms on cpu\.$/,
    );
    expect((await choose(slow(device), cpu)).lm.backend.device).toBe("cpu");
    const spoilt = deviceLike(async (run, feeds, fetches) => {
      const results = await run(feeds, fetches);
      for (const array of Object.values(results)) if ("data" in array) (array.data as Float32Array)[0]! += 1;
      return results;
    }).backend;
    const right = await choose(spoilt, slow(cpu));
    expect(right.lm.backend.device).toBe("cpu");
    expect(measuredInWords(right.choice)).toMatch(
      /webgpu cannot be used: Its driver computes this model otherwise than the CPU\.$/,
    );
    const full = deviceLike(() => Promise.reject(new Error("Failed to allocate memory"))).backend;
    const roomy = await choose(full, slow(cpu));
    expect(roomy.lm.backend.device).toBe("cpu");
    expect(measuredInWords(roomy.choice)).toMatch(/webgpu cannot be used: It fails at this model\.$/);
  });
});
