/** From opened sources to splits that are ready for training, in Node and in a browser. */
import type { PreparedData, PrepareOptions, PrepareProgress } from "./prepare.ts";
import { prepareBatches } from "./prepare.ts";
import type { TextBatch, TextSource } from "./sources/source.ts";
import type { DataSummary } from "./summary.ts";

/** Called while texts are read, which are all in memory until they are split; throws where they no longer fit. */
export type CheckMemory = (source: string, texts: number, characters: number) => void;

/** What texts in memory take, with their places, normal forms and the index for duplicates. */
export const memoryOfTexts = (texts: number, characters: number): number =>
  bytesPerText * texts + bytesPerCharacter * characters;

/** A text with its place, its normal form and its entry in the index: measured with lines of eleven and of ninety characters. */
const [bytesPerText, bytesPerCharacter] = [500, 4];

interface Opened {
  /** Taken as one in their order. */
  readonly sources: readonly TextSource[];
  /** How many of the first ones are for validation. Default 0. */
  readonly heldOut?: number | undefined;
  readonly checkMemory: CheckMemory;
}

/** Reads, cleans, deduplicates and splits. Errors: those of the sources and of `prepareTexts`. */
export async function prepareOpened(given: Opened, options: PrepareOptions): Promise<PreparedData> {
  const { batches, options: own, from, described } = opened(given, options);
  const prepared = await prepareBatches(batches, own, from);
  return { ...prepared, summary: described(prepared.summary) };
}

/** The texts of opened sources, and what a preparation of them needs. */
export function opened({ sources, heldOut = 0, checkMemory }: Opened, options: PrepareOptions) {
  const counts = new Int32Array(sources.length);
  const { onProgress } = options;
  const bytes = (): Pick<PrepareProgress, "bytes" | "totalBytes"> => ({
    bytes: sources.reduce((sum, { progress }) => sum + progress.bytes, 0),
    totalBytes: sources.reduce((sum, { progress }) => sum + progress.totalBytes, 0),
  });
  return {
    batches: allBatches(sources, { counts, heldOut, checkMemory }),
    /** Progress says how many bytes are read. */
    options: onProgress
      ? { ...options, onProgress: (now: PrepareProgress) => onProgress({ ...now, ...bytes() }) }
      : options,
    /** The names of the sources, for errors. */
    from: sources
      .slice(heldOut)
      .map(({ name }) => name)
      .join(", "),
    /** The summary with its sources, when they are read. */
    described: (summary: DataSummary): DataSummary => ({
      ...summary,
      sources: sources.map(({ name, format, column, promptColumn, reading }, i) => ({
        source: name,
        format,
        column: column ?? null,
        prompt_column: promptColumn,
        rows: counts[i]!,
        ...reading,
      })),
    }),
  };
}

/** The texts of all sources; those of the first `heldOut` sources are for validation. */
async function* allBatches(
  sources: readonly TextSource[],
  {
    counts,
    heldOut,
    checkMemory,
  }: { readonly counts: Int32Array; readonly heldOut: number; readonly checkMemory: CheckMemory },
): AsyncGenerator<TextBatch> {
  let texts = 0;
  let characters = 0;
  for (const [i, source] of sources.entries()) {
    for await (const batch of source.batches()) {
      texts += batch.texts.length;
      for (const text of batch.texts) characters += text.length;
      for (const prompt of batch.prompts ?? []) characters += prompt.length;
      checkMemory(source.name, texts, characters);
      counts[i]! += batch.texts.length;
      for (const left of Object.values(batch.dropped ?? {})) counts[i]! += left.length;
      yield { ...batch, source: source.name, heldOut: i < heldOut || batch.heldOut };
    }
  }
}
