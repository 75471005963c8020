/** A model as @huggingface/transformers runs it on its ONNX graph. */
import { joined } from "../../core/array.ts";
import { UsageError } from "../../core/errors.ts";
import type { Model } from "../../models/model.ts";
import type { Cloze } from "../cloze.ts";
import type { Engine, Question } from "../engine.ts";
import { kindOf } from "../facts.ts";
import { maskQuestion, nextTokenQuestion, noCloze } from "../punchline-engine.ts";
import type { PretrainedModel, PretrainedTokenizer, TensorLike, TransformersJs } from "./module.ts";

interface Loaded {
  readonly name: string;
  /** The model that the configuration describes, for its sizes and kind. */
  readonly model: Model;
  readonly run: PretrainedModel;
  readonly tokenizer: PretrainedTokenizer;
  readonly Tensor: TransformersJs["Tensor"];
}

export function transformersJsEngine(loaded: Loaded, cloze: Cloze): Engine {
  const { model, run, tokenizer, Tensor, name } = loaded;
  const masked = kindOf(model) === "masked";
  const mask = masked ? tokenizer.mask_token_id : undefined;
  if (masked && mask === undefined)
    throw new UsageError(`${name} predicts hidden tokens, but its vocabulary has no [MASK].`);
  const encode = (text: string) => Int32Array.from(tokenizer.encode(text, { add_special_tokens: false }));

  const question = (after?: Int32Array): Question => {
    if (!masked) {
      const begun = tokenizer.encode(cloze.left, { add_special_tokens: tokenizer.add_bos_token === true });
      return nextTokenQuestion(loaded, Int32Array.from(begun), after);
    }
    if (cloze.right === undefined && after === undefined) throw noCloze(name);
    // The special tokens around an empty text are those around every text.
    const [first, last] = tokenizer.encode("");
    const around = (words: Int32Array) => {
      const ends = [first, last].map((id) => (id === undefined ? [] : [id]));
      const ids = joined(ends[0]!, words, ends[1]!);
      return { ids, types: new Int32Array(ids.length) };
    };
    const words = joined(encode(cloze.left), [mask!], after ?? encode(cloze.right!));
    return maskQuestion(loaded, words, mask!, around);
  };

  const whole = (values: ArrayLike<number>, rows: number): TensorLike =>
    new Tensor("int64", BigInt64Array.from(Array.from(values), BigInt), [rows, values.length / rows]);
  /** Keys and values of what was read last, and its length. */
  let past: Record<string, TensorLike> = {};
  let pastLength = 0;

  async function runGraph(ids: ArrayLike<number>, types: ArrayLike<number>, rows: number, cached = false) {
    const total = cached ? pastLength + ids.length / rows : ids.length / rows;
    const outputs = await run({
      input_ids: whole(ids, rows),
      attention_mask: whole(new Array<number>(rows * total).fill(1), rows),
      ...(masked ? { token_type_ids: whole(types, rows) } : {}),
      ...(cached ? { past_key_values: past } : {}),
    });
    pastLength = total;
    past = Object.fromEntries(
      Object.entries(outputs)
        .filter(([key]) => key.startsWith("present."))
        .map(([key, value]) => [key.replace("present", "past_key_values"), value]),
    );
    return outputs.logits!;
  }
  /** The logits of token `at` of the first text. */
  const rowOf = ({ data, dims }: TensorLike, at: number) => {
    const width = dims[2]!;
    return (data as Float32Array).subarray(at * width, (at + 1) * width);
  };
  const read = async ({ ids, types, at }: Question) => rowOf(await runGraph(ids, types, 1), at);

  return {
    model,
    vocabulary: model.config.vocab_size,
    mask,
    encode,
    token: (id) => tokenizer.decode([id]),
    question,
    forward: read,
    read,
    next: masked ? undefined : async (id) => rowOf(await runGraph([id], [0], 1, true), 0),
    readMany: ({ ids, types }, n) => {
      const copies = (of: Int32Array) => Array.from({ length: n * of.length }, (_, i) => of[i % of.length]!);
      return runGraph(copies(ids), copies(types), n);
    },
    async release() {
      await run.dispose();
    },
  };
}
