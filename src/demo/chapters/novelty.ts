/** Chapter three of the demo: is what the models wrote new, or have they remembered it? */
import { localModel } from "../../evaluate/local-model.ts";
import { askable, auditModel } from "../../evaluate/novelty/audit-model.ts";
import { measureExtraction } from "../../evaluate/novelty/extraction.ts";
import { closestBeginnings } from "../../evaluate/novelty/finding.ts";
import { measureMembership } from "../../evaluate/novelty/membership.ts";
import { textsOf } from "../../evaluate/novelty/source-texts.ts";
import { loadModel } from "../../generate/load.ts";
import type { NoveltyData } from "../../report/index.ts";
import type { DemoChapter, DemoContext } from "../context.ts";
import { trainedCharacters } from "../models/characters.ts";
import { baseGpt, jokeTokens, trainedGpt } from "../models/gpt.ts";
import type { DemoRun } from "../runs.ts";
import { usualTemperature, writeTexts } from "../write-jokes.ts";

interface Audited {
  /** As it follows "the jokes of" in a sentence. */
  readonly model: string;
  readonly run: (context: DemoContext) => Promise<DemoRun>;
  /** The most tokens of a joke. Default: enough for those of the data. */
  readonly maxLength?: number | undefined;
  /** Tokens of a training joke that the model gets as a prompt. */
  readonly prefix: number;
}

const models: readonly Audited[] = [
  { model: "the character model", run: trainedCharacters, maxLength: 240, prefix: 20 },
  { model: "the GPT-2", run: trainedGpt, prefix: 6 },
];

export const novelty: DemoChapter<"novelty"> = {
  name: "novelty",
  title: "New or remembered?",
  question: "Did they make these jokes up, or remember them?",
  uses: ["characters", "gpt"],
  runs: [],
  seconds: ({ written }) => 4 + written / 15,
  async run(context) {
    const { data, plan, seed, signal, emit } = context;
    const audits = [];
    let indexed = 0;
    for (const [i, { model, run, prefix, ...limits }] of models.entries()) {
      const { folder } = await run(context);
      const lm = await loadModel(folder);
      const { maxLength = await jokeTokens(data, lm.tokenizer, { folder }) } = limits;
      emit({ type: "work", what: `auditing ${model}`, done: i / models.length });
      const samples = await writeTexts(context, lm, plan.written, usualTemperature, { maxLength });
      const audit = await auditModel(
        samples.map(({ text }) => text),
        { data, lm, asked: plan.asked, prefix, noun: "jokes", signal },
      );
      indexed = audit.indexed;
      const command = `punchline novelty ${folder} -n ${plan.written} --max-length ${maxLength} --seed ${seed} --asked ${plan.asked} --prefix ${prefix}`;
      const before = run === trainedGpt ? await beforeTheJokes(context, prefix) : undefined;
      audits.push({ model, command, ...audit, before });
    }
    const [like] = closestBeginnings(
      audits.flatMap(({ model, samples }) =>
        // Copies are counted, not shown.
        samples.flatMap((one) => (one.copy ? [] : [{ ...one, model }])),
      ),
    );
    if (like)
      emit({ type: "cue", model: like.model, written: like.text.trim(), real: like.cue_matches[0]!.text });
    return { indexed, audits };
  },
};

/**
 * The same questions to the pre-trained model before its fine-tuning. What it answers then it has not learned here: it can
 * be guessed, or it had read it before.
 */
async function beforeTheJokes(
  context: DemoContext,
  prefix: number,
): Promise<NonNullable<NoveltyData["audits"][number]["before"]>> {
  const { data, plan, signal } = context;
  const base = await baseGpt(context);
  const lm = await loadModel(base.folder);
  const model = localModel(lm, signal);
  try {
    const asking = askable(lm, textsOf(data), plan.asked);
    const together = { batch: 256, signal };
    // Only whether it continues word for word is asked; what sampling may draw is measured of the tuned model.
    const { cut, complete } = model;
    const extraction = await measureExtraction({ cut, complete }, asking, { prefix, ...together });
    const { signals } = await measureMembership(model, asking, together);
    return { model: base.name, extraction, membership: signals };
  } finally {
    await model.release();
  }
}
