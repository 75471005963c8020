/** Chapter two of the story: a GPT-2 that has learned English elsewhere is shown the jokes. */
import type { Evaluation } from "../../evaluate/evaluation.ts";
import { leadOf } from "../../evaluate/lead.ts";
import { evaluateTexts } from "../../evaluate/likelihood.ts";
import { uniformLoss } from "../../evaluate/reference.ts";
import type { LanguageModel } from "../../generate/language-model.ts";
import { loadModel } from "../../generate/load.ts";
import type { Sample } from "../../generate/sample.ts";
import type { GptData } from "../../report/index.ts";
import { readRun } from "../../train/run-folder.ts";
import type { StoryChapter, Telling } from "../context.ts";
import { gptBase, gptControl, gptFolders, gptModel, jokeTokens } from "../models/gpt.ts";
import type { StoryRun } from "../runs.ts";
import { usualTemperature, write, writeJokes } from "../writing.ts";

const prompts = ["Why did the", "My wife", "I used to be"] as const;

export const gpt: StoryChapter<"gpt"> = {
  name: "gpt",
  title: "Pieces of words: GPT-2",
  uses: [],
  // The last is what stories of 0.1.0 have left.
  runs: [...gptFolders, "gpt-pretrained"],
  seconds: ({ finetuning, written }) => 120 * finetuning + 6 + written / 20,
  async tell(telling) {
    const { data, plan, seed, emit } = telling;
    const base = await gptBase(telling);
    const run = await gptModel(telling);
    const [before, after] = [await loadModel(base.folder), await loadModel(run.folder)];
    const maxLength = await jokeTokens(data, after.tokenizer, base);
    const jokes = await writeJokes(telling, after, "The GPT-2", { maxLength });
    const control = await gptControl(telling);
    emit({ type: "work", what: "before and after" });
    const scratch = control && (await loadModel(control.folder));
    const told = await pairs(telling, { before, after, ...(scratch ? { scratch } : {}) });
    emit({ type: "pairs", what: base.name, pairs: told });
    const { train, modelOptions } = await readRun(run.folder);
    const sampleCommand = (folder: string, n: number, rest = "") =>
      `punchline sample ${folder}${rest} -n ${n} --temperature ${usualTemperature} --max-length ${maxLength} --seed ${seed}`;
    const split = splitOf(data);
    const validated = validatedOf(data, after, train.validationTokens);
    const own = await quality(telling, after, split);
    const alone = scratch && (await quality(telling, scratch, split));
    return {
      model: base.name,
      parameters: run.summary.parameters,
      origin: { kind: base.builtIn ? "built-in" : "published", name: base.name },
      log: run.log,
      uniform: uniformLoss(after.tokenizer.size),
      timeline: run.samples,
      before_after: told,
      ...(control && alone
        ? {
            control: {
              log: control.log,
              command: control.command,
              curves: {
                bits_per_nat: validated.bitsPerNat,
                start: (await judged(telling, before, validated.texts, validated.prompts)).bits_per_byte,
              },
              lead: leadOf(
                [
                  { name: "fine-tuned", bits: own.bits_per_byte },
                  { name: "from scratch", bits: alone.bits_per_byte },
                ],
                own.bytes,
              ),
            },
          }
        : {}),
      quality: [
        {
          label: `${base.name}, before it read a joke`,
          bits_per_byte: (await quality(telling, before, split)).bits_per_byte,
        },
        ...(alone
          ? [
              {
                label: "the same network from scratch, on jokes alone",
                bits_per_byte: alone.bits_per_byte,
                scratch: true,
              },
            ]
          : []),
        { label: `${base.name}, fine-tuned`, bits_per_byte: own.bits_per_byte, lead: true },
      ],
      quality_split: split,
      quality_bytes: own.bytes,
      endings: {
        n: plan.written,
        tokens: maxLength,
        before: ended(await write(telling, before, plan.written, usualTemperature, { maxLength })),
        after: ended(await jokes.more(plan.written)),
        command: sampleCommand(run.folder, plan.written),
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

/** The same beginnings gone on with by each, with the same random numbers. */
async function pairs(
  telling: Telling,
  models: {
    readonly before: LanguageModel;
    readonly after: LanguageModel;
    readonly scratch?: LanguageModel;
  },
): Promise<NonNullable<GptData["before_after"]>> {
  const { before, after, scratch } = models;
  const out = [];
  for (const prompt of prompts) {
    const of = async (lm: LanguageModel) => {
      const [one] = await write(telling, lm, 1, usualTemperature, { prompt, maxLength: 40 });
      // A model of books begins paragraphs, which have no room beside a joke.
      return one?.text.replace(/\s+/g, " ") ?? "";
    };
    const both = { prompt, before: await of(before), after: await of(after) };
    out.push(scratch ? { ...both, scratch: await of(scratch) } : both);
  }
  return out;
}

/** The jokes that a training was validated on, and how many bits per byte of them a nat per token is. */
function validatedOf({ splits, prompts }: Telling["data"], { tokenizer }: LanguageModel, most: number) {
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
    ...(prompts ? { prompts: prompts.validation.slice(0, texts.length) } : {}),
  };
}

/** The split that models are judged on. */
const splitOf = ({ splits }: Telling["data"]) => (splits.test.length > 0 ? "test" : "validation");

/** What a model makes of the jokes that nobody has trained on. */
const quality = (telling: Telling, lm: LanguageModel, split: "test" | "validation"): Promise<Evaluation> =>
  judged(telling, lm, telling.data.splits[split], telling.data.prompts?.[split]);

const judged = (
  { signal }: Telling,
  lm: LanguageModel,
  texts: readonly string[],
  prompts: readonly number[] | undefined,
): Promise<Evaluation> =>
  evaluateTexts(lm, texts, { ...(prompts ? { prompts } : {}), ...(signal ? { signal } : {}) });

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
    "passes over the jokes": Number((log.at(-1)?.epoch ?? 0).toPrecision(2)),
    "tokens per second": Math.round(summary.tokens_per_s),
  };
}
