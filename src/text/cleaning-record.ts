/** How a model's texts were cleaned, as recorded in its files. */
import {
  type CleaningOptions,
  type CleaningStep,
  cleaningSteps,
  resolveCleaning,
  type TextCleaning,
} from "./clean.ts";

/** The field of `generation_config.json` that holds a {@link TextCleaning}: it goes wherever the model is copied. */
export const TEXT_CLEANING = "text_cleaning";

/** Data options as a run's record keeps them: named like the command line's flags, without defaults. */
export type RecordedOptions = Readonly<Record<string, unknown>>;

/** The cleaning among recorded options; `keepUnicode` stays undefined where it was not given. */
export function cleaningOf(options: RecordedOptions): CleaningOptions | false {
  if (options.cleaning === false) return false;
  const steps = Object.keys(cleaningSteps).filter((step) => typeof options[step] === "boolean");
  // Only what was given: these options override others.
  return {
    ...(typeof options.keepUnicode === "boolean" ? { keepUnicode: options.keepUnicode } : {}),
    ...(steps.length > 0
      ? { steps: Object.fromEntries(steps.map((step) => [step, options[step] === true])) }
      : {}),
  };
}

/** The options that give this cleaning, whatever the defaults. */
export function optionsOfCleaning({ steps, keepUnicode }: TextCleaning): RecordedOptions {
  if (steps.length === 0 && !keepUnicode) return { cleaning: false };
  const standard = resolveCleaning({ keepUnicode }).steps;
  const others = (Object.keys(cleaningSteps) as CleaningStep[]).filter(
    (step) => steps.includes(step) !== standard.includes(step),
  );
  return { keepUnicode, ...Object.fromEntries(others.map((step) => [step, steps.includes(step)])) };
}

/**
 * The cleaning of a model's texts from its `generation_config.json`, or for models of 0.1.0 from `run.json`;
 * undefined where neither records it.
 */
export function recordedCleaning(
  generation: RecordedOptions | undefined,
  run: RecordedOptions | undefined,
): TextCleaning | undefined {
  const known = generation?.[TEXT_CLEANING] ?? run?.cleaning;
  if (isCleaning(known)) return known;
  if (run?.format !== "punchline-run" || typeof run.data !== "object" || run.data === null) return undefined;
  return resolveCleaning(run.kind === "text" ? false : cleaningOf(run.data as RecordedOptions));
}

function isCleaning(value: unknown): value is TextCleaning {
  if (typeof value !== "object" || value === null) return false;
  const { steps, keepUnicode, lineBreaks } = value as Partial<TextCleaning>;
  return (
    Array.isArray(steps) &&
    steps.every((step) => Object.hasOwn(cleaningSteps, step)) &&
    typeof keepUnicode === "boolean" &&
    typeof lineBreaks === "boolean"
  );
}
