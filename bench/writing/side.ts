/** Punchline's side of the writing benchmark, in a process of its own. */
import { createInterface } from "node:readline";
import { float32, type HostArray } from "../../src/core/array.ts";
import { createDecoder } from "../../src/generate/decoders/create.ts";
import type { LanguageModel } from "../../src/generate/language-model.ts";
import { sampleWith } from "../../src/generate/sample.ts";
import { constant } from "../../src/graph/leaves.ts";
import type { Tensor } from "../../src/graph/tensor.ts";
import type { ModelConfig } from "../../src/models/model.ts";
import { architectureOf } from "../../src/models/registry.ts";
import { gemm } from "../../src/ops/matmul.ts";
import { slice } from "../../src/ops/movement.ts";
import { Arena } from "../../src/runtime/arena.ts";
import { compile } from "../../src/runtime/compile.ts";
import { nodeBackend } from "../../src/runtime/node.ts";
import { printableTokenizer } from "../../src/text/characters.ts";
import { initialise } from "../../src/train/setup.ts";

/** Characters of a text; so few that a run of 64 texts ends soon. */
const LENGTH = 50;

function setUp(config: ModelConfig, texts: number) {
  const model = architectureOf(config.model_type).build(config);
  const backend = nodeBackend({ threads: 2 });
  const arena = Arena.create(model.parameters, { moments: 0 });
  initialise(model, arena, 0);
  const weights = arena.parameters;
  const tokenizer = printableTokenizer();
  const lm: LanguageModel = { model, backend, weights, tokenizer, stopAtEos: false, name: config.model_type };
  const decoder = createDecoder(lm, { batch: texts });
  const products = productsOf(weights, texts);
  let seed = 0;
  return {
    async write() {
      const samples = await sampleWith(lm, decoder, { n: texts, maxLength: LENGTH, seed: seed++ });
      return samples.reduce((sum, { tokens }) => sum + tokens, 0);
    },
    async products() {
      for (let t = 0; t < LENGTH; t++) await products();
      return LENGTH * texts;
    },
  };

  /** The products of one character with the recurrent weights and with the head's, which are constants. */
  function productsOf(weights: Readonly<Record<string, HostArray>>, rows: number) {
    const [recurrent, head] = [weights["rnn.weight_hh_l0"]!, weights["head.weight"]!];
    const hidden = head.shape[1]!;
    const state = float32([rows, hidden], new Float32Array(rows * hidden).fill(0.1));
    const run = compile(
      ({ h }: { h: Tensor }) => {
        const gates = gemm(h, constant(recurrent), undefined, { transposeB: true });
        return gemm(slice(gates, 1, 0, hidden), constant(head), undefined, { transposeB: true });
      },
      { backend, specs: [{ h: { dtype: "float32", shape: [rows, hidden] } }] },
    );
    return () => run({ h: state });
  }
}

/** Characters a second. */
async function rate(work: () => Promise<number>, seconds: number): Promise<number> {
  const begun = performance.now();
  let n = 0;
  do n += await work();
  while (performance.now() - begun < seconds * 1000);
  return (n * 1000) / (performance.now() - begun);
}

let current: ReturnType<typeof setUp> | undefined;
for await (const line of createInterface({ input: process.stdin })) {
  const ask = JSON.parse(line);
  let answer = {};
  if (ask.op === "setup") current = setUp(ask.config, ask.texts);
  else answer = { rate: await rate(ask.op === "write" ? current!.write : current!.products, ask.seconds) };
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
