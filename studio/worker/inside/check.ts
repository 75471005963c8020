/** Gradients by finite differences of the loss, in float64 by the operations' references: nothing of the backward pass. */
import { type HostArray, interpret, type Tensor, topologicalOrder } from "punchline/engine";
import type { StepGraph } from "./graph.ts";
import type { InsideCheck } from "./types.ts";

/** Small enough for the curve of the loss, large enough for the 16 digits of a float64. */
const STEP = 1e-4;

/** The slopes of the loss along each number of a value, the rest of the graph before it as it is. */
export function finiteDifferences(
  { loss }: StepGraph,
  tensor: Tensor,
  feeds: ReadonlyMap<Tensor, HostArray>,
): InsideCheck {
  const given = new Map(
    topologicalOrder([loss])
      .filter(({ op }) => op === "input")
      .map(({ outputs: [leaf] }) => [leaf!, exact(feeds.get(leaf!)!)]),
  );
  const { outputs } = tensor.node;
  const values = interpret(outputs, given);
  const base = values[tensor.index]!;
  const lossAt = (i: number, shift: number): number => {
    const data = base.data.slice();
    data[i]! += shift;
    const cut = outputs.map((out, k) => [out, k === tensor.index ? { ...base, data } : values[k]!] as const);
    const [value] = interpret([loss], new Map([...given, ...cut]));
    return value!.data[0]!;
  };
  const up = Array.from(base.data, (_, i) => lossAt(i, STEP));
  const down = Array.from(base.data, (_, i) => lossAt(i, -STEP));
  return { step: STEP, up, down, slopes: up.map((high, i) => (high - down[i]!) / (2 * STEP)) };
}

const exact = ({ shape, data }: HostArray) => ({
  shape,
  data: Float64Array.from(data as ArrayLike<number | bigint>, Number),
});
