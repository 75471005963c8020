/** The same twenty steps of any architecture, small, with dropout: what devices are compared by. */
import { architectureOf } from "../src/models/registry.ts";
import { babble } from "./training-fixture.ts";

const sizes = { width: 16, layers: 2, embedding: 8, heads: 2, context: 24, window: 8, dropout: 0.1 };
const text = babble(6000);

/** How far losses in nats per token may be apart after twenty steps, between two devices that round differently. */
export const LOSS_TOLERANCE = 2e-5;

/** @param more options of the training besides */
export function twentySteps(type: string, more: object = {}) {
  const { options: known } = architectureOf(type);
  return {
    model: type,
    modelOptions: Object.fromEntries(Object.entries(sizes).filter(([name]) => name in known)),
    data: text,
    options: {
      steps: 20,
      batchSize: 4,
      // char-cnn sees seven tokens with two layers.
      seqLen: type === "char-cnn" ? 6 : 8,
      logEvery: 1,
      validateEvery: 100,
      sampleEvery: 0,
      seed: 3,
      ...more,
    },
  };
}
