/** The part of @huggingface/transformers that a comparison uses, taken from the packages of the user's project. */
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { UsageError } from "../../core/errors.ts";
import { option } from "../../core/options.ts";

const PACKAGE = "@huggingface/transformers";

export interface TensorLike {
  readonly data: Float32Array | BigInt64Array;
  readonly dims: readonly number[];
}

type Outputs = Readonly<Record<string, TensorLike>>;

export interface PretrainedModel {
  (inputs: Readonly<Record<string, unknown>>): Promise<Outputs>;
  readonly sessions: { readonly model: { readonly inputNames: readonly string[] } };
  readonly config: Readonly<Record<string, unknown>>;
  dispose(): Promise<unknown>;
}

export interface PretrainedTokenizer {
  encode(text: string, options?: { readonly add_special_tokens?: boolean | undefined }): number[];
  decode(ids: readonly number[]): string;
  readonly mask_token_id?: number;
  readonly add_bos_token?: boolean;
}

interface Loader<T> {
  from_pretrained(name: string, options?: Readonly<Record<string, unknown>>): Promise<T>;
}

export interface TransformersJs {
  readonly env: { version: string; allowRemoteModels: boolean; allowLocalModels: boolean };
  readonly Tensor: new (type: "int64", data: BigInt64Array, dims: readonly number[]) => TensorLike;
  readonly AutoConfig: Loader<Readonly<Record<string, unknown>>>;
  readonly AutoTokenizer: Loader<PretrainedTokenizer>;
  readonly AutoModelForCausalLM: Loader<PretrainedModel>;
  readonly AutoModelForMaskedLM: Loader<PretrainedModel>;
}

/**
 * @param project the folder to search for the package, then the folders above it
 * @throws UsageError where the package is not installed there
 */
export async function loadTransformersJs(project: string): Promise<TransformersJs> {
  let entry: string;
  try {
    entry = createRequire(join(project, "package.json")).resolve(PACKAGE);
  } catch {
    throw new UsageError(
      `${option("engines", "transformers.js")} needs ${PACKAGE} in your project: npm install ${PACKAGE}, and run again from there.`,
      { option: "engines", value: "transformers.js", project },
    );
  }
  return (await import(pathToFileURL(entry).href)) as TransformersJs;
}
