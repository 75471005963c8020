/** Defines an architecture: what its author writes, completed by what can be derived. */
import type { Architecture, Model, ModelConfig, ModelOption, OptionValues } from "./model.ts";
import { resolveOptions } from "./options.ts";

/** The value of each option: a number, a switch or a choice. */
export type ValuesOf<O extends Readonly<Record<string, ModelOption>>> = {
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
  const { type } = definition;
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
    build: (config) => ({ ...definition.build(config), architecture, config }),
  };
  return architecture;
}
