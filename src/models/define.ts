/** How an architecture is defined: the options of its sizes, with their defaults, and what is refused. */
import { didYouMean } from "../core/did-you-mean.ts";
import { UsageError } from "../core/errors.ts";
import { checkName, checkOptions, invalidOption, option, optionNames, shown } from "../core/options.ts";
import type { Architecture, Model, ModelConfig, ModelOption, OptionValues } from "./model.ts";

/** The value of each option: a number, a switch or a choice. */
type ValuesOf<O extends Readonly<Record<string, ModelOption>>> = {
  readonly [K in keyof O]: O[K] extends ModelOption<infer V> ? V : never;
};

/** A model as an architecture's `build` gives it. */
export type ModelDefinition = Omit<Model, "architecture" | "config">;

export interface ArchitectureDefinition<O extends Readonly<Record<string, ModelOption>>>
  extends Omit<Architecture, "options" | "configure" | "build"> {
  readonly options: O;
  /**
   * The contents of `config.json`, without `model_type`.
   * @param options all of them, with the defaults filled in
   * @param given the options that the caller gave
   */
  configure(
    options: ValuesOf<O>,
    vocabularySize: number,
    given: Partial<ValuesOf<O>>,
  ): Omit<ModelConfig, "model_type">;
  /** @throws InputError `config` where the configuration is not one of this architecture. */
  build(config: ModelConfig): ModelDefinition;
}

const definitionNames = optionNames<keyof Architecture>()(
  "type summary tokens options aliases training quantizable resets loraTargets checkpointMapping configure build",
);

/**
 * An architecture that `train` and `openModel` take.
 *
 * @example
 * const mine = defineArchitecture({
 *   type: "mine",
 *   summary: "an embedding and a head",
 *   tokens: "character",
 *   options: { width: integer(64, "numbers that represent one character") },
 *   configure: ({ width }, vocabularySize) => ({ vocab_size: vocabularySize, hidden_size: width }),
 *   build: (config) => ({ parameters, contextLength: 1, predicts: "each", state: () => ({}), forward }),
 * });
 */
export function defineArchitecture<O extends Readonly<Record<string, ModelOption>>>(
  definition: ArchitectureDefinition<O>,
): Architecture {
  const { type } = checkOptions(definition, definitionNames);
  checkName(type, "type");
  for (const part of ["configure", "build"] as const)
    if (typeof definition[part] !== "function") throw invalidOption(part, definition[part], "a function");
  const architecture: Architecture = {
    ...definition,
    configure(given, vocabularySize) {
      const values = (options: OptionValues) => options as ValuesOf<O>;
      const resolved = values(resolveOptions(definition, given));
      return {
        model_type: type,
        ...definition.configure(resolved, vocabularySize, values(given)),
      } as ModelConfig;
    },
    build: (config) => ({ ...checkBuilt(type, definition.build(config)), architecture, config }),
  };
  return architecture;
}

/** The parts of a model that have no default, checked as programs without types need it. */
function checkBuilt(type: string, built: ModelDefinition): ModelDefinition {
  const { parameters, contextLength, predicts, state, forward } = (built ?? {}) as Partial<ModelDefinition>;
  const refuse = (name: string, expected: string, value: unknown): UsageError =>
    new UsageError(
      `The model that ${type} builds must have ${option(name)}, ${expected}, not ${shown(value)}.`,
      {
        option: name,
        value,
        expected,
      },
    );
  if (!Array.isArray(parameters))
    throw refuse("parameters", "a list such as `nn.parametersOf` gives", parameters);
  if (typeof contextLength !== "number" || !(contextLength >= 1))
    throw refuse("contextLength", "a number of tokens, or Infinity", contextLength);
  if (!["each", "last", "masked"].includes(predicts as string))
    throw refuse("predicts", 'one of "each", "last" and "masked"', predicts);
  if (typeof state !== "function") throw refuse("state", "a function, such as () => ({})", state);
  if (typeof forward !== "function")
    throw refuse("forward", "a function that gives { logits, state }", forward);
  return built;
}

/** All options, with their defaults filled in. @throws UsageError for an unknown option or a value out of range. */
export function resolveOptions(
  { type, options }: Pick<Architecture, "type" | "options">,
  given: OptionValues,
): OptionValues {
  for (const [name, value] of Object.entries(given)) {
    const known = options[name];
    if (!known) {
      const names = Object.keys(options);
      const nearest = didYouMean(name, names, option);
      throw new UsageError(`${type} has no option ${option(name)}; ${nearest}`, {
        option: name,
        expected: names,
      });
    }
    if (value !== undefined) check(type, name, known, value);
  }
  return Object.fromEntries(
    Object.entries(options).map(([name, option]) => [name, given[name] ?? option.default]),
  );
}

function check(type: string, name: string, known: ModelOption, value: unknown): void {
  const expected = expectedOf(known, value);
  if (expected === undefined) return;
  throw new UsageError(`${option(name)} of ${type} must be ${expected}, not ${shown(value)}.`, {
    option: name,
    value,
    expected,
  });
}

/** What the value of an option must be; undefined where it is that. */
function expectedOf(
  { type, min = -Infinity, max = Infinity, choices = [] }: ModelOption,
  value: unknown,
): string | undefined {
  if (type === "boolean") return typeof value === "boolean" ? undefined : "true or false";
  if (type === "choice")
    return choices.some((known) => known === value) ? undefined : `one of ${choices.join(", ")}`;
  const range = max === Infinity ? `${min} or more` : `from ${min} to ${max}`;
  if (typeof value !== "number" || !(value >= min && value <= max)) return `a number ${range}`;
  return type === "integer" && !Number.isInteger(value) ? "a whole number" : undefined;
}

/** @throws UsageError, which names both options, where one value is not a multiple of the other */
export function multipleOf(name: string, value: number, of: string, divisor: number): void {
  if (value % divisor === 0) return;
  throw new UsageError(`${option(name, value)} must be a multiple of ${option(of, divisor)}.`, {
    option: name,
    value,
    expected: `a multiple of ${divisor}`,
  });
}

export const integer = (value: number, doc: string, min = 1, max?: number): ModelOption<number> => ({
  type: "integer",
  default: value,
  doc,
  min,
  max,
});

export const fraction = (value: number, doc: string): ModelOption<number> => ({
  type: "number",
  default: value,
  doc,
  min: 0,
  max: 0.95,
});

export const choice = (value: string, choices: readonly string[], doc: string): ModelOption<string> => ({
  type: "choice",
  default: value,
  doc,
  choices,
});

export const onOff = (value: boolean, doc: string): ModelOption<boolean> => ({
  type: "boolean",
  default: value,
  doc,
});

interface TransformerSize {
  readonly layers: number;
  readonly width: number;
  readonly heads: number;
  readonly context: number;
}

/** Sizes for a first try of a decoder. */
export const smallDecoders = {
  tiny: { layers: 2, width: 128, heads: 4, context: 128 },
  mini: { layers: 4, width: 256, heads: 4, context: 256 },
  small: { layers: 6, width: 384, heads: 6, context: 256 },
} as const satisfies Readonly<Record<string, TransformerSize>>;

/**
 * The usual size of this name, changed by what is given.
 * @throws UsageError where the heads do not divide the width
 */
export function transformerSize(
  sizes: Readonly<Record<string, TransformerSize>>,
  name: string,
  given: Partial<TransformerSize>,
): TransformerSize {
  const size = { ...sizes[name]!, ...given };
  multipleOf("width", size.width, "heads", size.heads);
  return size;
}

/** Options of a transformer over sub-words that comes in usual sizes. @param blocks what its layers are */
export function transformerOptions<S extends string>(
  sizes: Readonly<Record<S, TransformerSize>>,
  usual: S,
  blocks: string,
) {
  const { layers, width, heads, context } = sizes[usual];
  return {
    config: choice(usual, Object.keys(sizes), "a usual size; the options below change it"),
    layers: integer(layers, `${blocks}, one above the other`),
    width: integer(width, "numbers for each token"),
    heads: integer(heads, "attention heads; they divide the width"),
    context: integer(context, "tokens that it sees at once"),
    dropout: fraction(0.1, "probability of dropping a unit or an attention weight"),
  };
}
