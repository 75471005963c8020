/** The numbers of a step, as the runtime computes them, and what they are called. */
import {
  type Backend,
  compile,
  float32,
  type GraphNode,
  type HostArray,
  int32,
  type Model,
  Random,
  type Tensor,
} from "punchline/engine";
import { InputError } from "punchline/web";
import { type StepGraph, type StepInputs, stepGraph, stepInputs, tinyModel } from "./graph.ts";
import type { InsideNode, InsideRequest, InsideStep, InsideStops, InsideValue } from "./types.ts";

/** Letters that are predicted, and different ones, of which every number still fits on a page. */
const MOST_LETTERS = 16;

export type Numbers = Readonly<Record<string, HostArray<"float32">>>;

/** What a step reads: letters and their numbers. */
export interface Exercise {
  /** The letters that are read, and those that are to be said. */
  readonly read: readonly string[];
  readonly said: readonly string[];
  readonly alphabet: readonly string[];
  readonly ids: HostArray<"int32">;
  readonly labels: HostArray<"int32">;
}

/** @throws InputError for a text that is too short or too long for a page */
export function exerciseOf(text: string): Exercise {
  const letters = Array.from(new Intl.Segmenter().segment(text.trim()), ({ segment }) => segment);
  const alphabet = [...new Set(letters)].sort();
  if (letters.length < 3 || alphabet.length < 2)
    throw new InputError("too-short", "Give three letters or more, not all of them the same.", {});
  if (letters.length - 1 > MOST_LETTERS)
    throw new InputError(
      "too-long",
      `Give at most ${MOST_LETTERS + 1} letters, so that every number fits on the page.`,
      {},
    );
  const [read, said] = [letters.slice(0, -1), letters.slice(1)];
  const numbers = (list: readonly string[]) =>
    int32(
      [1, list.length],
      list.map((letter) => alphabet.indexOf(letter)),
    );
  return { read, said, alphabet, ids: numbers(read), labels: numbers(said) };
}

/** One network and one text: its graph, its runtime, and its parameters before each step that was asked. */
export class WatchedTraining {
  readonly graph: StepGraph;
  readonly exercise: Exercise;
  readonly #model: Model;
  readonly #run;
  readonly #rate: HostArray<"float32">;
  /** The tensors that the runtime gives: all but inputs and constants. */
  readonly #computed: readonly Tensor[];
  /** By steps done. */
  readonly #parameters: Numbers[];
  readonly #losses: number[] = [];

  constructor({ model: type, text, seed, rate }: InsideRequest, backend: Backend) {
    this.exercise = exerciseOf(text);
    const { alphabet, read } = this.exercise;
    this.#model = tinyModel(type, alphabet.length);
    this.#rate = float32([], [rate / read.length]);
    this.graph = stepGraph(this.#model, stepInputs(this.#model, read.length));
    this.#computed = computed(this.graph);
    this.#run = compile((inputs: StepInputs) => computed(stepGraph(this.#model, inputs)), { backend });
    this.#parameters = [
      Object.fromEntries(
        this.#model.parameters.map(({ name, shape, initialise }) => {
          const array = float32(shape);
          initialise(array.data, new Random(seed, `initialise/${name}`));
          return [name, array];
        }),
      ),
    ];
  }

  /** What the step after so many reads. */
  async feeds(done: number): Promise<ReadonlyMap<Tensor, HostArray>> {
    const { parameters, ids, labels, rate } = this.graph.inputs;
    const numbers = await this.#before(done);
    return new Map<Tensor, HostArray>([
      ...Object.entries(parameters).map(([name, tensor]) => [tensor, numbers[name]!] as const),
      [ids, this.exercise.ids],
      [labels, this.exercise.labels],
      [rate, this.#rate],
    ]);
  }

  async step(done: number): Promise<InsideStep> {
    const { read, said, alphabet, ids, labels } = this.exercise;
    const { nodes, dump } = this.graph;
    await this.#before(done);
    const values = new Map(await this.feeds(done));
    for (const [tensor, array] of await this.#compute(done)) values.set(tensor, array);
    const next = await this.#compute(done + 1);
    const lossOf = (from: ReadonlyMap<Tensor, HostArray>) =>
      Number(from.get(this.graph.loss)!.data[0]) / read.length;
    this.#losses[done] = lossOf(values);
    const lines = dump.split("\n");
    return {
      alphabet,
      ids: [...ids.data],
      labels: [...labels.data],
      parameters: this.#model.parameters.reduce((n, { shape }) => n + shape.reduce((a, b) => a * b, 1), 0),
      nodes: nodes.map((node, i) => this.#nodeView(node, lines[i]!, values)),
      stops: stopsOf(this.graph),
      dump,
      losses: [...this.#losses.slice(0, done + 1), lossOf(next)],
      before: said.map((_, i) => Math.exp(-Number(values.get(this.graph.nll)!.data[i]))),
      after: said.map((_, i) => Math.exp(-Number(next.get(this.graph.nll)!.data[i]))),
    };
  }

  release(): Promise<void> {
    return this.#run.release();
  }

  /** The parameters after so many steps. */
  async #before(done: number): Promise<Numbers> {
    for (let k = this.#parameters.length; k <= done; k++) {
      const values = await this.#compute(k - 1);
      this.#losses[k - 1] = Number(values.get(this.graph.loss)!.data[0]) / this.exercise.read.length;
      this.#parameters[k] = Object.fromEntries(
        Object.entries(this.graph.updated).map(([name, tensor]) => [
          name,
          values.get(tensor) as HostArray<"float32">,
        ]),
      );
    }
    return this.#parameters[done]!;
  }

  async #compute(done: number): Promise<ReadonlyMap<Tensor, HostArray>> {
    const { ids, labels } = this.exercise;
    const parameters = await this.#before(done);
    const results = await this.#run({ parameters, ids, labels, rate: this.#rate });
    return new Map(this.#computed.map((tensor, i) => [tensor, results[i]!]));
  }

  #nodeView(node: GraphNode, line: string, values: ReadonlyMap<Tensor, HostArray>): InsideNode {
    const { nodes, phaseOf, gradientOf } = this.graph;
    const names = line.slice(0, line.indexOf(" = ")).split(", ");
    const arrayOf = (tensor: Tensor): HostArray =>
      tensor.node.op === "constant" ? (tensor.node.attributes.value as HostArray) : values.get(tensor)!;
    const shown = node.outputs.map((tensor, i): InsideValue => {
      const { dtype, shape, data } = arrayOf(tensor);
      const gradient = gradientOf.get(tensor);
      return {
        name: names[i]!,
        dtype,
        shape,
        data: numbersOf(data),
        ...this.#lettersOf(tensor),
        gradient: gradient && numbersOf(arrayOf(gradient).data),
        gradientNode: gradient && nodes.indexOf(gradient.node),
      };
    });
    return {
      op: node.op,
      line,
      phase: phaseOf.get(node)!,
      reads: [...new Set(node.inputs.map((tensor) => nodes.indexOf(tensor.node)))],
      values: shown,
      role: roleOf(node, this.graph),
    };
  }

  /** Which letters the rows and columns of a value stand for. */
  #lettersOf(tensor: Tensor): Pick<InsideValue, "rows" | "columns"> {
    const { read, said, alphabet } = this.exercise;
    const { inputs, gradientOf, updated, logits, nll } = this.graph;
    const named = (name: string) => {
      const { shape, table, head } = this.#model.parameters.find((spec) => spec.name === name)!;
      if (table || (head && shape.length === 2 && shape[0] === alphabet.length)) return { rows: alphabet };
      return head || name === "head.bias" ? { columns: alphabet } : {};
    };
    for (const [name, parameter] of Object.entries(inputs.parameters))
      if ([parameter, gradientOf.get(parameter), updated[name]].includes(tensor)) return named(name);
    const scores = [logits, ...nll.node.outputs.slice(1), gradientOf.get(logits)];
    if (scores.includes(tensor)) return { rows: read, columns: alphabet };
    if (tensor === inputs.ids) return { columns: read };
    if (tensor === inputs.labels) return { columns: said };
    if (tensor === nll) return { columns: said };
    const along = this.#forwardOf(tensor) ?? tensor;
    const { node, shape } = along;
    if (this.graph.phaseOf.get(node) !== "forward" || node.inputs.length === 0) return {};
    if (node.op === "softmax")
      return { rows: Array.from({ length: shape[1] as number }, () => read).flat(), columns: read };
    return shape.length === 2 && shape[0] === read.length ? { rows: read } : {};
  }

  /** The value that a gradient belongs to. */
  #forwardOf(gradient: Tensor): Tensor | undefined {
    for (const [tensor, known] of this.graph.gradientOf) if (known === gradient) return tensor;
    return undefined;
  }
}

const computed = ({ nodes }: StepGraph): readonly Tensor[] =>
  nodes.flatMap(({ op, outputs }) => (op === "input" || op === "constant" ? [] : outputs));

const numbersOf = (data: HostArray["data"]): number[] =>
  Array.from(data as ArrayLike<number | bigint>, Number);

function roleOf(node: GraphNode, graph: StepGraph): string | undefined {
  const { inputs, loss, logits, nll, gradientOf, updated } = graph;
  const is = (tensor: Tensor | undefined) => tensor !== undefined && node.outputs.includes(tensor);
  for (const [name, parameter] of Object.entries(inputs.parameters)) {
    if (is(parameter)) return name;
    if (is(updated[name])) return `${name}, after the step`;
    if (is(gradientOf.get(parameter))) return `gradient of ${name}`;
  }
  if (is(loss)) return "the loss";
  if (is(logits)) return "scores";
  if (is(nll)) return "surprise at each letter";
  if (is(gradientOf.get(logits))) return "gradient of the scores";
  if (is(inputs.rate)) return "learning rate over the number of letters";
  return undefined;
}

/** Nodes that compute rather than rearrange, of which a network is known. */
const networks = ["rnn", "lstm", "softmax"];

function stopsOf({ nodes, inputs, loss, logits, nll, gradientOf, updated }: StepGraph): InsideStops {
  const { ids, parameters } = inputs;
  const [[first, table]] = Object.entries(parameters) as unknown as [[string, Tensor]];
  const at = (node: GraphNode) => nodes.indexOf(node);
  return {
    ids: at(ids.node),
    embedding: nodes.findIndex((node) => node.inputs.includes(table)),
    network: nodes.findIndex(({ op }) => networks.includes(op)),
    logits: at(logits.node),
    surprise: at(nll.node),
    loss: at(loss.node),
    scores: at(gradientOf.get(logits)!.node),
    gradient: at(gradientOf.get(table)!.node),
    update: at(updated[first]!.node),
  };
}
