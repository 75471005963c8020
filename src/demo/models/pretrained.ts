/**
 * The pre-trained models of the demo: those that you name, else published ones that are in the Hub's cache, else the two
 * that come with the package.
 */
import { builtInNamesOf as builtIn, publishedPair } from "../../compare/default-pair.ts";
import { UsageError } from "../../core/errors.ts";
import { builtInFolder } from "../../hub/built-in.ts";
import { cachedModel, resolveModel } from "../../hub/pull.ts";
import { countParameters, type Model } from "../../models/model.ts";
import { readModel } from "../../train/base.ts";

export interface Pretrained {
  /** As the command line takes it. */
  readonly name: string;
  readonly folder: string;
  readonly parameters: number;
  /** Whether it comes with the package. */
  readonly builtIn: boolean;
}

/** A GPT-2, which continues a text, or a BERT, which fills gaps. */
type Kind = "causal" | "masked";

/** Models that you named, at most one of each kind. */
export type NamedModels = Partial<Readonly<Record<Kind, Pretrained>>>;

/** Published models that are used where they are in the cache: to be fine-tuned, and to be compared. */
const published = { tuned: "distilgpt2", ...publishedPair } as const;

/** Up to so many parameters, a model learns something from scratch in the minutes of the demo. */
const SMALL = 3e7;
export const isSmall = ({ parameters }: Pretrained): boolean => parameters <= SMALL;

/**
 * Finds the models that you named, and downloads those that are not in the cache.
 * @throws UsageError for one that neither continues a text nor fills gaps, and for two of a kind
 */
export async function namedModels(
  names: readonly string[],
  onDownload: (model: string, received: number, total: number) => void,
  signal: AbortSignal | undefined,
): Promise<NamedModels> {
  const named: { -readonly [K in Kind]?: Pretrained } = {};
  for (const name of new Set(names)) {
    const folder = await resolveModel(name, {
      onProgress: ({ received, total }) => onDownload(name, received, total),
      signal,
    });
    const model = await readModel(folder);
    const kind = kindOf(name, model);
    const other = named[kind];
    if (other !== undefined)
      throw new UsageError(
        `${other.name} and ${name} ${kind === "causal" ? "both go on with a text" : "both fill gaps"}, and the story takes one of each kind: a GPT-2 and a BERT.`,
        { option: "pretrained", value: names },
      );
    named[kind] = pretrained(name, folder, model);
  }
  return named;
}

function kindOf(name: string, { predicts, config }: Model): Kind {
  if (predicts === "masked") return "masked";
  if (predicts === "each") return "causal";
  throw new UsageError(
    `${name} is a ${config.model_type}, which predicts nothing but what follows a whole window; name a GPT-2 or a BERT.`,
    { option: "pretrained", value: name },
  );
}

const builtInFolders: readonly string[] = Object.values(builtIn).map(builtInFolder);

const pretrained = (name: string, folder: string, model: Model): Pretrained => ({
  name,
  folder,
  parameters: countParameters(model),
  builtIn: builtInFolders.includes(folder),
});

async function inPackage(kind: Kind): Promise<Pretrained> {
  const folder = await resolveModel(builtIn[kind]);
  return pretrained(builtIn[kind], folder, await readModel(folder));
}

async function inCache(name: string): Promise<Pretrained | undefined> {
  const folder = await cachedModel(name);
  return folder === undefined ? undefined : pretrained(name, folder, await readModel(folder));
}

/** The GPT-2 that is fine-tuned. */
export const tunedModel = async ({ causal }: NamedModels): Promise<Pretrained> =>
  causal ?? (await inCache(published.tuned)) ?? (await inPackage("causal"));

export async function comparedModels(
  named: NamedModels,
): Promise<readonly [gpt: Pretrained, bert: Pretrained]> {
  const one = async (kind: Kind) =>
    named[kind] ?? (await inCache(published[kind])) ?? (await inPackage(kind));
  return [await one("causal"), await one("masked")];
}

export const builtInPair = async (): Promise<readonly [gpt: Pretrained, bert: Pretrained]> => [
  await inPackage("causal"),
  await inPackage("masked"),
];
