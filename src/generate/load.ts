/** Opens the model in a folder: architecture, weights and vocabulary, ready to run. */
import { sizeOf } from "../core/array.ts";
import { UsageError } from "../core/errors.ts";
import { checkOptions, checkText, invalidOption, optionNames } from "../core/options.ts";
import { listed } from "../core/sentence.ts";
import { isFolderLocked } from "../files/lock.ts";
import { type ModelFolder, withModelFolder } from "../hub/folder.ts";
import { openWeights, withoutPlaces } from "../hub/stored-weights.ts";
import { type Architecture, countParameters, type Model } from "../models/model.ts";
import { bitsOf, packsWhole, type Quantization } from "../models/quantize.ts";
import { buildModel, architectures as known } from "../models/registry.ts";
import { type BackendChoice, backendOptionNames } from "../runtime/backend.ts";
import { nodeBackend } from "../runtime/node.ts";
import { recordedCleaning } from "../text/cleaning-record.ts";
import { fasterModel } from "./faster-device.ts";
import { endsOf } from "./generation-config.ts";
import { suitsIntegers } from "./integer-weights.ts";
import { checkModel, type LanguageModel } from "./language-model.ts";
import { LocalModel } from "./local-model.ts";
import { openQuantized } from "./quantized-weights.ts";

export interface LoadOptions extends BackendChoice {
  /**
   * The folder of a LoRA adapter, as PEFT writes it, to merge into the weights in memory before they are rounded.
   * Default: none.
   */
  readonly adapter?: string | undefined;
  /** Round matrices to 8 or 4 bits. The packed weights are kept in a file next to the model. Default: floats as they are. */
  readonly quantize?: Quantization | undefined;
  /** Architectures besides Punchline's own, for a model of one of them. */
  readonly architectures?: readonly Architecture[] | undefined;
  /** What messages call it. Default: the folder. */
  readonly name?: string | undefined;
}

const loadOptionNames = optionNames<keyof LoadOptions>()(
  "adapter device threads profile quantize architectures name",
);

/**
 * Opens the model in a folder.
 * @throws UsageError for a model that cannot be quantised
 * @throws InputError where the folder holds no model, or one that is damaged; as `openModelFolder` for an adapter that
 * cannot be applied
 */
export async function loadModel(path: string, options: LoadOptions = {}): Promise<LocalModel> {
  const { adapter, quantize, architectures, name = path, ...where } = checkOptions(options, loadOptionNames);
  const { device } = where;
  if (device === "auto") {
    const { lm, choice } = await fasterModel((device) => loadModel(path, { ...options, device }));
    return new LocalModel({ ...lm, choice }, lm.folder);
  }
  checkText(path, "path");
  if (quantize !== undefined && !Object.hasOwn(bitsOf, quantize))
    throw invalidOption("quantize", quantize, Object.keys(bitsOf).join(" or "));
  const open = async (folder: ModelFolder) => {
    const tensors = folder.tensors.tensors.size;
    const model = buildModel(folder.config, { folder: path, tensors, architectures });
    const { architecture } = model;
    if (quantize && !architecture.quantizable)
      throw new UsageError(
        `${path} is a ${architecture.type}, and only ${quantizables()} can be read in ${quantize}; read it in fp32.`,
        { path },
      );
    const backend = nodeBackend({ ...where, device });
    // A training replaces its weights at any moment, also before a mapped file is read.
    const tensorsNow = (await isFolderLocked(folder.path)) ? withoutPlaces(folder.tensors) : folder.tensors;
    const remarks: string[] = [];
    const unrounded = quantize && floatsLeft(model);
    if (unrounded) remarks.push(unrounded);
    const weights = quantize
      ? await openQuantized(
          folder,
          model,
          { quantization: quantize, integers: await suitsIntegers(model, quantize, backend) },
          architecture.checkpointMapping,
        )
      : await openWeights(model.parameters, tensorsNow, architecture.checkpointMapping);
    const tokenizer = await folder.tokenizer(model.config.vocab_size);
    const stopAtEos = folder.generationConfig?.eos_token_id !== undefined || tokenizer.kind === "bpe";
    // Texts that begin with a token of their own were learned one by one.
    const isolateDocuments =
      folder.generationConfig?.texts_alone === true || tokenizer.beginOfText !== undefined;
    const cleaning = recordedCleaning(folder.generationConfig, folder.run);
    const ends = endsOf(folder.generationConfig ?? folder.config, tokenizer);
    const lm = {
      model,
      weights,
      tokenizer,
      backend,
      stopAtEos,
      ends,
      isolateDocuments,
      cleaning,
      remarks,
      name,
    };
    return new LocalModel(lm, adapter === undefined ? path : folder.origin);
  };
  return withModelFolder(path, open, { adapter });
}

/** Share of the weights from which matrices that stay float32 are worth a sentence. */
const MUCH = 0.02;

/** Says which matrices cannot be rounded, where they are more than a little of the model. */
function floatsLeft(model: Model): string | undefined {
  const matrices = model.parameters.filter(({ outputs }) => outputs !== undefined);
  const left = matrices.filter((spec) => !packsWhole(spec));
  const share = left.reduce((sum, { shape }) => sum + sizeOf(shape), 0) / countParameters(model);
  if (share < MUCH) return undefined;
  return `${left.length} of ${matrices.length} matrices, ${Math.round(100 * share)} % of the weights, stay float32: their rows are not a multiple of 32 numbers.`;
}

/** The architectures that can be quantised, in words. */
const quantizables = (): string =>
  listed(known.filter(({ quantizable }) => quantizable).map(({ type }) => type));

/** Parameters from which a second thread shortens the step of a few rows. */
const WORTH_SHARING = 10_000_000;

/**
 * The model on a backend of low latency, for steps of a few tokens while somebody waits: with one thread where its
 * matrices are too small to share, since more threads would wait for each other on a busy machine. A given number of
 * threads is kept.
 */
export function lowLatency(lm: LanguageModel, options: BackendChoice = {}): LanguageModel {
  checkModel(lm);
  const { threads } = checkOptions(options, backendOptionNames);
  const { device } = lm.backend;
  const small = countParameters(lm.model) < WORTH_SHARING;
  return small && threads === undefined
    ? { ...lm, backend: nodeBackend({ ...options, device, threads: 1 }) }
    : lm;
}
