/**
 * A model behind a service as a contender: what it predicts where the service gives log-probabilities, and how
 * long one answer takes. What goes on inside cannot be asked.
 */
import { InputError } from "../core/errors.ts";
import { openHosted } from "../generate/hosted/hosted-model.ts";
import type { Blank } from "./blank.ts";
import { caseNames } from "./case-names.ts";
import type { Contender } from "./contender.ts";
import type { CompareOptions } from "./options.ts";
import { stopwatch } from "./speed.ts";
import { WRITTEN_TOKENS } from "./writing.ts";

export async function hostedContender(
  name: string,
  shown: string,
  { left }: Blank,
  { topK = 10, signal }: CompareOptions,
): Promise<Contender> {
  const model = await openHosted(name);
  const within = signal ? { signal } : {};
  const write = async (maxLength: number) =>
    (await model.sample({ prompt: left, maxLength, temperature: 0, ...within }))[0]!;
  // Whether it can be reached at all, and how it goes on.
  const { text } = await write(WRITTEN_TOKENS);
  const predictions = await model.predict(left, { topK, ...within }).catch((error: unknown) => {
    if (error instanceof InputError && error.code === "hosted-no-score") return error.message;
    throw error;
  });
  const silent = typeof predictions === "string";
  return {
    told: {
      model: shown,
      kind: "hosted",
      engine: "service",
      precision: null,
      parameters: null,
      text: left,
      tokens: null,
      predictions: silent ? [] : predictions,
      writing: { task: "goes on, always with the likeliest token", text: left + text },
      notes: [
        ...(silent ? [predictions] : []),
        `${shown} is behind a service: its times hold the network and whoever else uses it; reading apart from writing, its cache, its attention, the effect of words right of the blank and its sizes cannot be asked.`,
      ],
    },
    cases: [
      { model: shown, case: caseNames.fill, tokens: 1, run: async () => [await stopwatch(() => write(1))] },
    ],
    lengths: [],
    batches: [],
    flopsPerToken: undefined,
    release: () => model.release(),
  };
}
