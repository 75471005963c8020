/**
 * The contract of an operation: shape rule, gradient, ONNX lowering, float64 reference and samples in
 * one definition. `checkOp` holds it to itself: the inferred shape to the real one, the lowered result
 * to the reference, the gradient to finite differences.
 *
 * @example
 * const squareOp = defineOp({
 *   name: "square",
 *   inputs: ["x"],
 *   outputs: ["y"],
 *   infer: ({ x }) => ({ y: x }),
 *   vjp: ({ y: g }, { x }) => ({ x: multiply(g, multiply(2, x)) }),
 *   lower: (emit, { x }) => ({ y: emit.node("Mul", [x, x]) }),
 *   reference: ({ x }, _, { y }) => y.data.set(x.data.map((v) => v * v)),
 *   samples: [{ title: "matrix", inputs: { x: real(2, 3) } }],
 * });
 * const square = (x: Tensor) => squareOp.apply({ x }).y;
 */

import { type DType, sizeOf } from "../core/array.ts";
import { PunchlineError } from "../core/errors.ts";
import { checkName, checkOptions, checkTexts, invalidOption, optionNames } from "../core/options.ts";
import { type Shape, staticShape } from "../core/shape.ts";
import { isLeaf } from "../graph/leaves.ts";
import { checkTensor } from "../graph/operands.ts";
import { stackHere } from "../graph/place.ts";
import {
  type Attributes,
  type Aval,
  type GraphNode,
  makeNode,
  type Operation,
  type Tensor,
} from "../graph/tensor.ts";
import type { Emitter, Operand, Value } from "./emitter.ts";
import {
  type ByName,
  fromList,
  type IsOne,
  type Named,
  type Slot,
  type SomeByName,
  slotOf,
  toList,
} from "./named.ts";

/** An array of the float64 reference; every dtype is held as numbers, booleans as 0 and 1. */
export interface ReferenceArray {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

export interface NoVjp {
  readonly none: string;
}

/** Declares that an operation has no gradient, and why. */
export const none = (reason: string): NoVjp => ({ none: reason });

/** One input of a sample: its shape, and how its numbers are drawn. */
export interface SampleInput {
  readonly shape: readonly number[];
  readonly dtype: DType;
  /** The numbers themselves, or a function of a uniform number in [0, 1). */
  readonly values: readonly number[] | ((uniform: number) => number);
}

/** Inputs on which `checkOp` tries an operation. */
export interface SampleOf<Inputs> {
  readonly title: string;
  readonly inputs: Inputs;
  /** Why ONNX Runtime's WebGPU kernels do not compute it yet; absent where they do. */
  readonly notOnWebgpu?: string;
}
export type NoAttributes = Record<never, never>;
export type Sample<I extends string, A = NoAttributes> = SampleOf<ByName<I, SampleInput>> &
  (NoAttributes extends A ? { readonly attributes?: A } : { readonly attributes: A });

/** The cotangent of each result: undefined where no later value depends on it, which a single one cannot be. */
export type Cotangents<O extends string> =
  IsOne<O> extends true ? ByName<O, Tensor> : ByName<O, Tensor | undefined>;

/**
 * @typeParam I names of the inputs: `"x"` is one tensor, `"mask?"` may be absent, `"...parts"` is a list
 * @typeParam O names of the results
 * @typeParam S names of further outputs, which only the gradient reads
 * @typeParam A static arguments
 */
export interface OpDefinition<I extends string, O extends string, S extends string, A extends Attributes> {
  readonly name: string;
  readonly inputs: readonly I[];
  readonly outputs: readonly O[];
  /** Outputs that are kept for the backward pass and have no gradient of their own. Names differ from the inputs'. */
  readonly saved?: readonly S[];
  /** The type of the static arguments, by {@link typed}. Default: there are none. */
  readonly attributes?: A;
  /** Shape and dtype of each output. Throws `ShapeError` where the operands do not fit. */
  infer(inputs: ByName<I, Aval>, attributes: A): ByName<O | S, Aval>;
  /**
   * The gradient of each input in symbolic operations, given that of each result; where it is left out, it is zero.
   * `values` are the inputs and all outputs; `needs` says which inputs need a gradient.
   */
  readonly vjp:
    | ((
        cotangents: Cotangents<O>,
        values: ByName<I | O | S, Tensor>,
        attributes: A,
        needs: ByName<I, boolean>,
      ) => SomeByName<I, Tensor>)
    | NoVjp;
  /**
   * Results once more, from the inputs and the saved outputs, which the gradient holds anyway: for an operation that
   * costs less than memory for its results from the forward to the backward pass. Default: they are held.
   */
  readonly again?: (values: ByName<I | S, Tensor>, attributes: A) => SomeByName<O, Tensor>;
  /** Adds ONNX nodes and returns the outputs. */
  lower(
    emit: Emitter,
    inputs: ByName<I, Operand>,
    attributes: A,
    outputs: ByName<O | S, Aval>,
  ): ByName<O | S, Value>;
  /** The same in plain loops over float64, written into `outputs`, which are zeros of the inferred shapes. */
  reference(inputs: ByName<I, ReferenceArray>, attributes: A, outputs: ByName<O | S, ReferenceArray>): void;
  /** What `checkOp` tries. A getter where they are large: nothing else reads them. */
  readonly samples: readonly Sample<I, NoInfer<A>>[];
}

/** Declares the type of an operation's static arguments: `attributes: typed<{ readonly axis: number }>()`. */
export const typed = <A extends Attributes>(): A => ({}) as A;

/** The rules of an operation over plain lists, as differentiation, lowering and the interpreter use them. */
export interface Rules extends Operation {
  /** How many of a node's outputs are results; those after them are saved for the backward pass. */
  resultCount(node: GraphNode): number;
  readonly vjp: ((application: Application) => readonly (Tensor | undefined)[]) | NoVjp;
  /** A node's outputs for the backward pass: computed again where there is a rule for it, else its own. */
  again(node: GraphNode): readonly Tensor[];
  lower(emit: Emitter, node: GraphNode, inputs: readonly Operand[]): readonly string[];
  reference(node: GraphNode, inputs: readonly ReferenceArray[]): readonly ReferenceArray[];
}

/** What a gradient is computed from. */
export interface Application {
  readonly node: GraphNode;
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  readonly cotangents: readonly (Tensor | undefined)[];
  readonly needs: readonly boolean[];
}

/** An operation of which the compiler does not know the names and attributes. */
export interface AnyOp extends Rules {
  readonly samples: readonly (SampleOf<Named<SampleInput>> & { readonly attributes?: Attributes })[];
  apply(inputs: Named<Tensor>, attributes?: Attributes): Named<Tensor>;
}

export interface Op<I extends string, O extends string, S extends string, A extends Attributes>
  extends Rules {
  readonly samples: readonly Sample<I, A>[];
  /** Applies the operation to tensors and returns its outputs by name. */
  apply(
    inputs: ByName<I, Tensor>,
    ...attributes: NoAttributes extends A ? [attributes?: A] : [attributes: A]
  ): ByName<O | S, Tensor>;
}

const definitionNames = optionNames<keyof OpDefinition<string, string, string, Attributes>>()(
  "name inputs outputs saved attributes infer vjp again lower reference samples",
);

/** An operation of one's own, or of Punchline's: see {@link OpDefinition}. Nothing else has to know of it. */
export function defineOp<
  const I extends string,
  const O extends string,
  const S extends string = never,
  A extends Attributes = NoAttributes,
>(definition: OpDefinition<I, O, S, A>): Op<I, O, S, A> {
  // The compiler knows names and attributes outside of here; inside they are strings.
  return withRules(definition as unknown as AnyDefinition) as unknown as Op<I, O, S, A>;
}

function withRules(definition: AnyDefinition): AnyOp {
  const { name, vjp, saved = [] } = checkOptions(definition, definitionNames);
  checkName(name, "name");
  checkTexts(definition.inputs, "inputs");
  checkTexts(definition.outputs, "outputs");
  for (const rule of ["infer", "lower", "reference"] as const)
    if (typeof definition[rule] !== "function") throw invalidOption(rule, definition[rule], "a function");
  const inputSlots = definition.inputs.map(slotOf);
  const resultSlots = definition.outputs.map(slotOf);
  const outputSlots = [...resultSlots, ...saved.map(slotOf)];
  checkNames(name, [...inputSlots, ...outputSlots]);

  const inputsOf = <T>({ counts }: GraphNode, values: readonly T[]) =>
    fromList(inputSlots, counts?.inputs ?? [], values);
  const outputsOf = <T>({ counts }: GraphNode, values: readonly T[], named?: Record<string, unknown>) =>
    fromList(outputSlots, counts?.outputs ?? [], values, named);

  const op: AnyOp = {
    name,
    get samples() {
      return definition.samples;
    },
    apply(named, attributes = {}) {
      const inputs = toList(inputSlots, named, name, "input");
      for (const value of inputs.values) checkTensor(value, name);
      const outputs = toList(outputSlots, definition.infer(named, attributes), name, "inferred output");
      const counts = { inputs: inputs.counts, outputs: outputs.counts };
      const node = makeNode(
        { op: name, operation: op, counts, made: stackHere(), inputs: inputs.values, attributes },
        outputs.values,
      );
      return outputsOf(node, node.outputs);
    },
    resultCount: ({ counts }) => resultSlots.reduce((total, _, i) => total + (counts?.outputs[i] ?? 0), 0),
    vjp:
      typeof vjp !== "function"
        ? vjp
        : ({ node, inputs, outputs, cotangents, needs }) => {
            const values = outputsOf(node, outputs, inputsOf(node, inputs));
            const given = outputsOf(node, cotangents);
            const gradients = vjp(given, values, node.attributes, inputsOf(node, needs));
            return gradientList(name, inputSlots, node.counts?.inputs ?? [], gradients);
          },
    again(node) {
      if (!definition.again) return node.outputs;
      const values = outputsOf(node, node.outputs, inputsOf(node, node.inputs));
      const computed = { ...values, ...definition.again(values, node.attributes) } as Named<Tensor>;
      return toList(outputSlots, computed, name, "output").values;
    },
    lower(emit, node, inputs) {
      const outputs = outputsOf(node, node.outputs);
      const results = definition.lower(emit, inputsOf(node, inputs), node.attributes, outputs);
      const { values } = toList(outputSlots, results, name, "lowered output");
      return values.map((value) => (typeof value === "string" ? value : value.name));
    },
    reference(node, inputs) {
      const outputs = node.outputs.map(({ shape }) => zeros(shape));
      definition.reference(inputsOf(node, inputs), node.attributes, outputsOf(node, outputs));
      return outputs;
    },
  };
  return op;
}

/** A definition of which the compiler does not know the names. */
interface AnyDefinition {
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly saved?: readonly string[];
  infer(inputs: Named<Aval>, attributes: Attributes): Named<Aval>;
  readonly vjp:
    | ((
        cotangents: Named<Tensor | undefined>,
        values: Named<Tensor>,
        attributes: Attributes,
        needs: Named<boolean>,
      ) => Named<Tensor | undefined>)
    | NoVjp;
  readonly again?: (values: Named<Tensor>, attributes: Attributes) => Named<Tensor | undefined>;
  lower(emit: Emitter, inputs: Named<Operand>, attributes: Attributes, outputs: Named<Aval>): Named<Value>;
  reference(inputs: Named<ReferenceArray>, attributes: Attributes, outputs: Named<ReferenceArray>): void;
  readonly samples: AnyOp["samples"];
}

function checkNames(op: string, slots: readonly Slot[]): void {
  if (isLeaf(op))
    throw new PunchlineError("operation", `"${op}" is the name of a leaf; name the operation otherwise.`);
  const names = slots.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice !== undefined)
    throw new PunchlineError(
      "operation",
      `${op}: two inputs or outputs are called "${twice}"; name one otherwise.`,
    );
}

/** A gradient, or undefined, for each tensor of the inputs. */
function gradientList(
  op: string,
  slots: readonly Slot[],
  counts: readonly number[],
  gradients: Named<Tensor | undefined>,
): readonly (Tensor | undefined)[] {
  if (typeof gradients !== "object" || gradients === null)
    throw new PunchlineError(
      "operation",
      `${op}: its vjp returns ${gradients}; return the gradients by the names of its inputs, { ${slots[0]!.name}: ... }.`,
      { details: { op } },
    );
  for (const key in gradients)
    if (!slots.some(({ name }) => name === key))
      throw new PunchlineError("operation", `${op}: the gradient of "${key}" belongs to no input.`);
  const list: (Tensor | undefined)[] = [];
  slots.forEach(({ name, kind }, i) => {
    const given = gradients[name];
    const count = counts[i] ?? 0;
    if (kind === "list" && given && (given as readonly Tensor[]).length !== count)
      throw new PunchlineError(
        "operation",
        `${op}: its vjp gives another number of gradients than the ${count} tensors of "${name}"; give one for each, or undefined where it is zero.`,
        { details: { op, input: name } },
      );
    for (let k = 0; k < count; k++)
      list.push(
        kind === "list" ? (given as readonly Tensor[] | undefined)?.[k] : (given as Tensor | undefined),
      );
  });
  return list;
}

/** The rules of a node's operation. Leaves have none. */
export function rulesOf({ op, operation }: GraphNode): Rules {
  // `defineOp` alone makes nodes that are not leaves.
  if (!operation) throw new Error(`a leaf "${op}" has no rules`);
  return operation as Rules;
}

/** Inputs of a sample by their shape, their numbers drawn by `values`. */
export const drawn =
  (dtype: DType, values: SampleInput["values"]) =>
  (...shape: number[]): SampleInput => ({ shape, dtype, values });
/** Numbers in [-2, 2). */
export const real = drawn("float32", (u) => 4 * u - 2);
/** Numbers in [0.5, 2). */
export const positive = drawn("float32", (u) => 0.5 + 1.5 * u);
/** Whole numbers in [0, below). */
export const indices = (below: number, ...shape: number[]): SampleInput =>
  drawn("int32", (u) => Math.floor(u * below))(...shape);
export const booleans = drawn("bool", (u) => (u < 0.5 ? 0 : 1));

/** An all-zero reference array. The shape must be static, as every shape is by the time a reference runs. */
export function zeros(shape: Shape): ReferenceArray {
  const sizes = staticShape("reference", shape);
  return { shape: sizes, data: new Float64Array(sizeOf(sizes)) };
}
