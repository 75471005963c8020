/** Training that computes the inside of blocks again: the same run to the bit, with less memory. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { prepareTexts } from "../src/data/prepare.ts";
import { loadTokenizer } from "../src/hub/tokenizer-files.ts";
import { architectureOf } from "../src/models/registry.ts";
import { nodeBackend } from "../src/runtime/node.ts";
import type { TrainOptions } from "../src/train/options.ts";
import { TrainingStep } from "../src/train/step.ts";
import { resume, train } from "../src/train/train.ts";
import { temporaryFolder } from "./cli.ts";
import { modelFolder } from "./export-fixture.ts";

const texts = Array.from({ length: 60 }, (_, i) => `why did the hen number ${i} cross the road?`);
const backend = { threads: 1 };
const options = {
  batchSize: 4,
  seqLen: 16,
  steps: 6,
  learningRate: 1e-3,
  warmup: 0,
  logEvery: 1,
  sampleEvery: 0,
};

async function tuned(base: string, given: Partial<TrainOptions>) {
  const vocabulary = await loadTokenizer(base);
  const data = await prepareTexts([{ texts }], { vocabulary, nearDuplicates: false });
  const out = join(temporaryFolder(), "run");
  const { log } = await train({
    base: { folder: base, name: base },
    data,
    options: { ...options, ...given },
    out,
    backend,
  });
  return { out, data, losses: log.map(({ loss, grad_norm }) => [loss, grad_norm]) };
}

describe("recomputing", () => {
  it.each([{}, { lora: { dropout: 0.1 } }])(
    "changes no loss and no gradient, with dropout, %o",
    async (given) => {
      const base = await modelFolder("gpt2", { dropout: 0.2, layers: 3 });
      const whole = await tuned(base, given);
      expect((await tuned(base, { ...given, recompute: true })).losses).toEqual(whole.losses);
    },
  );

  it("may be begun when a run is gone on with", async () => {
    const base = await modelFolder("gpt2", { dropout: 0.2 });
    const whole = await tuned(base, { schedule: "constant" });
    const { out, data } = await tuned(base, { schedule: "constant", steps: 3 });
    const { log } = await resume(out, {
      data: data,
      options: { steps: 6, recompute: true },
      backend,
    });
    expect(log.map(({ loss, grad_norm }) => [loss, grad_norm])).toEqual(whole.losses);
  });

  it.each(["gpt2", "bert", "distilbert", "char-transformer"])("takes less memory, of %s", (type) => {
    const architecture = architectureOf(type);
    const model = architecture.build(
      architecture.configure({ layers: 6, width: 64, heads: 4, context: 64 }, 30),
    );
    const names = model.parameters.map(({ name }) => name);
    const bytes = (recompute: boolean) =>
      new TrainingStep(model, nodeBackend(), names, recompute).memory(8, 64);
    expect(bytes(true)).toBeLessThan(0.6 * bytes(false));
  });

  it("is refused where there are no blocks", () => {
    const architecture = architectureOf("char-lstm");
    const model = architecture.build(architecture.configure({}, 30));
    expect(() => new TrainingStep(model, nodeBackend(), [], true)).toThrow(/leave `recompute` out/);
  });
});
