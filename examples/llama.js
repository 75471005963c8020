/**
 * An architecture of your own, trained, saved, opened, sampled and exported: `node examples/llama.js`.
 *
 * It is a small Llama (Touvron et al. 2023, arXiv 2302.13971): RMSNorm, rotary positions, SwiGLU, and grouped queries
 * (Ainslie et al. 2023, arXiv 2305.13245), with Hugging Face's names of parameters and settings. Punchline has one of
 * its own; this is how such an architecture is written.
 */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exportModel, openLocal, prepareData, train } from "punchline";
import {
  DecodingState,
  decodingSpecs,
  defineArchitecture,
  gather,
  integer,
  lastRows,
  multiply,
  nn,
  readSize,
  sigmoid,
} from "punchline/engine";

/** @import { Tensor } from "punchline/engine" */

const llama = defineArchitecture({
  type: "llama",
  summary: "RMSNorm, rotary positions, SwiGLU and grouped queries",
  tokens: "character",
  options: {
    layers: integer(2, "decoder blocks"),
    width: integer(64, "numbers that represent one token"),
    heads: integer(4, "heads of the queries; they divide the width"),
    kvHeads: integer(2, "heads of the keys and values; they divide the heads"),
    context: integer(64, "tokens that it sees at once"),
  },
  configure: ({ layers, width, heads, kvHeads, context }, vocabularySize) => ({
    vocab_size: vocabularySize,
    hidden_size: width,
    intermediate_size: 3 * width,
    num_hidden_layers: layers,
    num_attention_heads: heads,
    num_key_value_heads: kvHeads,
    max_position_embeddings: context,
  }),
  build(config) {
    const vocabulary = readSize(config, "vocab_size");
    const width = readSize(config, "hidden_size");
    const inner = readSize(config, "intermediate_size");
    const layers = readSize(config, "num_hidden_layers");
    const heads = readSize(config, "num_attention_heads");
    const kvHeads = readSize(config, "num_key_value_heads");
    const context = readSize(config, "max_position_embeddings");
    const headSize = width / heads;

    /** @param {string} name @param {number} from @param {number} to */
    const map = (name, from, to) => nn.linear(name, from, to, { bias: false, std: 0.02 });

    /** @param {string} name */
    const block = (name) =>
      nn.preNormBlock({
        attentionNorm: nn.rmsNorm(`${name}.input_layernorm`, width),
        attention: nn.selfAttention({
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
        feedForwardNorm: nn.rmsNorm(`${name}.post_attention_layernorm`, width),
        feedForward: swiglu(`${name}.mlp`),
      });

    /** SwiGLU (Shazeer 2020, arXiv 2002.05202): down(silu(gate(x)) · up(x)). @param {string} name */
    function swiglu(name) {
      const [gate, up] = [map(`${name}.gate_proj`, width, inner), map(`${name}.up_proj`, width, inner)];
      const down = map(`${name}.down_proj`, inner, width);
      return nn.layer(nn.parametersOf(gate, up, down), (p, /** @type {Tensor} */ x) => {
        const gated = gate(p, x);
        return down(p, multiply(multiply(gated, sigmoid(gated)), up(p, x)));
      });
    }

    const tokens = nn.embedding("model.embed_tokens", vocabulary, width, { std: 0.02 });
    const blocks = Array.from({ length: layers }, (_, k) => block(`model.layers.${k}`));
    const stack = nn.blockStack(blocks);
    const norm = nn.rmsNorm("model.norm", width);
    const head = nn.linear("lm_head", width, vocabulary, { bias: false, std: 0.02, head: true });
    return {
      parameters: nn.parametersOf(tokens, stack, norm, head),
      contextLength: context,
      predicts: "each",
      state: (batch) => decodingSpecs(batch, { layers, heads, kvHeads, width }),
      forward(p, input, mode, { logits, at } = {}) {
        const { ids, attentionMask: mask } = input;
        const past = DecodingState.of(input);
        const positions = input.positions ?? past?.positions;
        const { hidden, added } = stack(
          p,
          nn.flattenRows(tokens(p, ids)),
          (k) => ({ ids, positions, mask, past: past?.layer(k) }),
          mode,
        );
        const last = /** @type {Tensor} */ (hidden.at(-1));
        const rows = logits === "last" ? lastRows(last, input) : at ? gather(last, at) : last;
        return { logits: head(p, norm(p, rows)), state: past?.next(added) ?? {}, hidden };
      },
    };
  },
});

const home = mkdtempSync(join(tmpdir(), "llama-"));
const data = await prepareData("one-liners");
const { lm, summary } = await train({
  model: llama,
  data,
  options: { maxMinutes: 2 },
  onEvent(event) {
    if (event.type === "start") console.log(`trains for 2 minutes, about ${event.steps} steps`);
    if (event.type === "validation")
      console.log(`step ${event.step}: validation loss ${event.loss.toFixed(3)}`);
  },
});
console.log(`${summary.parameters} parameters after ${summary.steps} steps`);

await lm.save(join(home, "model"));
const model = await openLocal(join(home, "model"), { architectures: [llama] });
for (const { text } of await model.sample({ n: 3, temperature: 0.8, seed: 1 })) console.log(`- ${text}`);
await model.release();

const { files } = await exportModel(join(home, "model"), {
  format: "hf",
  out: join(home, "exported"),
  architectures: [llama],
});
console.log(`exported ${files.join(", ")}`);
