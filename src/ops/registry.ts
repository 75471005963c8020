/** Every operation by name. A new operation is one definition and one line here. */
import type { Attributes } from "../graph/tensor.ts";
import { erfOp, geluOp, geluTanhOp, reluOp } from "./activation.ts";
import { attentionOp } from "./attention.ts";
import { broadcastOp, reshapeOp, sumOp, unflattenOp } from "./broadcast.ts";
import { cachedAttentionOp, cacheMaskOp } from "./cached-attention.ts";
import type { Op } from "./define.ts";
import {
  addNOp,
  addOp,
  divideOp,
  expOp,
  logOp,
  multiplyOp,
  negateOp,
  sigmoidOp,
  sqrtOp,
  subtractOp,
  tanhOp,
} from "./elementwise.ts";
import { gruGradientOp, gruOp } from "./gru.ts";
import { addRowsOp, argmaxOp, gatherOp, indexAlongOp, scatterAddOp } from "./indexing.ts";
import { lstmGradientOp, lstmOp } from "./lstm.ts";
import { gemmOp, matmulOp } from "./matmul.ts";
import { concatenateOp, padOp, sliceOp, splitOp, transposeOp } from "./movement.ts";
import {
  crossEntropyGradientOp,
  crossEntropyOp,
  layerNormOp,
  logSoftmaxOp,
  softmaxOp,
} from "./normalisation.ts";
import { quantizedProductOp, quantizedRowsOp } from "./quantized.ts";
import { afterOp, keepOp } from "./recompute.ts";
import { rnnGradientOp, rnnOp } from "./rnn.ts";
import { rotaryOp } from "./rotary.ts";
import { castOp, equalOp, greaterOp, lessOp, whereOp } from "./select.ts";

// Definitions differ in their attribute types; the registry hands them out as taking any attributes.
const definitions = [
  addOp,
  subtractOp,
  multiplyOp,
  divideOp,
  negateOp,
  expOp,
  logOp,
  sqrtOp,
  tanhOp,
  sigmoidOp,
  addNOp,
  erfOp,
  reluOp,
  geluOp,
  geluTanhOp,
  equalOp,
  greaterOp,
  lessOp,
  whereOp,
  castOp,
  reshapeOp,
  unflattenOp,
  sumOp,
  broadcastOp,
  transposeOp,
  sliceOp,
  padOp,
  concatenateOp,
  splitOp,
  matmulOp,
  gemmOp,
  gatherOp,
  scatterAddOp,
  addRowsOp,
  quantizedProductOp,
  quantizedRowsOp,
  argmaxOp,
  indexAlongOp,
  attentionOp,
  rotaryOp,
  cacheMaskOp,
  cachedAttentionOp,
  layerNormOp,
  softmaxOp,
  logSoftmaxOp,
  crossEntropyOp,
  crossEntropyGradientOp,
  rnnOp,
  rnnGradientOp,
  lstmOp,
  lstmGradientOp,
  gruOp,
  gruGradientOp,
  keepOp,
  afterOp,
] as unknown as readonly Op<Attributes>[];

export const registry: ReadonlyMap<string, Op<Attributes>> = new Map(definitions.map((op) => [op.name, op]));

/** The definition of a node's operation. Leaves have none. */
export function definitionOf(name: string): Op<Attributes> {
  const op = registry.get(name);
  if (!op) throw new Error(`operation "${name}" is not in the registry`);
  return op;
}
