/** Chapter two of the demo: a pre-trained GPT-2 is fine-tuned on the jokes. */
import type { Evaluation } from "../../evaluate/evaluation.ts";
import { bitsAndBytes, leadOf, type TextBits } from "../../evaluate/lead.ts";
import { scoreTexts } from "../../evaluate/likelihood.ts";
import { uniformLoss } from "../../evaluate/reference.ts";
import type { LanguageModel } from "../../generate/language-model.ts";
import { loadModel } from "../../generate/load.ts";
import type { Sample } from "../../generate/sample.ts";
import type { GptData } from "../../report/index.ts";
import { readRun } from "../../train/run-folder.ts";
import type { DemoChapter, DemoContext } from "../context.ts";
import { baseGpt, gptFolders, gptFromScratch, jokeTokens, trainedGpt } from "../models/gpt.ts";
import { readTexts } from "../read-texts.ts";
import type { DemoRun } from "../runs.ts";
import { usualTemperature, writeJokes, writeTexts } from "../write-jokes.ts";

const FROM_SCRATCH = "the same network from scratch, on jokes alone";
const prompts = ["Why did the", "My wife", "I used to be"] as const;

export const gpt: DemoChapter<"gpt"> = {
  name: "gpt",
  title: "Pieces of words: GPT-2",
  question: "What does a model gain that has read English before?",
  uses: [],
  // The last is from version 0.1.0.
  runs: [...gptFolders, "gpt-pretrained"],
  seconds: ({ finetuning, written }) => 120 * finetuning + 6 + written / 20,
  async run(context) {
    const { data, plan, seed, emit } = context;
    const base = await baseGpt(context);
    const run = await trainedGpt(context);
    const [before, after] = [await loadModel(base.folder), await loadModel(run.folder)];
    const maxLength = await jokeTokens(data, after.tokenizer, base);
    const jokes = await writeJokes(context, after, "The GPT-2", { maxLength });
    const control = await gptFromScratch(context);
    emit({ type: "work", what: "before and after" });
    const scratch = control && (await loadModel(control.folder));
    const continued = await pairs(context, before, after, scratch);
    emit({ type: "pairs", what: base.name, pairs: continued });
    const { train, modelOptions } = await readRun(run.folder);
    const sampleCommand = (folder: string, n: number, rest = "") =>
      `punchline sample ${folder}${rest} -n ${n} --temperature ${usualTemperature} --max-length ${maxLength} --seed ${seed}`;
    const split = splitOf(data);
    const validated = validatedOf(data, after, train.validationTokens);
    const own = await quality(context, after, split);
    const alone = scratch && (await quality(context, scratch, split));
    return {
      model: base.name,
      parameters: run.summary.parameters,
      origin: { kind: base.builtIn ? "built-in" : "published", name: base.name },
      log: run.log,
      uniform: uniformLoss(after.tokenizer.size),
      timeline: run.samples,
      before_after: continued,
      control:
        control && alone
          ? {
              log: control.log,
              command: control.command,
              curves: {
                bits_per_nat: validated.bitsPerNat,
                start: (await evaluated(context, before, validated.texts, validated.prompts)).bits_per_byte,
              },
              lead: leadOf(
                [
                  { name: "fine-tuned", bits: own.bits_per_byte, texts: own.textBits },
                  { name: "from scratch", bits: alone.bits_per_byte, texts: alone.textBits },
                ],
                own.bytes,
              ),
            }
          : undefined,
      quality: [
        {
          label: `${base.name}, before it read a joke`,
          bits_per_byte: (await quality(context, before, split)).bits_per_byte,
        },
        ...(alone ? [{ label: FROM_SCRATCH, bits_per_byte: alone.bits_per_byte, scratch: true }] : []),
        { label: `${base.name}, fine-tuned`, bits_per_byte: own.bits_per_byte, lead: true },
      ],
      quality_split: split,
      quality_bytes: own.bytes,
      text_bits: own.textBits,
      endings: {
        n: plan.written,
        tokens: maxLength,
        before: ended(await writeTexts(context, before, plan.written, usualTemperature, { maxLength })),
        after: ended(await jokes.more(plan.written)),
        command: sampleCommand(run.folder, plan.written),
      },
      jokes: jokes.groups,
      best: await jokes.best(),
      read: await readTexts(context, after, jokes.groups),
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

/** The same beginnings continued by each, with the same random numbers. */
async function pairs(
  context: DemoContext,
  before: LanguageModel,
  after: LanguageModel,
  scratch: LanguageModel | undefined,
): Promise<NonNullable<GptData["before_after"]>> {
  const out = [];
  for (const prompt of prompts) {
    const of = async (lm: LanguageModel) => {
      const [one] = await writeTexts(context, lm, 1, usualTemperature, { prompt, maxLength: 40 });
      // A model trained on books begins paragraphs; one line is enough here.
      return one?.text.replace(/\s+/g, " ") ?? "";
    };
    const both = { prompt, before: await of(before), after: await of(after) };
    out.push(scratch ? { ...both, scratch: await of(scratch) } : both);
  }
  return out;
}

/** The jokes that a training was validated on, and their bits per byte for each nat per token. */
function validatedOf({ splits, prompts }: DemoContext["data"], { tokenizer }: LanguageModel, most: number) {
  const texts: string[] = [];
  let [tokens, bytes] = [0, 0];
  for (const [i, text] of splits.validation.entries()) {
    if (tokens >= most) break;
    texts.push(text);
    const predicted = text.slice(prompts?.validation[i] ?? 0);
    tokens += tokenizer.encode(predicted).length + 1;
    bytes += Buffer.byteLength(predicted) + 1;
  }
  return {
    texts,
    bitsPerNat: tokens / Math.LN2 / Math.max(1, bytes),
    prompts: prompts?.validation.slice(0, texts.length),
  };
}

const splitOf = ({ splits }: DemoContext["data"]) => (splits.test.length > 0 ? "test" : "validation");

interface Evaluated extends Evaluation {
  readonly textBits: readonly TextBits[];
}

/** The evaluation on jokes that no model was trained on. */
const quality = (context: DemoContext, lm: LanguageModel, split: "test" | "validation"): Promise<Evaluated> =>
  evaluated(context, lm, context.data.splits[split], context.data.prompts?.[split]);

async function evaluated(
  { signal }: DemoContext,
  lm: LanguageModel,
  texts: readonly string[],
  prompts: readonly number[] | undefined,
): Promise<Evaluated> {
  const scores = await scoreTexts(lm, texts, { prompts, signal });
  return { ...scores.evaluation, textBits: bitsAndBytes(scores) };
}

/** How many ended with the end-of-text token. */
const ended = (samples: readonly Sample[]): number => samples.filter(({ finish }) => finish === "eos").length;

function settingsOf(
  { log, summary }: DemoRun,
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
    "passes over the jokes": Number((log.at(-1)?.epoch ?? 0).toPrecision(2)),
    "tokens per second": Math.round(summary.tokens_per_s),
  };
}
