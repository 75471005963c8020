/** Chapter three of the story: is what the models wrote new, or have they remembered it? */

import { localModel } from "../../evaluate/local-model.ts";
import { askable, auditModel, textsOf } from "../../evaluate/novelty/audit-model.ts";
import { measureExtraction } from "../../evaluate/novelty/extraction.ts";
import { measureMembership } from "../../evaluate/novelty/membership.ts";
import { loadModel } from "../../generate/load.ts";
import type { NoveltyData } from "../../report/index.ts";
import type { StoryChapter, Telling } from "../context.ts";
import { charactersModel } from "../models/characters.ts";
import { gptBase, gptModel, jokeTokens } from "../models/gpt.ts";
import type { StoryRun } from "../runs.ts";
import { usualTemperature, write } from "../writing.ts";

interface Audited {
  /** In a sentence: "of the jokes of ...". */
  readonly model: string;
  readonly run: (telling: Telling) => Promise<StoryRun>;
  /** Most characters of a joke; of a model of pieces of words they are counted in tokens, by the data. */
  readonly maxLength?: number;
  /** Tokens of a training joke that the model is given to complete it. */
  readonly prefix: number;
}

const models: readonly Audited[] = [
  { model: "the character model", run: charactersModel, maxLength: 240, prefix: 20 },
  { model: "the GPT-2", run: gptModel, prefix: 6 },
];

export const novelty: StoryChapter<"novelty"> = {
  name: "novelty",
  title: "New or remembered?",
  uses: ["characters", "gpt"],
  runs: [],
  seconds: ({ written }) => 4 + written / 15,
  async tell(telling) {
    const { data, plan, seed, signal, emit } = telling;
    const audits = [];
    let indexed = 0;
    for (const [i, { model, run, prefix, ...limits }] of models.entries()) {
      const { folder } = await run(telling);
      const lm = await loadModel(folder);
      const { maxLength = await jokeTokens(data, lm.tokenizer, { folder }) } = limits;
      emit({ type: "work", what: `auditing ${model}`, done: i / models.length });
      const samples = await write(telling, lm, plan.written, usualTemperature, { maxLength });
      const audit = await auditModel(
        samples.map(({ text }) => text),
        {
          data,
          lm,
          asked: plan.asked,
          prefix,
          noun: "jokes",
          ...(signal ? { signal } : {}),
        },
      );
      indexed = audit.indexed;
      const command = `punchline novelty ${folder} -n ${plan.written} --max-length ${maxLength} --seed ${seed} --asked ${plan.asked} --prefix ${prefix}`;
      const before = run === gptModel ? { before: await beforeTheJokes(telling, prefix) } : {};
      audits.push({ model, command, ...audit, ...before });
    }
    return { indexed, audits };
  },
};

/**
 * The same questions put to the pre-trained model before it was shown a joke. What it answers then it has not learned
 * here: it is what can be guessed, or what it had read before.
 */
async function beforeTheJokes(
  telling: Telling,
  prefix: number,
): Promise<NonNullable<NoveltyData["audits"][number]["before"]>> {
  const { data, plan, signal } = telling;
  const base = await gptBase(telling);
  const lm = await loadModel(base.folder);
  const model = localModel(lm, signal);
  try {
    const asking = askable(lm, textsOf(data), plan.asked);
    const together = { batch: 256, ...(signal ? { signal } : {}) };
    // Whether it goes on word for word is what is asked; what sampling might draw is told of the tuned model.
    const { cut, complete } = model;
    const extraction = await measureExtraction({ cut, complete }, asking, { prefix, ...together });
    const { signals } = await measureMembership(model, asking, together);
    return { model: base.name, extraction, membership: signals };
  } finally {
    await model.release();
  }
}
