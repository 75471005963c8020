/**
 * The deep character transformer of Al-Rfou et al. 2018 (arXiv 1808.04444): a decoder as GPT-2's with the
 * paper's auxiliary losses, which help deep models to train (section 3.2):
 *
 * - every position of a window is predicted, not the last alone (multiple positions);
 * - so does each layer below the last, layer l of n until l / 2n of the training is done (intermediate layers);
 * - and the character after the next one as well, at half the weight (multiple targets).
 */
import { float32 } from "../core/array.ts";
import { UsageError } from "../core/errors.ts";
import { option } from "../core/options.ts";
import { constant } from "../graph/leaves.ts";
import type { Tensor } from "../graph/tensor.ts";
import { mergeDims } from "../nn/flatten-rows.ts";
import { parametersOf } from "../nn/layer.ts";
import { linear } from "../nn/linear.ts";
import { layerNorm } from "../nn/norm.ts";
import { reshape, sum } from "../ops/broadcast.ts";
import { addN, multiply } from "../ops/elementwise.ts";
import { concatenate, slice } from "../ops/movement.ts";
import { crossEntropy } from "../ops/normalisation.ts";
import { cast, equal, less } from "../ops/select.ts";
import { readFlag, readSize } from "./config.ts";
import { choice, defineArchitecture, fraction, integer, type ModelDefinition, onOff } from "./define.ts";
import { buildDecoder, gpt2 } from "./gpt2.ts";
import type { ModelConfig, TrainingInput } from "./model.ts";

/** Weight of predicting the character after the next (section 3.2). */
const SECOND_TARGET = 0.5;

const options = {
  layers: integer(4, "decoder blocks, one above the other"),
  width: integer(128, "numbers for each character"),
  heads: integer(4, "attention heads; they divide the width"),
  context: integer(64, "characters that it sees at once"),
  dropout: fraction(0, "probability of dropping a unit or an attention weight"),
  positions: choice("rotary", ["rotary", "learned"], "how it knows the place of a character"),
  allPositions: onOff(true, "auxiliary loss: predict after every character of a window"),
  allLayers: onOff(false, "auxiliary loss: predict from the layers below the last as well"),
  secondTarget: onOff(false, "auxiliary loss: predict the character after the next as well"),
};

export const charTransformer = defineArchitecture({
  type: "char-transformer",
  summary: "attention over a window of characters, with the paper's auxiliary losses",
  tokens: "character",
  options,
  // With these sizes and learned positions, nanoGPT's recipe for a laptop's processor.
  training: {
    batchSize: 12,
    seqLen: 64,
    learningRate: 1e-3,
    finalRate: 0.1,
    beta2: 0.99,
    weightDecay: 0.1,
    steps: 2000,
  },
  loraTargets: ["c_attn"],
  configure({ layers, width, heads, context, dropout, positions, ...losses }, vocabularySize) {
    if (positions === "rotary" && (width / heads) % 2 !== 0) {
      throw new UsageError(
        `${option("positions", "rotary")} needs heads of an even size, and ${option("width", width)} over ${option("heads", heads)} gives ${width / heads}: choose another width, or ${option("positions", "learned")}.`,
        { option: "positions", value: positions, expected: "learned" },
      );
    }
    const { model_type: _, ...trunk } = gpt2.configure(
      { layers, width, heads, context, dropout },
      vocabularySize,
    );
    return {
      ...trunk,
      architectures: ["CharTransformer"],
      position_embedding_type: positions === "rotary" ? "rotary" : "absolute",
      auxiliary_positions: losses.allPositions,
      auxiliary_layers: losses.allLayers,
      auxiliary_targets: losses.secondTarget,
    };
  },
  build,
});

function build(config: ModelConfig): ModelDefinition {
  const { model: trunk, tokens, finalNorm } = buildDecoder(config);
  const layers = readSize(config, "n_layer");
  const width = readSize(config, "n_embd");
  const allPositions = readFlag(config, "auxiliary_positions", true);
  const allLayers = readFlag(config, "auxiliary_layers", false);
  // The layers below the last have norms of their own, and the head that all share.
  const norms = Array.from({ length: allLayers ? layers - 1 : 0 }, (_, k) =>
    layerNorm(`auxiliary.${k + 1}`, width),
  );
  const second = readFlag(config, "auxiliary_targets", false)
    ? linear("auxiliary.second", width, readSize(config, "vocab_size"), { head: true })
    : undefined;
  return {
    ...trunk,
    parameters: [...trunk.parameters, ...parametersOf(...norms, second)],
    separatesDocuments: allPositions,
    needsProgress: allLayers,
    loss(p, input, mode) {
      if (input.weights && !allPositions) {
        throw new UsageError(
          `A char-transformer with ${option("allPositions", false)} learns the end of each window, and texts in rows of their own end anywhere; use ${option("packing", "stream")}.`,
          { option: "packing", expected: "stream" },
        );
      }
      const { logits, hidden, state } = trunk.forward(p, input, mode);
      const weights = positionWeights(input.targets, input.weights, allPositions);
      const own = lossOf(logits, input.targets, weights);
      const terms = [own];
      norms.forEach((norm, k) => {
        // Layer k + 1 of n counts until (k + 1) / 2n of the training is done.
        const counts = cast(less(input.progress!, (k + 1) / (2 * layers)), "float32");
        const scores = tokens.scores(p, norm(p, hidden![k + 1]!));
        terms.push(multiply(counts, lossOf(scores, input.targets, weights)));
      });
      if (second) {
        const scores = second(p, finalNorm(p, hidden!.at(-1)!));
        const after = { targets: shifted(input.targets), weights: secondWeights(input) };
        const weights = positionWeights(after.targets, after.weights, allPositions, 1);
        terms.push(multiply(SECOND_TARGET, lossOf(scores, after.targets, weights)));
      }
      return { loss: addN(terms), reported: own, state };
    },
  };
}

/** @param weights [batch, length] or [1, length] */
function lossOf(logits: Tensor, targets: Tensor, weights: Tensor): Tensor {
  const each = crossEntropy(logits, reshape(targets, [mergeDims(targets.shape)]));
  return sum(multiply(reshape(each, targets.shape), weights));
}

/**
 * Weight of each target, [batch, length] or [1, length]: all alike, or the last of each window for all of them.
 * @param missing positions at the end of a window that have no target
 */
function positionWeights(targets: Tensor, own: Tensor | undefined, all: boolean, missing = 0): Tensor {
  const length = targets.shape[1] as number;
  const last = length - 1 - missing;
  const weightOf = (t: number) => (all ? Number(t <= last) : t === last ? length : 0);
  const weights = Float32Array.from({ length }, (_, t) => weightOf(t));
  const byPosition = constant(float32([1, length], weights));
  return own ? multiply(own, byPosition) : byPosition;
}

/** Weights of the targets after the next; those beyond the end of a document do not count. */
function secondWeights({ weights, documents }: TrainingInput): Tensor | undefined {
  const after = weights && shifted(weights);
  if (!documents) return after;
  const inside = cast(equal(documents, shifted(documents)), "float32");
  return after ? multiply(after, inside) : inside;
}

/** [batch, length] one step on; the last of each row has no meaning. */
function shifted(x: Tensor): Tensor {
  const length = x.shape[1] as number;
  return length === 1 ? x : concatenate([slice(x, 1, 1, length - 1), slice(x, 1, 0, 1)], 1);
}
