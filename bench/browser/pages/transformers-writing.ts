/** transformers.js writing in a browser, on WebAssembly, with what `punchline export` made of the same model. */
import {
  AutoModelForCausalLM,
  BaseStreamer,
  env,
  Tensor,
} from "@huggingface/transformers/dist/transformers.web.js";
import wasm from "onnxruntime-web/dist/ort-wasm-simd-threaded.wasm?url";
import type { WritingAsk, WritingSpeed } from "../writing.ts";

let model: { generate(options: object): Promise<{ tolist(): readonly (readonly bigint[])[] }> };

const row = (ids: readonly number[], value: (id: number) => bigint = BigInt) =>
  new Tensor("int64", BigInt64Array.from(ids, value), [1, ids.length]);

/** Notes when each token comes; the prompt comes first. */
class Times extends BaseStreamer {
  readonly at: number[] = [];
  put(): void {
    this.at.push(performance.now());
  }
  end(): void {}
}

async function write(prompt: readonly number[], tokens: number): Promise<WritingSpeed> {
  const streamer = new Times();
  const begun = performance.now();
  const written = await model.generate({
    input_ids: row(prompt),
    attention_mask: row(prompt, () => 1n),
    max_new_tokens: tokens + 1,
    min_new_tokens: tokens + 1,
    do_sample: false,
    streamer,
  });
  const [, first, ...rest] = streamer.at;
  const ids = written.tolist()[0]!.map(Number).slice(prompt.length);
  return { first: first! - begun, rate: rest.length / ((rest.at(-1)! - first!) / 1000), ids };
}

export async function side(ask: WritingAsk): Promise<object> {
  if (ask.op === "write") return write(ask.prompt, ask.tokens);
  env.allowRemoteModels = false;
  env.allowLocalModels = true;
  env.useBrowserCache = false;
  env.localModelPath = new URL("/", location.origin).href;
  env.backends.onnx.wasm.wasmPaths = { wasm: new URL(wasm, location.href).href };
  env.backends.onnx.wasm.numThreads = ask.threads;
  model = await AutoModelForCausalLM.from_pretrained("export", { dtype: "fp32", device: "wasm" });
  return {};
}
