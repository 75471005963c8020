/** The record of a run as options of the command that repeats it. */
import { UsageError } from "../../core/errors.ts";
import { idleOptions, type TrainOptions } from "../../train/options.ts";
import { optionsOfJokes } from "../../train/run-data.ts";
import { parseRecord, type RunRecord } from "../../train/run-record.ts";

type Values = Readonly<Record<string, unknown>>;

/** Options that only a program sets. */
const unnamed = ["resetState", "countedBias", "shuffleTexts"] as const;

/**
 * The options that the run in `file` was trained with, and the model that it was fine-tuned from. Sources are where
 * the run's record has them.
 * @param name the command
 * @param given the options on the command line
 * @throws UsageError for another command than the one that trains so, and for a run that no command line can repeat
 */
export async function optionsOfRecord(
  text: string,
  file: string,
  name: string,
  given: Values,
): Promise<Values> {
  const record = await parseRecord(text, file);
  const { base, model, modelOptions, sources, data, kind, device, threads, train } = record;
  const own = base === undefined ? "train" : "finetune";
  if (name !== own)
    throw new UsageError(
      `${file} is the record of a run, which "punchline ${own}" repeats; "${name}" takes nothing from it.`,
      { file },
    );
  const asked = given.data as readonly string[] | undefined;
  if (sources.length === 0 && asked === undefined)
    throw new UsageError(
      `${file} is of a run that a program gave its texts, so it does not say where they are; give --data.`,
      { file },
    );
  return {
    model: base ?? model,
    ...modelOptions,
    ...trainingOf(train, given, file),
    ...(kind === "text" ? { raw: true } : {}),
    ...optionsOfJokes(record),
    ...data,
    ...(sources.length > 0 ? { data: sources } : {}),
    device,
    ...(threads === null ? {} : { threads }),
  };
}

/** A record has all options of the training; those that have no meaning beside the others would be refused. */
function trainingOf(train: RunRecord["train"], given: Values, file: string) {
  const { lora, ...all } = train;
  const idle: Readonly<Record<string, boolean>> = idleOptions({ ...all, ...given } as TrainOptions);
  for (const name of unnamed)
    if (all[name] === false)
      throw new UsageError(
        `${file} is of a run without ${name}, which has no option on the command line; repeat it in a program.`,
        { file, option: name },
      );
  return {
    ...Object.fromEntries(
      Object.entries(all).filter(([name]) => !idle[name] && !unnamed.some((other) => other === name)),
    ),
    ...(lora
      ? {
          lora: true,
          loraRank: lora.rank,
          loraAlpha: lora.alpha,
          loraDropout: lora.dropout,
          loraTargets: lora.targets,
        }
      : {}),
  };
}
