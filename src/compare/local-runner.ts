/** A model on this machine, run by Punchline. */
import { UsageError } from "../core/errors.ts";
import { loadModel } from "../generate/load.ts";
import { resolveModel } from "../hub/pull.ts";
import { attentionOf } from "./attention.ts";
import { suitedCloze } from "./clean-cloze.ts";
import { continueText } from "./continue-text.ts";
import { deviceOf, type ModelRequest } from "./options.ts";
import { punchlineEngine } from "./punchline-engine.ts";
import { engineRunner, type ModelRunner } from "./runner.ts";

export function localRunner(request: ModelRequest): Promise<ModelRunner> {
  const { layer = 1, head = 1, heads = false } = request.options;
  return engineRunner("punchline", request, openLocal, async ({ lm, cloze }, question, facts, first) => {
    const writing = await continueText(lm, cloze).catch((error: unknown) => {
      if (error instanceof UsageError) return undefined;
      throw error;
    });
    if (!first) return { writing };
    const attention = await attentionOf(lm, question, facts, { layer, head, all: heads });
    return typeof attention === "string" ? { writing, notes: [attention] } : { writing, attention };
  });
}

/** Loads a model and has it answer once. */
export async function openLocal({ name, label, precision, cloze: given, options }: ModelRequest) {
  const folder = await resolveModel(name);
  const begun = performance.now();
  const quantize = precision === "fp32" ? undefined : precision;
  const lm = await loadModel(folder, { ...deviceOf(options), quantize, name: label });
  const { cloze, cleaned } = suitedCloze(lm, given);
  const engine = punchlineEngine(lm, cloze);
  const release = () => engine.release();
  try {
    await engine.forward(engine.question());
    const load_ms = performance.now() - begun;
    return { lm, engine, cloze, cleaned, load_ms, release };
  } catch (error) {
    await release();
    throw error;
  }
}
