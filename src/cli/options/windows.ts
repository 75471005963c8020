/** The options that choose which windows `punchline data` shows: those of a training that shape what it reads. */
import { UsageError } from "../../core/errors.ts";
import { suitedVocabulary } from "../../data/vocabularies.ts";
import { isBuiltIn } from "../../hub/built-in.ts";
import { resolveModel } from "../../hub/pull.ts";
import { architectureOf } from "../../models/registry.ts";
import { trainDefaults } from "../../train/options.ts";
import type { WindowsOptions } from "../../train/windows.ts";
import { flagOf } from "../output/flags.ts";
import { type DataOptionValues, dataChoices } from "./data.ts";
import { inGroup, integer, type OptionValues, present, text, usual } from "./option.ts";
import { givenModelOptions, modelOptions, trainingOptions } from "./training.ts";

/** The kinds of vocabulary that data is prepared in, each with the model whose windows are shown by default. */
const usualModels = {
  printable: "char-lstm",
  character: "char-lstm",
  word: "word-lstm",
  bpe: "gpt2",
  "masked-bpe": "roberta",
  wordpiece: "bert",
} as const;

export type VocabularyKind = keyof typeof usualModels;
export const vocabularyKinds = Object.keys(usualModels) as readonly VocabularyKind[];

const { batchSize, seqLen, packing, longTexts, wholeWords, maskShare, windows, stride, seed } =
  trainingOptions({ ...trainDefaults, ...architectureOf(usualModels.printable).training });
const shaping = { batchSize, seqLen, packing, longTexts, wholeWords, maskShare, windows, stride, seed };

export const windowOptions = {
  ...modelOptions(),
  ...inGroup("Windows", {
    ...usual({
      showWindows: integer("Show so many windows of a training", {
        min: 1,
        max: 1000,
        defaultIs: "none",
      }),
    }),
    model: text("Whose windows: an architecture as for train, or a model as for finetune", {
      placeholder: "MODEL",
      defaultIs: `${usualModels.printable}, or what suits --vocabulary`,
    }),
    ...shaping,
  }),
} as const;

type WindowOptionValues = OptionValues<typeof windowOptions>;

/** Whose windows are shown, and how the data is prepared for that. */
export interface ShownWindows {
  /** 0: none is shown, and the model only says which vocabulary is meant. */
  readonly most: number;
  readonly name: string;
  readonly request: WindowsOptions;
  /** Of an architecture; a model has its own. */
  readonly vocabulary?: VocabularyKind | undefined;
  readonly base?: { readonly name: string; readonly folder: string } | undefined;
}

/**
 * The windows that are asked for, if any.
 * @param forFile whether `--model` alone names the model whose vocabulary a token file has
 * @throws UsageError for options of windows without --show-windows, and for a vocabulary that the model does not read
 */
export async function shownWindows(
  options: WindowOptionValues & DataOptionValues,
  vocabulary: VocabularyKind | undefined,
  forFile = false,
): Promise<ShownWindows | undefined> {
  const { showWindows: most, model } = options;
  const given = present(
    Object.fromEntries(
      Object.keys(shaping).map((name) => [name, options[name as keyof typeof shaping]]),
    ) as OptionValues<typeof shaping>,
  );
  const sizes = givenModelOptions(options);
  if (most === undefined) {
    const [idle] = Object.keys({ ...(forFile ? {} : present({ model })), ...given, ...sizes });
    if (idle === undefined && model === undefined) return undefined;
    if (idle !== undefined)
      throw new UsageError(
        `${flagOf(idle)} shapes the windows that --show-windows shows; give that too, such as --show-windows 3.`,
      );
  }
  const name = model ?? usualModels[vocabulary ?? "printable"];
  const architecture = isBuiltIn(name) || /[./\\]/.test(name) ? undefined : architectureOf(name);
  if (architecture) {
    const { tokens } = architecture;
    if (vocabulary !== undefined && tokens !== (vocabulary === "printable" ? "character" : vocabulary))
      throw new UsageError(
        `${name} does not read --vocabulary ${vocabulary}: its vocabulary is ${tokens}; leave one of them out.`,
      );
    architecture.configure(sizes, 1);
    return {
      most: most ?? 0,
      name,
      request: { model: architecture, modelOptions: sizes, options: given },
      vocabulary: vocabulary ?? suitedVocabulary(tokens, dataChoices(options, tokens)),
    };
  }
  const [size] = Object.keys(sizes);
  if (size !== undefined || vocabulary !== undefined)
    throw new UsageError(
      `${flagOf(size ?? "vocabulary")} is for a new model, and ${name} has its own; leave it out.`,
    );
  const base = { name, folder: await resolveModel(name) };
  return { most: most ?? 0, name, request: { base, options: given }, base };
}
