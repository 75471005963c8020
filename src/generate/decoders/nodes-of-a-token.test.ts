/** How many nodes a block of a quantised decoder is: small ones cost as much time as the weights of a small model. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { randomModel } from "../../../test/random-model.ts";
import { input } from "../../graph/leaves.ts";
import type { Spec } from "../../graph/tree.ts";
import { evaluation } from "../../nn/mode.ts";
import { lower } from "../../onnx/lower.ts";
import { weightSpecs } from "../language-model.ts";
import { loadModel } from "../load.ts";
import { saveModel } from "../save.ts";

async function nodes(type: string, layers: number): Promise<number> {
  const scratch = await mkdtemp(join(tmpdir(), "punchline-nodes-"));
  try {
    const path = join(scratch, "model");
    await saveModel(randomModel(type, { sizes: { layers, width: 64, heads: 4, context: 32 } }), path);
    const lm = await loadModel(path, { quantize: "q8", threads: 1 });
    const leaves = (specs: Readonly<Record<string, Spec>>) =>
      Object.fromEntries(
        Object.entries(specs).map(([name, { dtype, shape }]) => [name, input(name, dtype, shape)]),
      );
    const ids = input("ids", "int32", ["batch", "length"]);
    const positions = input("positions", "int32", ["batch", "length"]);
    const weights = leaves(weightSpecs(lm));
    const token = { ids, positions, state: leaves(lm.model.state("batch")) };
    const { logits, state } = lm.model.forward(weights, token, evaluation, { logits: "last", inPlace: true });
    const outputs = [logits, ...Object.values(state)];
    return lower(outputs, (leaf) => String(leaf.node.attributes.name), [ids]).nodes.length;
  } finally {
    await rm(scratch, { recursive: true });
  }
}

it.each([
  // Four products, attention, two norms, two sums, and an activation.
  { type: "gpt2", most: 10 },
  // Besides: a gate taken apart and multiplied.
  { type: "llama", most: 12 },
])("a block of $type is at most $most nodes", async ({ type, most }) => {
  const [two, three] = [await nodes(type, 2), await nodes(type, 3)];
  expect(three - two).toBeLessThanOrEqual(most);
  expect(two - 2 * (three - two)).toBeLessThanOrEqual(14);
});
