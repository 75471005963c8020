/** A model as @huggingface/transformers runs it: the same protocol, checked from outside. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { UsageError } from "../../core/errors.ts";
import { exportModel } from "../../export/export.ts";
import { exists, isFolder } from "../../files/exists.ts";
import { readOptionalJson } from "../../files/json-file.ts";
import { buildModel } from "../../models/registry.ts";
import { cleanPrompt } from "../../text/clean.ts";
import { recordedCleaning } from "../../text/cleaning-record.ts";
import { clozeFor, withPlainQuotes } from "../cloze.ts";
import { kindOf } from "../facts.ts";
import type { ModelRequest } from "../options.ts";
import type { Precision } from "../results.ts";
import { engineRunner, type ModelRunner, type OpenedModel } from "../runner.ts";
import { transformersJsEngine } from "./engine.ts";
import { loadTransformersJs, type TransformersJs } from "./module.ts";

/**
 * The name is a folder with ONNX graphs below `onnx`, as `punchline export --format onnx` writes it; any other model's
 * folder, which is exported for as long as this takes; or a Hub name of one with graphs.
 * @throws UsageError where the package is missing, or the model is not a transformer
 */
export const transformersJsRunner = (request: ModelRequest): Promise<ModelRunner> =>
  engineRunner("transformers.js", request, openTransformersJs);

/** Loads a model and has it answer once. */
export async function openTransformersJs(request: ModelRequest): Promise<OpenedModel> {
  const { name, precision, options } = request;
  const module = await loadTransformersJs(options.packages ?? process.cwd());
  const graphs = await graphsOf(name, precision);
  let opened: Awaited<ReturnType<typeof openGraphs>> | undefined;
  const release = async () => {
    await opened?.engine.release();
    await graphs.release();
  };
  try {
    const begun = performance.now();
    opened = await openGraphs(module, graphs.source, request);
    await opened.engine.forward(opened.engine.question());
    return { ...opened, load_ms: performance.now() - begun, release };
  } catch (error) {
    await release();
    throw error;
  }
}

async function openGraphs(
  module: TransformersJs,
  source: string,
  { label, precision, cloze: given, options: { threads, device = "cpu" } }: ModelRequest,
): Promise<Pick<OpenedModel, "engine" | "cloze" | "cleaned">> {
  const model = buildModel({ ...(await module.AutoConfig.from_pretrained(source)) }, { folder: source });
  const kind = kindOf(model);
  if (kind !== "masked" && kind !== "causal")
    throw new UsageError(`${label} is not a transformer, and transformers.js runs only transformers.`, {
      option: "engines",
      value: "transformers.js",
    });
  const loader = kind === "masked" ? module.AutoModelForMaskedLM : module.AutoModelForCausalLM;
  const run = await loader.from_pretrained(source, {
    dtype: precision,
    device,
    ...(threads === undefined ? {} : { session_options: { intraOpNumThreads: threads } }),
  });
  const tokenizer = await module.AutoTokenizer.from_pretrained(source);
  const suited = clozeFor(kind, given);
  const { left, right } = suited;
  const cleaning = await cleaningIn(source);
  const cloze =
    cleaning === undefined
      ? withPlainQuotes(suited)
      : {
          left: cleanPrompt(cleaning, left),
          right: right === undefined ? undefined : cleanPrompt(cleaning, right),
        };
  const cleaned = cleaning !== undefined && (cloze.left !== left || cloze.right !== right);
  const engine = transformersJsEngine({ name: label, model, run, tokenizer, Tensor: module.Tensor }, cloze);
  return { engine, cloze, cleaned };
}

/** How the texts of a model in a folder were cleaned; undefined of others. */
const cleaningIn = async (source: string) =>
  recordedCleaning(
    await readOptionalJson(join(source, "generation_config.json")),
    await readOptionalJson(join(source, "run.json")),
  );

/** Where transformers.js finds a model's ONNX graphs: in its folder, or exported for this comparison. */
interface Graphs {
  /** An absolute path, or a Hub name. */
  readonly source: string;
  /** Removes the exported files. */
  release(): Promise<void>;
}

/** Errors: {@link exportModel}. */
async function graphsOf(name: string, precision: Precision): Promise<Graphs> {
  if (!(await isFolder(name))) return { source: name, release: async () => {} };
  if (await exists(join(name, "onnx"))) return { source: resolve(name), release: async () => {} };
  const scratch = await mkdtemp(join(tmpdir(), "punchline-compare-"));
  const release = () => rm(scratch, { recursive: true, force: true });
  try {
    const source = join(scratch, "model");
    await exportModel(name, { format: "onnx", out: source, types: [precision] });
    return { source, release };
  } catch (error) {
    await release();
    throw error;
  }
}
