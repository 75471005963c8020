/** Chapter three of the story: is what the models wrote new, or have they remembered it? */

import { loadModel } from "../../generate/load.ts";
import { auditModel } from "../audit.ts";
import { charactersModel } from "../models/characters.ts";
import { gptModel } from "../models/gpt.ts";
import type { StoryRun } from "../runs.ts";
import type { StoryChapter, Telling } from "../telling.ts";
import { usualTemperature, write } from "../writing.ts";
import { MOST_TOKENS } from "./gpt.ts";

interface Audited {
  /** In a sentence: "of the jokes of ...". */
  readonly model: string;
  readonly run: (telling: Telling) => Promise<StoryRun>;
  readonly maxLength: number;
  /** Tokens of a training joke that the model is given to complete it. */
  readonly prefix: number;
}

const models: readonly Audited[] = [
  { model: "the character model", run: charactersModel, maxLength: 240, prefix: 20 },
  { model: "the GPT-2", run: gptModel, maxLength: MOST_TOKENS, prefix: 6 },
];

export const novelty: StoryChapter<"novelty"> = {
  name: "novelty",
  title: "New or remembered?",
  uses: ["characters", "gpt"],
  runs: [],
  seconds: ({ written }) => written / 7,
  async tell(telling) {
    const { data, plan, seed, signal, emit } = telling;
    const audits = [];
    let indexed = 0;
    for (const [i, { model, run, maxLength, prefix }] of models.entries()) {
      const { folder } = await run(telling);
      const lm = await loadModel(folder);
      emit({ type: "work", what: `auditing ${model}`, done: i / models.length });
      const samples = await write(telling, lm, plan.written, usualTemperature, { maxLength });
      const audit = await auditModel(
        samples.map(({ text }) => text),
        {
          data,
          lm,
          asked: plan.asked,
          prefix,
          ...(signal ? { signal } : {}),
        },
      );
      indexed = audit.indexed;
      const command = `punchline novelty ${folder} -n ${plan.written} --max-length ${maxLength} --seed ${seed} --asked ${plan.asked} --prefix ${prefix}`;
      audits.push({ model, command, ...audit });
    }
    return { indexed, audits };
  },
};
