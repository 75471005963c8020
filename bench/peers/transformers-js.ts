/** transformers.js: GPT-2 writing after a prompt, and BERT reading a text. One JSON line in, one out. */
import { basename, dirname } from "node:path";
import { createInterface } from "node:readline";
import { peers } from "../../test/peers.ts";

type Ask =
  | {
      readonly op: "setup";
      readonly task: "write" | "fill";
      readonly folder: string;
      readonly threads: number;
    }
  | { readonly op: "write"; readonly prompt: readonly number[]; readonly tokens: number }
  | { readonly op: "read"; readonly ids: readonly number[] };

/** The part of transformers.js that is used here. */
interface TransformersModule {
  readonly env: { allowRemoteModels: boolean; localModelPath: string };
  readonly AutoModelForCausalLM: Loader<Writer>;
  readonly AutoModelForMaskedLM: Loader<Reader>;
  readonly Tensor: new (type: "int64", data: BigInt64Array, dims: readonly number[]) => unknown;
  readonly BaseStreamer: new () => object;
}
interface Loader<T> {
  from_pretrained(name: string, options: object): Promise<T>;
}
interface Writer {
  generate(options: object): Promise<unknown>;
}
interface Reader {
  (inputs: object): Promise<unknown>;
  readonly sessions: { readonly model: { readonly inputNames: readonly string[] } };
}

const { env, AutoModelForCausalLM, AutoModelForMaskedLM, Tensor, BaseStreamer } = (await import(
  peers.transformers!
)) as TransformersModule;
env.allowRemoteModels = false;
let writer: Writer | undefined;
let reader: Reader | undefined;

const row = (ids: readonly number[], value: (id: number) => bigint = BigInt) =>
  new Tensor("int64", BigInt64Array.from(ids, value), [1, ids.length]);
const inputs = (ids: readonly number[]) => ({ input_ids: row(ids), attention_mask: row(ids, () => 1n) });

/** Notes when each token comes; the prompt comes first. */
class Times extends BaseStreamer {
  readonly at: number[] = [];
  put(): void {
    this.at.push(performance.now());
  }
  end(): void {}
}

/** Seconds to the first token, and tokens a second after it. */
async function write(model: Writer, prompt: readonly number[], tokens: number) {
  const streamer = new Times();
  const count = tokens + 1;
  const begun = performance.now();
  await model.generate({
    ...inputs(prompt),
    max_new_tokens: count,
    min_new_tokens: count,
    do_sample: false,
    streamer,
  });
  const [, first, ...rest] = streamer.at;
  return { first: (first! - begun) / 1000, rate: rest.length / ((rest.at(-1)! - first!) / 1000) };
}

async function read(model: Reader, ids: readonly number[]) {
  const kinds = model.sessions.model.inputNames.includes("token_type_ids");
  const given = { ...inputs(ids), ...(kinds ? { token_type_ids: row(ids, () => 0n) } : {}) };
  const begun = performance.now();
  await model(given);
  return { seconds: (performance.now() - begun) / 1000 };
}

async function answerTo(ask: Ask): Promise<object> {
  if (ask.op === "write") return write(writer!, ask.prompt, ask.tokens);
  if (ask.op === "read") return read(reader!, ask.ids);
  env.localModelPath = dirname(ask.folder);
  const options = {
    dtype: "fp32",
    device: "cpu",
    session_options: { intraOpNumThreads: ask.threads },
  };
  const name = basename(ask.folder);
  if (ask.task === "write") writer = await AutoModelForCausalLM.from_pretrained(name, options);
  else reader = await AutoModelForMaskedLM.from_pretrained(name, options);
  return {};
}

for await (const line of createInterface({ input: process.stdin })) {
  const answer = await answerTo(JSON.parse(line) as Ask);
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
