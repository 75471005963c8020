/**
 * A model with a state of fixed size as an ONNX file of one step: one token and the state go in, the logits
 * of the next token and the next state come out. Recurrent and convolutional models are such.
 *
 * Beside `model.onnx` stand the usual files of a folder, and `onnx.json`, which names every input and output
 * with its shape: a program starts with zeros, feeds tokens one by one, and hands each state on.
 */
import { join } from "node:path";
import type { Spec } from "../graph/tree.ts";
import { writeFileAtomic } from "../hub/atomic.ts";
import { evaluation } from "../nn/mode.ts";
import { encodeModel } from "../onnx/proto.ts";
import { writeDescription } from "./huggingface.ts";
import { readWeights, traceGraph } from "./onnx-graph.ts";
import type { ExportSource } from "./source.ts";

/** Whether a model carries a state whose size does not depend on the text's length. */
export function hasFixedState({ model }: ExportSource): boolean {
  const specs = Object.values(model.state(1));
  return specs.length > 0 && specs.every(({ shape }) => shape.every((d) => typeof d === "number"));
}

/** Writes `model.onnx`, `onnx.json`, and what describes the model. */
export async function writeOnnxStep(source: ExportSource, folder: string): Promise<void> {
  const { model } = source;
  const specs = model.state(1);
  const graph = traceGraph(
    await readWeights(source),
    { ids: { dtype: "int32", shape: [1, 1] }, ...renamed(specs, stateInput) },
    (parameters, { ids, ...given }) => {
      const state = Object.fromEntries(Object.keys(specs).map((name) => [name, given[stateInput(name)]!]));
      const out = model.forward(parameters, { ids: ids!, state }, evaluation, { logits: "last" });
      return { logits: out.logits, ...renamed(out.state, stateOutput) };
    },
  );
  await writeDescription(source, folder);
  await writeFileAtomic(join(folder, "onnx.json"), `${JSON.stringify(describe(source, specs), null, 2)}\n`);
  await writeFileAtomic(join(folder, "model.onnx"), encodeModel(graph));
}

const stateInput = (name: string): string => `state_${name}`;
const stateOutput = (name: string): string => `next_${name}`;

const renamed = <T>(record: Readonly<Record<string, T>>, name: (key: string) => string): Record<string, T> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [name(key), value]));

function describe({ model, tokenizer }: ExportSource, specs: Readonly<Record<string, Spec>>): object {
  return {
    ids: { input: "ids", dtype: "int32", shape: [1, 1] },
    logits: { output: "logits", dtype: "float32", shape: [1, model.config.vocab_size] },
    state: Object.entries(specs).map(([name, { dtype, shape }]) => ({
      input: stateInput(name),
      output: stateOutput(name),
      dtype,
      shape,
    })),
    // Texts begin behind the end of another one.
    begin: tokenizer.endOfText,
  };
}
