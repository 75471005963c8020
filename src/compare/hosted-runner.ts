/**
 * A model behind a service: what it predicts where the service gives log-probabilities, and how long one answer takes.
 * What happens inside cannot be asked.
 */
import { InputError } from "../core/errors.ts";
import { openHosted } from "../generate/hosted/hosted-model.ts";
import { caseNames } from "./answers.ts";
import { CONTINUATION_TOKENS } from "./continue-text.ts";
import type { ModelRequest } from "./options.ts";
import type { ModelRunner } from "./runner.ts";
import { stopwatch } from "./speed.ts";

export async function hostedRunner({
  name,
  label,
  cloze: { left },
  options: { topK = 10, signal },
}: ModelRequest): Promise<ModelRunner> {
  const model = await openHosted(name);
  const write = async (maxLength: number) =>
    (await model.sample({ prompt: left, maxLength, temperature: 0, signal }))[0]!;
  // Whether it can be reached at all, and how it goes on.
  const { text } = await write(CONTINUATION_TOKENS);
  const predictions = await model.predict(left, { topK, signal }).catch((error: unknown) => {
    if (error instanceof InputError && error.code === "hosted-no-score") return error.message;
    throw error;
  });
  const silent = typeof predictions === "string";
  return {
    result: {
      model: label,
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
        `${label} is behind a service: its times hold the network and whoever else uses it; reading apart from writing, its cache, its attention, the effect of words right of the blank and its sizes cannot be asked.`,
      ],
    },
    cases: [
      { model: label, case: caseNames.fill, tokens: 1, run: async () => [await stopwatch(() => write(1))] },
    ],
    lengths: [],
    batches: [],
    flopsPerToken: undefined,
    release: () => model.release(),
  };
}
