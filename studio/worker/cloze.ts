/** GPT or BERT: the two built-in models, asked about the same gap. */
import { type ClozeModel, clozeModel, type Handlers, InputError, timeClozeModels } from "punchline/web";
import type { OpenBuiltIn } from "./built-in.ts";
import type { StudioCalls } from "./calls.ts";

const names = ["punchline-gpt2", "punchline-bert"] as const;

/** Predictions of each. */
const TOP = 5;

type ClozeCalls = Pick<StudioCalls, "cloze" | "clozeRight" | "clozeTimes">;

export function clozeHandlers(open: OpenBuiltIn): Handlers<ClozeCalls> {
  let asked: readonly ClozeModel[] = [];

  const lastAsked = (): readonly ClozeModel[] => {
    if (asked.length > 0) return asked;
    throw new InputError("not-asked", "The models have not read a text yet; ask them first.");
  };

  return {
    async cloze({ text }, { emit, signal }) {
      const pair = [];
      for (const name of names) pair.push(clozeModel(await open(name, emit), text));
      const before = asked;
      asked = pair;
      for (const model of before) await model.release();
      const answers = [];
      for (const model of pair) {
        signal.throwIfAborted();
        emit(`Asking ${model.name}`);
        const { name, kind, text: read, facts, notes } = model;
        const predictions = await model.predict(TOP);
        answers.push({
          name,
          kind,
          text: read,
          facts,
          notes,
          predictions,
          attention: await model.attention(),
        });
      }
      return answers;
    },
    async clozeRight({ right }, { signal }) {
      const changes = [];
      for (const model of lastAsked()) {
        signal.throwIfAborted();
        changes.push(await model.change(right, TOP));
      }
      return changes;
    },
    async clozeTimes({ runs }, { emit, signal }) {
      const times = await timeClozeModels(lastAsked(), { runs, signal, onProgress: emit });
      signal.throwIfAborted();
      return times;
    },
  };
}
