/** The checks of architectures, held to models with one mistake each; and a small Llama that passes them. */
import { describe, expect, it } from "vitest";
import { int32 } from "../core/array.ts";
import { constant } from "../graph/leaves.ts";
import type { Tensor } from "../graph/tensor.ts";
import { charLstm } from "../models/char-recurrent.ts";
import { readSize } from "../models/config.ts";
import { DecodingState, decodingSpecs, lastRows } from "../models/decoding-state.ts";
import { defineArchitecture, integer } from "../models/define.ts";
import { gpt2 } from "../models/gpt2.ts";
import type { Architecture, Model } from "../models/model.ts";
import { selfAttention } from "../nn/attention.ts";
import { embedding } from "../nn/embedding.ts";
import { flattenRows } from "../nn/flatten-rows.ts";
import { layer, parametersOf } from "../nn/layer.ts";
import { linear } from "../nn/linear.ts";
import { rmsNorm } from "../nn/norm.ts";
import { filled, vector } from "../nn/parameters.ts";
import { blockStack, preNormBlock } from "../nn/transformer.ts";
import { defineOp, real } from "../ops/define.ts";
import { add, multiply, sigmoid } from "../ops/elementwise.ts";
import { gather } from "../ops/indexing.ts";
import { checkArchitecture } from "./check-architecture.ts";

/** Llama (Touvron et al. 2023, arXiv 2302.13971) with grouped queries, in Hugging Face's names. */
const llama = defineArchitecture({
  type: "llama",
  summary: "decoder with root-mean-square norms, rotary positions, gated perceptrons and grouped queries",
  tokens: "bpe",
  options: {
    layers: integer(2, "decoder blocks"),
    width: integer(16, "numbers that represent one token"),
    heads: integer(4, "heads of queries"),
    kvHeads: integer(2, "heads of keys and values"),
    context: integer(24, "tokens that it sees at once"),
  },
  configure: ({ layers, width, heads, kvHeads, context }, vocabularySize) => ({
    vocab_size: vocabularySize,
    hidden_size: width,
    intermediate_size: 2 * width,
    num_hidden_layers: layers,
    num_attention_heads: heads,
    num_key_value_heads: kvHeads,
    max_position_embeddings: context,
  }),
  build(config) {
    const width = readSize(config, "hidden_size");
    const heads = readSize(config, "num_attention_heads");
    const kvHeads = readSize(config, "num_key_value_heads");
    const context = readSize(config, "max_position_embeddings");
    const layers = readSize(config, "num_hidden_layers");
    const headSize = width / heads;
    const map = (name: string, inputs: number, outputs: number) =>
      linear(name, inputs, outputs, { bias: false, std: 0.02 });
    const swiGlu = (name: string, inner: number) => {
      const [gate, up] = [map(`${name}.gate_proj`, width, inner), map(`${name}.up_proj`, width, inner)];
      const down = map(`${name}.down_proj`, inner, width);
      return layer(parametersOf(gate, up, down), (p, x: Tensor) => {
        const gated = gate(p, x);
        return down(p, multiply(multiply(gated, sigmoid(gated)), up(p, x)));
      });
    };
    const tokens = embedding("model.embed_tokens", config.vocab_size, width, { std: 0.02, output: true });
    const stack = blockStack(
      Array.from({ length: layers }, (_, k) => {
        const name = `model.layers.${k}`;
        return preNormBlock({
          attentionNorm: rmsNorm(`${name}.input_layernorm`, width),
          attention: selfAttention({
            projections: [
              map(`${name}.self_attn.q_proj`, width, width),
              map(`${name}.self_attn.k_proj`, width, kvHeads * headSize),
              map(`${name}.self_attn.v_proj`, width, kvHeads * headSize),
            ],
            output: map(`${name}.self_attn.o_proj`, width, width),
            heads,
            kvHeads,
            causal: true,
            rotary: { context },
          }),
          feedForwardNorm: rmsNorm(`${name}.post_attention_layernorm`, width),
          feedForward: swiGlu(`${name}.mlp`, readSize(config, "intermediate_size")),
        });
      }),
    );
    const norm = rmsNorm("model.norm", width);
    return {
      parameters: parametersOf(tokens, stack, norm),
      contextLength: context,
      predicts: "each",
      state: (batch) => decodingSpecs(batch, { layers, heads, kvHeads, width }),
      forward(p, input, mode, { logits, at } = {}) {
        const { ids } = input;
        const past = DecodingState.of(input);
        const positions = input.positions ?? past?.positions;
        const { hidden, added } = stack(
          p,
          flattenRows(tokens(p, ids)),
          (k) => ({ ids, positions, mask: input.attentionMask, past: past?.layer(k) }),
          mode,
        );
        const last = hidden.at(-1)!;
        const rows = logits === "last" ? lastRows(last, input) : at ? gather(last, at) : last;
        return { logits: tokens.scores(p, norm(p, rows)), state: past?.next(added) ?? {}, hidden };
      },
    };
  },
});

/** An architecture that builds changed models. */
const changed = (architecture: Architecture, change: (model: Model) => Partial<Model>): Architecture => ({
  ...architecture,
  build(config) {
    const model = architecture.build(config);
    return { ...model, ...change(model) };
  },
});

/** The identity, with three times its gradient. */
const wrongSlope = defineOp({
  name: "wrong_slope",
  inputs: ["x"],
  outputs: ["y"],
  infer: ({ x }) => ({ y: x }),
  vjp: ({ y: g }) => ({ x: multiply(g, 3) }),
  lower: (emit, { x }) => ({ y: emit.node("Identity", [x]) }),
  reference: ({ x }, _, { y }) => y.data.set(x.data),
  samples: [{ title: "matrix", inputs: { x: real(2, 3) } }],
});

const tiny = { layers: 1, width: 8, heads: 2, context: 8, dropout: 0 };
const lstmSizes = { width: 8, embedding: 4 };

describe("checkArchitecture", () => {
  it("passes a Llama from outside", () => checkArchitecture(llama));

  it("passes grouped queries that are no groups", () =>
    checkArchitecture(llama, { options: { kvHeads: 4 } }));

  const spare = vector("spare", [3], filled(0));
  it.each<[string, RegExp, Architecture]>([
    [
      "a parameter that is declared twice",
      /the parameter head\.bias more than once/,
      changed(charLstm, ({ parameters }) => ({ parameters: [...parameters, parameters.at(-1)!] })),
    ],
    [
      "a parameter that is not declared",
      /it cannot be computed: The model has no parameter "head\.bias"; add it to its list/,
      changed(charLstm, ({ parameters }) => ({ parameters: parameters.slice(0, -1) })),
    ],
    [
      "a parameter that is not used",
      /the parameter spare has no part in the training loss/,
      changed(charLstm, ({ parameters }) => ({ parameters: [...parameters, spare] })),
    ],
    [
      "a gradient that is not that of the loss",
      /the gradient of embedding\.weight gives a slope of/,
      changed(charLstm, ({ forward }) => ({
        forward(p, input, mode, options) {
          const output = forward(p, input, mode, options);
          return { ...output, logits: wrongSlope.apply({ x: output.logits }, {}).y };
        },
      })),
    ],
    [
      "logits of the last token that are others",
      /other logits than those after the last token/,
      changed(charLstm, ({ forward }) => ({
        forward(p, input, mode, options) {
          const output = forward(p, input, mode, options);
          return options?.logits === "last" ? { ...output, logits: add(output.logits, 1) } : output;
        },
      })),
    ],
    [
      "a state that does not go on",
      /reading token by token gives other logits/,
      changed(charLstm, ({ forward }) => ({
        forward: (p, input, mode, options) => ({
          ...forward(p, input, mode, options),
          state: input.state ?? {},
        }),
      })),
    ],
    [
      "a state that is not returned",
      /does not return the state h0, c0/,
      changed(charLstm, ({ forward }) => ({
        forward: (p, input, mode, options) => ({ ...forward(p, input, mode, options), state: {} }),
      })),
    ],
  ])("refuses %s", (_, message, architecture) => {
    expect(() => checkArchitecture(architecture, { options: lstmSizes })).toThrow(message);
  });

  it("refuses a model that sees the future", () => {
    // The predictions of each text of 6 tokens, in the opposite order.
    const order = Int32Array.from({ length: 12 }, (_, i) => (i < 6 ? 5 - i : 17 - i));
    const backwards = changed(gpt2, ({ forward }) => ({
      forward(p, input, mode, options) {
        const { logits, ...rest } = forward(p, input, mode, options);
        return {
          ...rest,
          logits: logits.shape[0] === 12 ? gather(logits, constant(int32([12], order))) : logits,
        };
      },
    }));
    expect(() => checkArchitecture(backwards, { options: tiny })).toThrow(
      /changes predictions of the tokens before it/,
    );
  });
});
