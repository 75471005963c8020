/** A model as @huggingface/transformers runs it, as a contender: the same protocol, from outside. */
import { existsSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { UsageError } from "../../core/errors.ts";
import { buildModel } from "../../models/registry.ts";
import type { Blank } from "../blank.ts";
import { limitsOf } from "../cases.ts";
import { type Contender, timingsOf } from "../contender.ts";
import { factsOf } from "../facts.ts";
import { kindOf } from "../kind.ts";
import { textFor } from "../local.ts";
import type { CompareOptions } from "../options.ts";
import { predictBlank, rightContextEffect } from "../predictions.ts";
import { memoryOf } from "../resources.ts";
import type { Precision } from "../results.ts";
import { transformersJsEngine } from "./engine.ts";
import { loadTransformersJs } from "./module.ts";

/**
 * @param name a folder with ONNX graphs below `onnx`, as `punchline export --format onnx` writes it, or a Hub name of one
 * @throws UsageError where the package or the graphs are missing, or the model is of another kind than Punchline's
 */
export async function transformersJsContender(
  name: string,
  shown: string,
  precision: Precision,
  blank: Blank,
  options: CompareOptions,
): Promise<Contender> {
  const { topK = 10, packages = process.cwd(), threads, device = "cpu" } = options;
  const module = await loadTransformersJs(packages);
  const folder = existsSync(name) && statSync(name).isDirectory() ? resolve(name) : undefined;
  if (folder !== undefined && !existsSync(resolve(folder, "onnx"))) {
    throw new UsageError(
      `${name} has no ONNX graphs for transformers.js; write them with "punchline export ${name} --format onnx --out DIR" and compare DIR.`,
      { name },
    );
  }
  const source = folder ?? name;
  const begun = performance.now();
  const { result, memory_mb } = await memoryOf(async () => {
    const { model } = buildModel({ ...(await module.AutoConfig.from_pretrained(source)) }, name);
    const kind = kindOf(model);
    if (kind !== "masked" && kind !== "causal")
      throw new UsageError(
        `${name} is no transformer, and transformers.js runs no other models of language.`,
      );
    const loader = kind === "masked" ? module.AutoModelForMaskedLM : module.AutoModelForCausalLM;
    const run = await loader.from_pretrained(source, {
      dtype: precision,
      device,
      ...(threads === undefined ? {} : { session_options: { intraOpNumThreads: threads } }),
    });
    const tokenizer = await module.AutoTokenizer.from_pretrained(source);
    const engine = transformersJsEngine({ name: shown, model, run, tokenizer, Tensor: module.Tensor }, blank);
    try {
      await engine.look(engine.question());
    } catch (error) {
      await engine.release();
      throw error;
    }
    return { engine, model, kind };
  });
  const load_ms = performance.now() - begun;
  const { engine, model, kind } = result;
  try {
    const candidates = await predictBlank(engine, topK);
    const effect = await rightContextEffect(engine, blank);
    const tokens = engine.question().ids.length;
    const facts = factsOf(model, tokens);
    return {
      told: {
        model: shown,
        kind,
        engine: "transformers.js",
        precision,
        parameters: facts.parameters,
        text: textFor(kind, blank),
        tokens,
        predictions: candidates.map(({ token, probability }) => ({ token, probability })),
        ...(effect === undefined ? {} : { right_context_effect: effect }),
        facts,
        load_ms,
        memory_mb,
        notes: limitsOf(shown, engine, kind),
      },
      ...timingsOf(shown, engine, options),
      flopsPerToken: (length) => factsOf(model, length).flops_per_token,
      release: () => engine.release(),
    };
  } catch (error) {
    await engine.release();
    throw error;
  }
}
