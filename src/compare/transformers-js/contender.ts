/** A model as @huggingface/transformers runs it, as a contender: the same protocol, from outside. */
import { join } from "node:path";
import { UsageError } from "../../core/errors.ts";
import { readOptionalJson } from "../../files/json-file.ts";
import type { Model } from "../../models/model.ts";
import { buildModel } from "../../models/registry.ts";
import { cleanPrompt } from "../../text/clean.ts";
import { recordedCleaning } from "../../text/cleaning-record.ts";
import { type Blank, blankFor, withPlainQuotes } from "../blank.ts";
import { limitsOf } from "../cases.ts";
import { type Contender, timingsOf } from "../contender.ts";
import type { Engine } from "../engine.ts";
import { factsOf } from "../facts.ts";
import { kindOf } from "../kind.ts";
import { cleanedNote, textFor } from "../local.ts";
import { memoryQuestion, peakMemory } from "../memory.ts";
import type { CompareOptions } from "../options.ts";
import { predictBlank, rightContextEffect } from "../predictions.ts";
import type { Precision } from "../results.ts";
import { transformersJsEngine } from "./engine.ts";
import { graphsOf } from "./graphs.ts";
import { loadTransformersJs, type TransformersJs } from "./module.ts";

/**
 * @param name a folder with ONNX graphs below `onnx`, as `punchline export --format onnx` writes it; any other model's
 * folder, which is then exported for as long as this takes; or a Hub name of one with graphs
 * @throws UsageError where the package is missing, or the model is of another kind than Punchline's
 */
export async function transformersJsContender(
  name: string,
  shown: string,
  precision: Precision,
  blank: Blank,
  options: CompareOptions,
): Promise<Contender> {
  const { topK = 10 } = options;
  const memory_mb = await peakMemory(memoryQuestion(name, "transformers.js", precision, options), options);
  const { model, opened, own, cleaned, load_ms, release } = await openTransformersJs(
    name,
    shown,
    precision,
    blank,
    options,
  );
  try {
    const kind = kindOf(model);
    const candidates = await predictBlank(opened, topK);
    const effect = await rightContextEffect(opened, own);
    const { ids, note } = opened.question();
    const tokens = ids.length;
    const facts = factsOf(model, tokens);
    return {
      told: {
        model: shown,
        kind,
        engine: "transformers.js",
        precision,
        parameters: facts.parameters,
        text: textFor(kind, own),
        tokens,
        predictions: candidates.map(({ token, probability }) => ({ token, probability })),
        ...(effect === undefined ? {} : { right_context_effect: effect }),
        facts,
        load_ms,
        ...(memory_mb === undefined ? {} : { memory_mb }),
        notes: [
          ...(note ? [note] : []),
          ...limitsOf(shown, opened, kind),
          ...(cleaned ? [cleanedNote(shown)] : []),
        ],
      },
      ...timingsOf(shown, opened, options),
      flopsPerToken: (length) => factsOf(model, length).flops_per_token,
      release,
    };
  } catch (error) {
    await release();
    throw error;
  }
}

/** Loads a model and has it answer once. */
export async function openTransformersJs(
  name: string,
  shown: string,
  precision: Precision,
  blank: Blank,
  options: CompareOptions,
) {
  const module = await loadTransformersJs(options.packages ?? process.cwd());
  const graphs = await graphsOf(name, precision);
  let engine: Engine | undefined;
  const release = async () => {
    await engine?.release();
    await graphs.release();
  };
  try {
    const begun = performance.now();
    const found = await open(module, graphs.source, shown, precision, blank, options);
    engine = found.opened;
    await engine.look(engine.question());
    return { ...found, load_ms: performance.now() - begun, release };
  } catch (error) {
    await release();
    throw error;
  }
}

async function open(
  module: TransformersJs,
  source: string,
  shown: string,
  precision: Precision,
  blank: Blank,
  { threads, device = "cpu" }: CompareOptions,
): Promise<{ model: Model; opened: Engine; own: Blank; cleaned: boolean }> {
  const model = buildModel({ ...(await module.AutoConfig.from_pretrained(source)) }, { folder: source });
  const kind = kindOf(model);
  if (kind !== "masked" && kind !== "causal")
    throw new UsageError(`${shown}: transformers.js runs no models of language but transformers.`);
  const loader = kind === "masked" ? module.AutoModelForMaskedLM : module.AutoModelForCausalLM;
  const run = await loader.from_pretrained(source, {
    dtype: precision,
    device,
    ...(threads === undefined ? {} : { session_options: { intraOpNumThreads: threads } }),
  });
  const tokenizer = await module.AutoTokenizer.from_pretrained(source);
  const suited = blankFor(kind, blank);
  const known = await cleaningIn(source);
  const { left, right } = suited;
  const own =
    known === undefined
      ? withPlainQuotes(suited)
      : {
          left: cleanPrompt(known, left),
          right: right === undefined ? undefined : cleanPrompt(known, right),
        };
  const cleaned = known !== undefined && (own.left !== left || own.right !== right);
  const opened = transformersJsEngine({ name: shown, model, run, tokenizer, Tensor: module.Tensor }, own);
  return { model, opened, own, cleaned };
}

/** How the texts of a model in a folder were cleaned; undefined of others. */
const cleaningIn = async (source: string) =>
  recordedCleaning(
    await readOptionalJson(join(source, "generation_config.json")),
    await readOptionalJson(join(source, "run.json")),
  );
