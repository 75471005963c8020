/**
 * The models that the comparison is about, at full size: the published ones where they lie in the Hub's cache, else
 * models of the same sizes with random weights, which are as fast and know nothing.
 */
import { rm, statfs } from "node:fs/promises";
import { makeFolder } from "../../files/make-folder.ts";
import { cachedModel } from "../../hub/pull.ts";
import type { OptionValues } from "../../models/model.ts";
import type { Tokenizer } from "../../text/tokenizer.ts";
import type { Telling } from "../telling.ts";
import { writeUntrained } from "./untrained.ts";

export interface Contender {
  readonly label: string;
  readonly folder: string;
  /** Whether it has learned anything. */
  readonly trained: boolean;
}

interface Published {
  readonly name: string;
  readonly label: string;
  readonly model: string;
  readonly options: OptionValues;
  /** Ids of the published vocabulary. */
  readonly vocabulary: number;
}

const published: readonly Published[] = [
  { name: "gpt2", label: "GPT-2", model: "gpt2", options: { config: "gpt2" }, vocabulary: 50_257 },
  {
    name: "bert-base-uncased",
    label: "BERT-base",
    model: "bert",
    options: { config: "base" },
    vocabulary: 30_522,
  },
];

/** Bytes that the two take on the disk and then in memory, with room for what comes beside. */
const DISK = 1.2e9;
const MEMORY = 3e9;

/** Those of the published models that are in the cache. */
export async function cachedContenders(): Promise<Contender[]> {
  const found: Contender[] = [];
  for (const { name, label } of published) {
    const folder = await cachedModel(name);
    if (folder !== undefined) found.push({ label, folder, trained: true });
  }
  return found;
}

/** Why models of full size cannot be made here; undefined where they can. */
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
 * Runs `work` with both at full size; those that had to be written are removed afterwards.
 * @param vocabularies of the stand-ins, by architecture, as the published ones are not at hand
 */
export async function withFullSize<T>(
  { runs, seed }: Telling,
  vocabularies: Readonly<Record<string, Tokenizer>>,
  work: (contenders: readonly Contender[]) => Promise<T>,
): Promise<T> {
  const cached = await cachedContenders();
  const place = runs.folderOf("full-size");
  try {
    const contenders: Contender[] = [];
    for (const { name, label, model, options, vocabulary } of published) {
      const found = cached.find((c) => c.label === label);
      if (found) {
        contenders.push(found);
        continue;
      }
      const folder = `${place}/${name}`;
      await writeUntrained(folder, {
        model,
        options,
        tokenizer: vocabularies[model]!,
        vocabulary,
        seed,
      });
      contenders.push({ label, folder, trained: false });
    }
    return await work(contenders);
  } finally {
    await rm(place, { recursive: true, force: true });
  }
}
