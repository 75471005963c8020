/** The suite that every architecture passes, Punchline's and those of others alike. */
import { gradients } from "../autodiff/grad.ts";
import { type DType, sizeOf } from "../core/array.ts";
import { PunchlineError } from "../core/errors.ts";
import { checkOptions, invalidOption, optionNames } from "../core/options.ts";
import { Random } from "../core/random.ts";
import type { Shape } from "../core/shape.ts";
import { input } from "../graph/leaves.ts";
import { type Tensor, topologicalOrder } from "../graph/tensor.ts";
import {
  type Architecture,
  carriesState,
  type ForwardOptions,
  type Model,
  type ModelConfig,
  type OptionValues,
  objective,
  type State,
} from "../models/model.ts";
import { evaluation, type Mode } from "../nn/mode.ts";
import type { Parameters } from "../nn/parameters.ts";
import type { ReferenceArray } from "../ops/define.ts";
import { interpret } from "../ops/interpret.ts";
import { worstError } from "./compare.ts";

export interface CheckArchitectureOptions {
  /** Sizes to check it in; choose small ones, with dropout 0. Default: the architecture's own defaults. */
  readonly options?: OptionValues | undefined;
  /** Default 11. */
  readonly vocabularySize?: number | undefined;
}

const checkArchitectureNames = optionNames<keyof CheckArchitectureOptions>()("options vocabularySize");

const BATCH = 2;
/** Most tokens of a text. */
const LENGTH = 6;
const STEP = 1e-5;
/** How far two float64 results may be apart, relative to their size where it is above 1. */
const TOLERANCE = 1e-6;

/**
 * Holds an architecture to what the trainer and the sampler expect of it, all in float64:
 *
 * 1. it declares each parameter once, and builds the same model from its configuration as JSON;
 * 2. the gradient of the training loss agrees with finite differences, for one direction of each parameter, and no
 *    parameter is without effect;
 * 3. where it predicts after every token, no prediction depends on a later token; elsewhere, every token counts;
 * 4. where it carries a state, reading token by token gives what reading the text at once gives.
 *
 * Takes seconds for sizes of about 16.
 *
 * @throws PunchlineError `conformance`, with all that is wrong; `details` has `architecture` and the `failures`
 */
export function checkArchitecture(architecture: Architecture, given: CheckArchitectureOptions = {}): void {
  const { options = {}, vocabularySize = 11 } = checkOptions(given, checkArchitectureNames);
  if (typeof architecture?.configure !== "function" || typeof architecture.build !== "function")
    throw invalidOption(
      "architecture",
      architecture,
      "an architecture, such as `defineArchitecture` returns",
    );
  const config = architecture.configure(options, vocabularySize);
  const model = architecture.build(config);
  const weights = drawWeights(model);
  const checks = [
    () => declarationFailures(architecture, config, model),
    () => gradientFailures(model, weights),
    () => visibilityFailures(model, weights),
    () => decodingFailures(model, weights),
  ];
  // What cannot be computed at all fails in several of them.
  const failures = [...new Set(checks.flatMap(failuresOf))];
  if (failures.length === 0) return;
  throw new PunchlineError(
    "conformance",
    `${architecture.type} is not as a model must be:\n${failures.map((failure) => `- ${failure}`).join("\n")}`,
    { details: { architecture: architecture.type, failures } },
  );
}

function failuresOf(check: () => string[]): string[] {
  try {
    return check();
  } catch (error) {
    return [`it cannot be computed: ${error instanceof Error ? error.message : String(error)}`];
  }
}

type Arrays = Readonly<Record<string, ReferenceArray>>;

/** First values, of which even those that start as constants differ. */
function drawWeights({ parameters }: Model): Arrays {
  return Object.fromEntries(
    parameters.map(({ name, shape, initialise }) => {
      const first = new Float32Array(sizeOf(shape));
      initialise(first, new Random(1, name));
      const noise = new Random(2, name);
      return [name, { shape, data: Float64Array.from(first, (v, i) => v + (noise.uniform(i) - 0.5) / 4) }];
    }),
  );
}

function declarationFailures(architecture: Architecture, config: ModelConfig, model: Model): string[] {
  const failures: string[] = [];
  const names = model.parameters.map(({ name }) => name);
  for (const name of new Set(names.filter((name, i) => names.indexOf(name) !== i)))
    failures.push(`it declares the parameter ${name} more than once`);
  const listed = ({ parameters }: Model) =>
    JSON.stringify(parameters.map(({ name, shape }) => [name, shape]));
  if (listed(architecture.build(JSON.parse(JSON.stringify(config)))) !== listed(model))
    failures.push("its configuration, written as JSON and read again, describes another model");
  return failures;
}

/** A graph's inputs with their values, the model's parameters first. */
function feeder(weights: Arrays) {
  const feeds = new Map<Tensor, ReferenceArray>();
  const give = (name: string, dtype: DType, array: ReferenceArray): Tensor => {
    const tensor = input(name, dtype, array.shape);
    feeds.set(tensor, array);
    return tensor;
  };
  const parameters: Parameters = Object.fromEntries(
    Object.entries(weights).map(([name, array]) => [name, give(name, "float32", array)]),
  );
  return { parameters, feeds, give, valuesOf: (tensors: readonly Tensor[]) => interpret(tensors, feeds) };
}

/** Dropout would make each run another function. */
const withoutDropout: Mode = { training: true, dropout: (x) => x, checkpoint: (x) => x };

const textLength = (model: Model): number => Math.min(LENGTH, model.contextLength);

/** Tokens of the batch, [batch, length]: no two neighbours alike. */
function textOf(model: Model): ReferenceArray {
  const shape = [BATCH, textLength(model)];
  const { vocab_size: vocabulary } = model.config;
  return { shape, data: Float64Array.from({ length: sizeOf(shape) }, (_, i) => (i * 3 + 1) % vocabulary) };
}

/** Zeros for a state, with room for {@link LENGTH} tokens where it grows. */
const zeroState = (model: Model): Arrays =>
  Object.fromEntries(
    Object.entries(model.state(BATCH)).map(([name, spec]) => {
      const shape = spec.shape.map((size) => (typeof size === "string" ? LENGTH : size));
      return [name, { shape, data: new Float64Array(sizeOf(shape)) }];
    }),
  );

const giveState = (model: Model, state: Arrays, give: ReturnType<typeof feeder>["give"]): State =>
  Object.fromEntries(
    Object.entries(model.state(BATCH)).map(([name, { dtype }]) => [name, give(name, dtype, state[name]!)]),
  );

/** The state that a text begins with, of models that cannot read one without. */
const startOf = (model: Model, give: ReturnType<typeof feeder>["give"]): State | undefined =>
  carriesState(model) ? giveState(model, zeroState(model), give) : undefined;

function gradientFailures(model: Model, weights: Arrays): string[] {
  const { parameters, feeds, give } = feeder(weights);
  const text = textOf(model);
  const tokens = sizeOf(text.shape);
  const next = text.data.map((id) => (id + 2) % model.config.vocab_size);
  const at = { shape: [tokens], data: Float64Array.from({ length: tokens }, (_, i) => i) };
  const masked = model.predicts === "masked";
  const { loss } = objective(
    model,
    parameters,
    {
      ids: give("ids", "int32", text),
      state: startOf(model, give),
      targets: give("targets", "int32", { shape: masked ? [tokens] : text.shape, data: next }),
      at: masked ? give("at", "int32", at) : undefined,
      progress: model.needsProgress
        ? give("progress", "float32", { shape: [], data: Float64Array.of(0) })
        : undefined,
    },
    withoutDropout,
  );
  const used = new Set(topologicalOrder([loss]));
  const failures: string[] = [];
  const tried = Object.entries(parameters).filter(([name, tensor]) => {
    if (!used.has(tensor.node)) failures.push(`the parameter ${name} has no part in the training loss`);
    return used.has(tensor.node);
  });
  const exact = interpret(
    gradients(
      loss,
      tried.map(([, tensor]) => tensor),
    ),
    feeds,
  );
  for (const [k, [name, tensor]] of tried.entries()) {
    const { shape, data } = weights[name]!;
    const random = new Random(3, name);
    const direction = Float64Array.from(data, (_, i) => random.uniform(i) - 0.5);
    const lossAt = (step: number): number => {
      const moved = { shape, data: data.map((value, i) => value + step * direction[i]!) };
      return interpret([loss], new Map(feeds).set(tensor, moved))[0]!.data[0]!;
    };
    const numeric = (lossAt(STEP) - lossAt(-STEP)) / (2 * STEP);
    const slope = direction.reduce((total, d, i) => total + d * exact[k]!.data[i]!, 0);
    if (Math.abs(slope - numeric) > TOLERANCE * Math.max(1, Math.abs(numeric)))
      failures.push(`the gradient of ${name} gives a slope of ${slope}, finite differences ${numeric}`);
  }
  return failures;
}

/** Logits of a text that is read at once: [batch, predictions, vocabulary]. */
function logitsOf(
  model: Model,
  weights: Arrays,
  text: ReferenceArray,
  options?: ForwardOptions,
): Float64Array {
  const { parameters, give, valuesOf } = feeder(weights);
  const given = { ids: give("ids", "int32", text), state: startOf(model, give) };
  return valuesOf([model.forward(parameters, given, evaluation, options).logits])[0]!.data;
}

function visibilityFailures(model: Model, weights: Arrays): string[] {
  const text = textOf(model);
  const { vocab_size: vocabulary } = model.config;
  const length = textLength(model);
  const before = logitsOf(model, weights, text);
  const row = before.length / BATCH;
  const failures: string[] = [];
  const same = (a: Float64Array, from: number, to: number) =>
    worstError(a.subarray(from, to), before.subarray(from, to)) < TOLERANCE;
  for (let t = 0; t < length; t++) {
    const changed = text.data.slice();
    changed[t] = (changed[t]! + 1) % vocabulary;
    const after = logitsOf(model, weights, { ...text, data: changed });
    if (!same(after, row, 2 * row)) failures.push(`token ${t} of a text changes predictions of another text`);
    const own = model.predicts === "each" ? t * vocabulary : 0;
    if (!same(after, 0, own)) failures.push(`token ${t} changes predictions of the tokens before it`);
    if (same(after, own, row)) failures.push(`token ${t} changes no prediction`);
  }
  if (model.predicts !== "each") return failures;
  const last = logitsOf(model, weights, text, { logits: "last" });
  const ends = Array.from({ length: BATCH }, (_, b) =>
    before.subarray((b + 1) * row - vocabulary, (b + 1) * row),
  );
  if (
    last.length !== BATCH * vocabulary ||
    ends.some((end, b) => worstError(last.subarray(b * vocabulary, (b + 1) * vocabulary), end) > TOLERANCE)
  )
    failures.push('with `logits: "last"` it gives other logits than those after the last token of each text');
  return failures;
}

function decodingFailures(model: Model, weights: Arrays): string[] {
  const specs = model.state(BATCH);
  if (model.predicts !== "each" || Object.keys(specs).length === 0) return [];
  const text = textOf(model);
  const { vocab_size: vocabulary } = model.config;
  const length = textLength(model);
  const whole = logitsOf(model, weights, text);
  let state = zeroState(model);
  for (let t = 0; t < length; t++) {
    const { parameters, give, valuesOf } = feeder(weights);
    const ids = Float64Array.from({ length: BATCH }, (_, b) => text.data[b * length + t]!);
    const given = {
      ids: give("ids", "int32", { shape: [BATCH, 1], data: ids }),
      state: giveState(model, state, give),
    };
    const { logits, state: next } = model.forward(parameters, given, evaluation, { logits: "last" });
    const names = Object.keys(specs);
    const missing = names.filter((name) => next[name] === undefined);
    if (missing.length > 0) return [`it does not return the state ${missing.join(", ")}`];
    const [step, ...values] = valuesOf([logits, ...names.map((name) => next[name]!)]);
    const expected = Float64Array.from({ length: BATCH * vocabulary }, (_, i) => {
      const b = Math.floor(i / vocabulary);
      return whole[(b * length + t) * vocabulary + (i % vocabulary)]!;
    });
    if (worstError(step!.data, expected) > TOLERANCE)
      return [`reading token by token gives other logits than reading at once, from token ${t} on`];
    state = Object.fromEntries(
      names.map((name, i) => [name, appended(state[name]!, values[i]!, specs[name]!.shape, t)]),
    );
  }
  return [];
}

/** A state after a step: what a growing one adds goes behind the `used` tokens, any other is replaced. */
function appended(before: ReferenceArray, added: ReferenceArray, spec: Shape, used: number): ReferenceArray {
  const axis = spec.findIndex((size) => typeof size === "string");
  if (axis < 0) return added;
  const data = before.data.slice();
  const inner = sizeOf(before.shape.slice(axis + 1));
  const [room, count] = [before.shape[axis]! * inner, added.shape[axis]! * inner];
  for (let o = 0; o < added.data.length / count; o++)
    data.set(added.data.subarray(o * count, (o + 1) * count), o * room + used * inner);
  return { shape: before.shape, data };
}
