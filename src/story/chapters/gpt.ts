/** Chapter two of the story: a GPT-2 that has read other text before is shown the jokes. */
import { encodeItems } from "../../data/tokens.ts";
import { type Lead, leadOf, lowestLoss } from "../../evaluate/lead.ts";
import { evaluateTexts } from "../../evaluate/likelihood.ts";
import { uniformLoss } from "../../evaluate/reference.ts";
import type { LanguageModel } from "../../generate/language-model.ts";
import { loadModel } from "../../generate/load.ts";
import type { Sample } from "../../generate/sample.ts";
import type { GptData } from "../../report/index.ts";
import type { LogRow } from "../../train/events.ts";
import { readRun } from "../../train/run-folder.ts";
import { type GptBase, gptBase, gptControl, gptModel, PROSE } from "../models/gpt.ts";
import type { StoryRun } from "../runs.ts";
import type { StoryChapter, Telling } from "../telling.ts";
import { usualTemperature, write, writeJokes } from "../writing.ts";

/** Most tokens of a text; the real jokes are shorter, nearly all of them. */
export const MOST_TOKENS = 64;
const prompts = ["Why did the", "My wife", "I used to be"] as const;

export const gpt: StoryChapter<"gpt"> = {
  name: "gpt",
  title: "Pieces of words: GPT-2",
  uses: [],
  runs: ["gpt-pretrained", "gpt", "gpt-scratch"],
  seconds: ({ pretraining, finetuning, control }) =>
    60 * (pretraining + finetuning) + (control ? 30 * (pretraining + finetuning) : 0) + 15,
  async tell(telling) {
    const base = await gptBase(telling);
    const run = await gptModel(telling);
    const [before, after] = [await loadModel(base.folder), await loadModel(run.folder)];
    const jokes = await writeJokes(telling, after, "The GPT-2", { maxLength: MOST_TOKENS });
    const control = base.run && telling.plan.control ? await gptControl(telling, base.run) : undefined;
    telling.emit({ type: "work", what: "before and after" });
    const { train, modelOptions } = await readRun(run.folder);
    const sampleCommand = (folder: string, n: number, rest = "") =>
      `punchline sample ${folder}${rest} -n ${n} --temperature ${usualTemperature} --max-length ${MOST_TOKENS} --seed ${telling.seed}`;
    return {
      model: base.run ? "a small GPT-2" : base.name,
      parameters: run.summary.parameters,
      origin: originOf(base),
      log: run.log,
      uniform: uniformLoss(after.tokenizer.size),
      timeline: run.samples,
      before_after: await pairs(telling, before, after),
      ...(control
        ? {
            control: {
              log: control.log,
              command: control.command,
              lead: headStart(telling.data, after, train.validationTokens, run.log, control.log),
            },
          }
        : {}),
      quality: await qualities(telling, [
        { label: "before it read a joke", lm: before },
        { label: "after", lm: after, lead: true },
        ...(control ? [{ label: "jokes alone, no novel first", lm: await loadModel(control.folder) }] : []),
      ]),
      quality_split: splitOf(telling.data),
      endings: {
        n: telling.plan.written,
        tokens: MOST_TOKENS,
        before: ended(
          await write(telling, before, telling.plan.written, usualTemperature, { maxLength: MOST_TOKENS }),
        ),
        after: ended(await jokes.more(telling.plan.written)),
        command: sampleCommand(run.folder, telling.plan.written),
      },
      jokes: jokes.groups,
      settings: settingsOf(run, { ...modelOptions, vocabulary: after.tokenizer.size }, train),
      commands: {
        train: run.command,
        sample: sampleCommand(run.folder, 10),
        prompt: sampleCommand(run.folder, 1, ` --prompt "${prompts[0]}"`),
        evaluate: `punchline eval ${run.folder}`,
      },
    };
  },
};

function originOf({ name, run }: GptBase): GptData["origin"] {
  if (!run) return { kind: "published", name };
  return { kind: "here", text: PROSE, log: run.log, command: run.command };
}

/** The same beginnings gone on with by both, with the same random numbers. */
async function pairs(
  telling: Telling,
  before: LanguageModel,
  after: LanguageModel,
): Promise<NonNullable<GptData["before_after"]>> {
  const out = [];
  for (const prompt of prompts) {
    const of = async (lm: LanguageModel) =>
      (await write(telling, lm, 1, usualTemperature, { prompt, maxLength: 40 }))[0]?.text ?? "";
    out.push({ prompt, before: await of(before), after: await of(after) });
  }
  return out;
}

/** Whether the model that read the novel first is ahead, or behind, by more than the validated jokes can tell. */
function headStart(
  data: Telling["data"],
  { tokenizer }: LanguageModel,
  validationTokens: number,
  own: readonly LogRow[],
  alone: readonly LogRow[],
): Lead | undefined {
  const texts = data.splits.validation;
  const { tokens } = encodeItems(tokenizer, texts);
  const perToken = texts.reduce((n, text) => n + [...text].length + 1, 0) / tokens.length;
  const models = Object.entries({ "the novel first": own, "jokes alone": alone }).flatMap(([name, log]) => {
    const loss = lowestLoss(log);
    return loss === undefined ? [] : [{ name, bits: loss / Math.LN2 / perToken }];
  });
  return leadOf(models, Math.min(validationTokens, tokens.length) * perToken);
}

/** The split that models are judged on. */
const splitOf = ({ splits }: Telling["data"]) => (splits.test.length > 0 ? "test" : "validation");

/** Bits per byte on the jokes that nobody has trained on. */
async function qualities(
  { data, signal }: Telling,
  models: readonly { readonly label: string; readonly lm: LanguageModel; readonly lead?: boolean }[],
): Promise<NonNullable<GptData["quality"]>> {
  const split = splitOf(data);
  const options = {
    ...(data.prompts ? { prompts: data.prompts[split] } : {}),
    ...(signal ? { signal } : {}),
  };
  const out = [];
  for (const { label, lm, ...rest } of models) {
    const { bits_per_byte } = await evaluateTexts(lm, data.splits[split], options);
    out.push({ label, bits_per_byte, ...rest });
  }
  return out;
}

/** How many ended by themselves. */
const ended = (samples: readonly Sample[]): number => samples.filter(({ finish }) => finish === "eos").length;

function settingsOf(
  { log, summary }: StoryRun,
  model: Readonly<Record<string, string | number | boolean>>,
  train: Awaited<ReturnType<typeof readRun>>["train"],
): GptData["settings"] {
  return {
    ...model,
    "batch size": train.batchSize,
    window: `${train.seqLen} tokens`,
    "learning rate": train.learningRate,
    schedule: train.schedule,
    optimizer: train.optimizer,
    seed: train.seed,
    "time limit": `${train.maxMinutes} minutes`,
    "passes over the jokes": Number((log.at(-1)?.epoch ?? 0).toFixed(1)),
    "tokens per second": Math.round(summary.tokens_per_s),
  };
}
