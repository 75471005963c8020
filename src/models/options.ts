/** The options of architectures: how they are declared, and how given values are checked. */
import { didYouMean, UsageError } from "../core/errors.ts";
import type { Architecture, ModelOption, OptionValues } from "./model.ts";

/** All options with their defaults filled in. @throws UsageError for one that the architecture lacks or a value out of range. */
export function resolveOptions(
  { type, options }: Pick<Architecture, "type" | "options">,
  given: OptionValues,
): OptionValues {
  for (const [name, value] of Object.entries(given)) {
    const option = options[name];
    if (!option)
      throw new UsageError(
        `${type} has no option ${flag(name)}: ${didYouMean(flag(name), Object.keys(options).map(flag))}`,
        {
          option: name,
        },
      );
    check(type, name, option, value);
  }
  return Object.fromEntries(
    Object.entries(options).map(([name, option]) => [name, given[name] ?? option.default]),
  );
}

/** As the command line writes an option: `allLayers` is `--all-layers`. */
const flag = (name: string): string => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

function check(
  type: string,
  name: string,
  { type: kind, min = -Infinity, max = Infinity, choices }: ModelOption,
  value: unknown,
): void {
  const fail = (expected: string): never => {
    throw new UsageError(`${flag(name)} of ${type} must be ${expected}, not ${JSON.stringify(value)}.`, {
      option: name,
      value,
    });
  };
  if (kind === "boolean") {
    if (typeof value !== "boolean") fail("true or false");
  } else if (kind === "choice") {
    if (!choices!.includes(value as string)) fail(`one of ${choices!.join(", ")}`);
  } else {
    const range = max === Infinity ? `${min} or more` : `from ${min} to ${max}`;
    if (typeof value !== "number" || !(value >= min && value <= max)) fail(`a number ${range}`);
    if (kind === "integer" && !Number.isInteger(value)) fail("a whole number");
  }
}

export const integer = (value: number, doc: string, min = 1, max?: number): ModelOption<number> => ({
  type: "integer",
  default: value,
  doc,
  min,
  ...(max === undefined ? {} : { max }),
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
