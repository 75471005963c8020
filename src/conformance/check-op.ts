/** The suite that every operation passes on every backend, Punchline's and those of others alike. */
import { gradients } from "../autodiff/grad.ts";
import { type HostArray, hostArray, sizeOf } from "../core/array.ts";
import { PunchlineError, ShapeError } from "../core/errors.ts";
import { checkOptions, invalidOption, optionNames } from "../core/options.ts";
import { Random } from "../core/random.ts";
import { staticShape } from "../core/shape.ts";
import { input } from "../graph/leaves.ts";
import type { Tensor } from "../graph/tensor.ts";
import { leavesOf, type Spec, type Tree, unflatten } from "../graph/tree.ts";
import { lower } from "../onnx/lower.ts";
import { sum } from "../ops/broadcast.ts";
import type { AnyOp, ReferenceArray, SampleInput } from "../ops/define.ts";
import { addN, multiply } from "../ops/elementwise.ts";
import { interpret, toReference } from "../ops/interpret.ts";
import type { Backend } from "../runtime/backend.ts";
import { compile } from "../runtime/compile.ts";
import { difference } from "./compare.ts";

/** How far float32 results may be from the float64 reference, relative to their size where it is above 1. */
const FLOAT32_TOLERANCE = 2e-5;
/** The same for a gradient and finite differences, both in float64. */
const GRADIENT_TOLERANCE = 1e-7;
const STEP = 1e-5;

export interface CheckOptions {
  /** Where the operation runs. Default: nowhere; its lowering is tried, but not its numbers. */
  readonly backend?: Backend | undefined;
}

const checkOpNames = optionNames<keyof CheckOptions>()("backend");

/**
 * Holds an operation to its own definition, on each of its samples:
 *
 * 1. the gradient agrees with finite differences of the reference, and results computed again with the reference, all
 *    in float64, to 1e-7;
 * 2. on a backend, results and gradients have the inferred shapes and agree with the reference to 2e-5;
 * 3. with sizes of the inputs known only by name, the operation works just so, or refuses with a `ShapeError`
 *    when the graph is built, never later.
 *
 * @throws PunchlineError `conformance`, with all that is wrong; `details` has `op` and the list of `failures`
 */
export async function checkOp(op: AnyOp, options: CheckOptions = {}): Promise<void> {
  checkOptions(options, checkOpNames);
  if (!Array.isArray(op?.samples)) throw invalidOption("op", op, "an operation, such as `defineOp` returns");
  const failures: string[] = [];
  if (op.samples.length === 0) failures.push("it has no samples");
  if (typeof op.vjp !== "function" && op.vjp.none === "")
    failures.push("it does not say why it has no gradient");
  for (const sample of op.samples) {
    const found = await failuresOf(op, sample, options.backend).catch((error: unknown) => [messageOf(error)]);
    for (const failure of found) failures.push(`sample "${sample.title}": ${failure}`);
  }
  if (failures.length === 0) return;
  throw new PunchlineError(
    "conformance",
    `${op.name} is not as it is defined:\n${failures.map((failure) => `- ${failure}`).join("\n")}`,
    { details: { op: op.name, failures } },
  );
}

/** What a sample computes: its results, or their gradient. */
interface Pass {
  readonly names: readonly string[];
  readonly expected: readonly ReferenceArray[];
  /** @param weights of the elements of each result, with which they add up to what is differentiated */
  of(inputs: readonly Tensor[], weights: readonly Tensor[]): readonly Tensor[];
}

async function failuresOf(op: AnyOp, sample: AnyOp["samples"][number], backend?: Backend): Promise<string[]> {
  const leaves = leavesOf<SampleInput>(sample.inputs as Tree<SampleInput>);
  const arrays = leaves.map(({ leaf }, i) => draw(leaf, new Random(1, `${op.name}/${sample.title}/${i}`)));
  const apply = (inputs: readonly Tensor[]) => {
    const named = unflatten<unknown>(sample.inputs, inputs) as Readonly<Record<string, Tensor>>;
    return leavesOf<Tensor>(op.apply(named, sample.attributes) as Tree<Tensor>);
  };
  const outputsOf = (inputs: readonly Tensor[]) => apply(inputs).map(({ leaf }) => leaf);
  const resultsOf = (inputs: readonly Tensor[]) => {
    const outputs = outputsOf(inputs);
    return outputs.slice(0, outputs[0] && op.resultCount(outputs[0].node));
  };

  const inputs = inputsOf("x", arrays);
  const weights = inputsOf("w", typeof op.vjp === "function" ? resultsOf(inputs) : []);
  const weightArrays = weights.map(({ shape }, i) =>
    draw({ dtype: "float32", shape: staticShape(op.name, shape), values: (u) => u - 0.5 }, new Random(2, i)),
  );
  const feeds = new Map(
    [...inputs, ...weights].map((tensor, i) => [tensor, toReference([...arrays, ...weightArrays][i]!)]),
  );
  const passes: Pass[] = [
    {
      names: apply(inputs).map(({ path }) => path),
      expected: interpret(outputsOf(inputs), feeds),
      of: outputsOf,
    },
  ];
  const failures: string[] = [];
  const [first] = outputsOf(inputs);
  for (const [i, again] of interpret(first ? op.again(first.node) : [], feeds).entries()) {
    const wrong = difference(passes[0]!.names[i]!, again, passes[0]!.expected[i]!, GRADIENT_TOLERANCE);
    if (wrong) failures.push(`computed again, it is not the same: ${wrong}`);
  }

  if (typeof op.vjp === "function") {
    const scalarOf = (inputs: readonly Tensor[], weights: readonly Tensor[]) =>
      addN(resultsOf(inputs).map((result, i) => sum(multiply(result, weights[i]!))));
    const differentiable = (inputs: readonly Tensor[]) => inputs.filter(({ dtype }) => dtype === "float32");
    const backward: Pass["of"] = (inputs, weights) =>
      gradients(scalarOf(inputs, weights), differentiable(inputs));
    const names = leaves.flatMap(({ leaf, path }) => (leaf.dtype === "float32" ? [`d${path}`] : []));
    const expected = interpret(backward(inputs, weights), feeds);
    passes.push({ names, expected, of: backward });
    for (const [i, tensor] of differentiable(inputs).entries()) {
      const numeric = finiteDifferences(scalarOf(inputs, weights), tensor, feeds);
      const wrong = difference(names[i]!, expected[i]!, numeric, GRADIENT_TOLERANCE);
      if (wrong) failures.push(`finite differences disagree with the gradient: ${wrong}`);
    }
  }

  /** What is wrong with a pass over inputs of these shapes. */
  const attempt = async ({ names, expected, of }: Pass, specs: readonly Spec[]): Promise<string[]> => {
    let traced: { inputs: readonly Tensor[]; weights: readonly Tensor[]; outputs: readonly Tensor[] };
    try {
      const inputs = inputsOf("x", specs);
      const weights = inputsOf("w", weightArrays.length > 0 ? resultsOf(inputs) : []);
      traced = { inputs, weights, outputs: of(inputs, weights) };
    } catch (error) {
      return error instanceof ShapeError && specs !== arrays
        ? []
        : [`it cannot be built: ${messageOf(error)}`];
    }
    try {
      if (!backend) {
        lower(traced.outputs, ({ node }) => String(node.attributes.name), traced.inputs);
        return [];
      }
      const options = { backend, specs: [traced.inputs, traced.weights].map((list) => list.map(specOf)) };
      const compiled = compile((x: readonly Tensor[], w: readonly Tensor[]) => of(x, w), options);
      const actual = await compiled(arrays, weightArrays);
      await compiled.release();
      return actual.flatMap((array, i) => {
        const dtype = traced.outputs[i]!.dtype;
        if (array.dtype !== dtype) return `${names[i]} is ${array.dtype}, not ${dtype} as inferred`;
        return difference(names[i]!, array, expected[i]!, FLOAT32_TOLERANCE) ?? [];
      });
    } catch (error) {
      return [`it is built, but does not run: ${messageOf(error)}`];
    }
  };

  if (backend?.device === "webgpu" && sample.notOnWebgpu !== undefined) {
    const wrong = await attempt(passes[0]!, arrays);
    return wrong.length > 0
      ? failures
      : [...failures, `it runs on WebGPU, although "${sample.notOnWebgpu}"; remove notOnWebgpu`];
  }
  for (const pass of passes) {
    failures.push(...(await attempt(pass, arrays)));
    for (const [title, specs] of namings(
      leaves.map(({ path }) => path),
      arrays,
    ))
      failures.push(...(await attempt(pass, specs)).map((wrong) => `with ${title} only a name: ${wrong}`));
  }
  return failures;
}

/** The inputs with names for sizes: of each axis alone, and of all axes at once. */
function namings(names: readonly string[], specs: readonly Spec[]): (readonly [string, readonly Spec[]])[] {
  const each = specs.flatMap(({ shape }, i) =>
    shape.map((_, axis) => {
      const named = shape.map((d, at) => (at === axis ? "n" : d));
      const title = `axis ${axis} of ${names[i]}`;
      return [title, specs.map((spec, k) => (k === i ? { ...specOf(spec), shape: named } : spec))] as const;
    }),
  );
  const all = specs.map((spec) => ({ ...specOf(spec), shape: spec.shape.map((d) => `n${d}`) }));
  return [...each, ["every size", all]];
}

const inputsOf = (prefix: string, specs: readonly Spec[]): Tensor[] =>
  specs.map(({ dtype, shape }, i) => input(`${prefix}${i}`, dtype, shape));

const specOf = ({ dtype, shape }: Spec): Spec => ({ dtype, shape });

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function finiteDifferences(
  scalar: Tensor,
  input: Tensor,
  feeds: ReadonlyMap<Tensor, ReferenceArray>,
): ReferenceArray {
  const base = feeds.get(input)!;
  const data = base.data.map((_, i) => {
    const at = (shift: number) => {
      const moved = base.data.slice();
      moved[i]! += shift;
      const [value] = interpret([scalar], new Map(feeds).set(input, { shape: base.shape, data: moved }));
      return value!.data[0]!;
    };
    return (at(STEP) - at(-STEP)) / (2 * STEP);
  });
  return { shape: base.shape, data };
}

function draw({ shape, dtype, values }: SampleInput, random: Random): HostArray {
  const numbers = Array.from({ length: sizeOf(shape) }, (_, i) =>
    typeof values === "function" ? values(random.uniform(i)) : (values[i] ?? 0),
  );
  const array = hostArray(dtype, shape);
  (array.data as Float32Array).set((dtype === "int64" ? numbers.map(BigInt) : numbers) as number[]);
  return array;
}
