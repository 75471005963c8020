/**
 * Next-token logits for a batch of growing texts, whatever the architecture: with carried state where
 * the model has one, from the whole window again where it has none.
 */
import { type HostArray, int32 } from "../core/array.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { Spec } from "../graph/tree.ts";
import type { State } from "../models/model.ts";
import { evaluation } from "../nn/mode.ts";
import type { Parameters } from "../nn/parameters.ts";
import { compile } from "../runtime/compile.ts";
import { cacheDecoder } from "./cache-decoder.ts";
import type { Decoder, DecoderOptions } from "./decoding.ts";
import type { LanguageModel } from "./language-model.ts";
import { zeroState } from "./state.ts";

export function createDecoder(lm: LanguageModel, options: DecoderOptions = {}): Decoder {
  const { batch = 1, overflow = "error" } = options;
  const specs = lm.model.state(batch);
  const sizes = Object.values(specs);
  if (sizes.length === 0) return windowDecoder(lm, batch, overflow);
  const grows = sizes.some(({ shape }) => shape.some((d) => typeof d === "string"));
  return grows ? cacheDecoder(lm, batch, overflow) : stateDecoder(lm, specs, batch);
}

/** State of fixed size: one token at a time through one graph, whatever the length of the text. */
function stateDecoder(lm: LanguageModel, specs: Readonly<Record<string, Spec>>, batch: number): Decoder {
  const { model, weights, backend } = lm;
  const step = compile(
    (parameters: Parameters, input: { ids: Tensor; state: State }) =>
      model.forward(parameters, input, evaluation, { logits: "last" }),
    { backend },
  );
  const fresh = () => zeroState(specs);
  let state = fresh();
  return {
    batch,
    async append(ids) {
      const length = ids.length / batch;
      let logits: Float32Array = new Float32Array();
      for (let t = 0; t < length; t++) {
        const column = Int32Array.from({ length: batch }, (_, row) => ids[row * length + t]!);
        const result = await step(weights, { ids: int32([batch, 1], column), state });
        state = result.state as Record<string, HostArray>;
        logits = result.logits.data as Float32Array;
      }
      return logits;
    },
    reset() {
      state = fresh();
    },
    release: () => step.release(),
  };
}

/** No state: the last window of each text is read again for every token, filled up at the left. */
function windowDecoder(lm: LanguageModel, batch: number, overflow: "error" | "slide"): Decoder {
  const { model, weights, backend, tokenizer } = lm;
  const window = model.contextLength;
  const step = compile(
    (parameters: Parameters, ids: Tensor) =>
      model.forward(parameters, { ids }, evaluation, { logits: "last" }).logits,
    { backend },
  );
  let rows: number[][] = Array.from({ length: batch }, () => []);
  void overflow; // A sliding window is what such a model is: it never overflows.
  return {
    batch,
    async append(tokens) {
      const length = tokens.length / batch;
      rows.forEach((row, r) => {
        for (let t = 0; t < length; t++) row.push(tokens[r * length + t]!);
      });
      rows = rows.map((row) => row.slice(-window));
      const ids = new Int32Array(batch * window).fill(tokenizer.endOfText);
      rows.forEach((row, r) => {
        ids.set(row, (r + 1) * window - row.length);
      });
      return (await step(weights, int32([batch, window], ids))).data as Float32Array;
    },
    reset() {
      rows = rows.map(() => []);
    },
    release: () => step.release(),
  };
}
