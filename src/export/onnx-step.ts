/**
 * A model with a state of fixed size as an ONNX file of one step: one token and the state go in, the logits
 * of the next token and the next state come out. Recurrent and convolutional models are such.
 *
 * Beside `model.onnx` stand the usual files of a folder, and `onnx.json`, which names every input and output
 * with its shape: a program starts with zeros, feeds tokens one by one, and hands each state on.
 */
import { join } from "node:path";
import { float32, type HostArray } from "../core/array.ts";
import { input } from "../graph/leaves.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { Spec } from "../graph/tree.ts";
import { writeFileAtomic } from "../hub/atomic.ts";
import { evaluation } from "../nn/mode.ts";
import { lower } from "../onnx/lower.ts";
import { encodeModel, type OnnxModel } from "../onnx/proto.ts";
import { writeDescription } from "./huggingface.ts";
import { renameValues } from "./onnx-names.ts";
import type { ExportSource } from "./source.ts";

/** Whether a model carries a state whose size does not depend on the text's length. */
export function hasFixedState({ model }: ExportSource): boolean {
  const specs = Object.values(model.state(1));
  return specs.length > 0 && specs.every(({ shape }) => shape.every((d) => typeof d === "number"));
}

/** Writes `model.onnx`, `onnx.json`, and what describes the model. */
export async function writeOnnxStep(source: ExportSource, folder: string): Promise<void> {
  const specs = source.model.state(1);
  const weights = new Map<string, HostArray>();
  for (const { name, shape } of source.model.parameters)
    weights.set(name, float32(shape, await source.read(name)));
  const graph = stepGraph(source, specs, weights);
  await writeDescription(source, folder);
  await writeFileAtomic(join(folder, "onnx.json"), `${JSON.stringify(describe(source, specs), null, 2)}\n`);
  await writeFileAtomic(join(folder, "model.onnx"), encodeModel(graph));
}

const stateInput = (name: string): string => `state_${name}`;
const stateOutput = (name: string): string => `next_${name}`;

function stepGraph(
  { model }: ExportSource,
  specs: Readonly<Record<string, Spec>>,
  weights: ReadonlyMap<string, HostArray>,
): OnnxModel {
  const leaves = <K extends string>(of: Iterable<readonly [K, Spec]>, name: (key: K) => string) =>
    Object.fromEntries([...of].map(([key, { dtype, shape }]) => [key, input(name(key), dtype, shape)]));
  const parameters = leaves(weights, (name) => name);
  const state = leaves(Object.entries(specs), stateInput);
  const ids = input("ids", "int32", [1, 1]);
  const out = model.forward(parameters, { ids, state }, evaluation, { logits: "last" });
  const results: readonly (readonly [string, Tensor])[] = [
    ["logits", out.logits],
    ...Object.keys(specs).map((name) => [stateOutput(name), out.state[name]!] as const),
  ];
  const lowered = lower(
    results.map(([, tensor]) => tensor),
    (leaf) => String(leaf.node.attributes.name),
  );
  const names = new Map(lowered.outputs.map(({ name }, i) => [name, results[i]![0]]));
  return renameValues(
    {
      ...lowered,
      inputs: lowered.inputs.filter(({ name }) => !weights.has(name)),
      constants: new Map([
        ...lowered.constants,
        ...lowered.inputs.flatMap(({ name }) => {
          const array = weights.get(name);
          return array ? [[name, array] as const] : [];
        }),
      ]),
    },
    names,
  );
}

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
