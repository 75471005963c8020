/**
 * Models as large as the published ones: those themselves where they are in the Hub's cache, else models of the same
 * sizes with random weights, which are as fast and have learned nothing.
 */
import { rm, statfs } from "node:fs/promises";
import { makeFolder } from "../../files/make-folder.ts";
import { cachedModel } from "../../hub/pull.ts";
import type { OptionValues } from "../../models/model.ts";
import { architectureOf } from "../../models/registry.ts";
import type { Tokenizer } from "../../text/tokenizer.ts";
import type { DemoContext } from "../context.ts";
import { writeUntrained } from "./untrained.ts";

export interface FullSizeModel {
  /** What the results call it. */
  readonly label: string;
  /** As the command line takes it. */
  readonly name: string;
  /** Whether its weights are random numbers. */
  readonly random?: boolean | undefined;
}

interface Published {
  readonly name: string;
  readonly label: string;
  readonly model: string;
  readonly options: OptionValues;
  /** Size of the published vocabulary. */
  readonly vocabulary: number;
}

const published: readonly Published[] = [
  {
    name: "gpt2",
    label: "GPT-2 at full size",
    model: "gpt2",
    options: { config: "gpt2" },
    vocabulary: 50_257,
  },
  {
    name: "bert-base-uncased",
    label: "BERT-base at full size",
    model: "bert",
    options: { config: "base" },
    vocabulary: 30_522,
  },
];

export const FULL_SIZE = "full-size";

/** Bytes that the two take on disk and in memory, with some room to spare. */
const DISK = 1.2e9;
const MEMORY = 3e9;

/** Why models of full size cannot be written here; undefined where they can. */
export async function tooLarge(folder: string): Promise<string | undefined> {
  await makeFolder(folder);
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  if (free < DISK) return `the disk has ${gigabytes(free)} left and the two models take ${gigabytes(DISK)}`;
  const memory = process.availableMemory();
  return memory < MEMORY
    ? `${gigabytes(memory)} of memory are free and the two models take up to ${gigabytes(MEMORY)}`
    : undefined;
}

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;

/**
 * Calls `work` with both at full size; those that had to be written are removed afterwards.
 * @param vocabularies of the models with random weights, by architecture
 */
export async function withFullSize<T>(
  { runs, seed }: DemoContext,
  vocabularies: Readonly<Record<string, Tokenizer>>,
  work: (models: readonly FullSizeModel[]) => Promise<T>,
): Promise<T> {
  const place = runs.folderOf(FULL_SIZE);
  try {
    const models: FullSizeModel[] = [];
    for (const { name, label, model, options, vocabulary } of published) {
      if ((await cachedModel(name)) !== undefined) {
        models.push({ label, name });
        continue;
      }
      const folder = `${place}/${name}`;
      const config = architectureOf(model).configure(options, vocabulary);
      await writeUntrained(folder, { config, tokenizer: vocabularies[model]!, seed });
      models.push({ label, name: folder, random: true });
    }
    return await work(models);
  } finally {
    await rm(place, { recursive: true, force: true });
  }
}
