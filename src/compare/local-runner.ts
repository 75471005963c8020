/** A model on this machine, run by Punchline. */
import { UsageError } from "../core/errors.ts";
import type { LanguageModel } from "../generate/language-model.ts";
import { loadModel } from "../generate/load.ts";
import { promptText, readPrompt } from "../generate/prompt.ts";
import { resolveModel } from "../hub/pull.ts";
import { attentionOf } from "./attention.ts";
import { type Cloze, clozeFor, withPlainQuotes } from "./cloze.ts";
import { continueText } from "./continue-text.ts";
import { kindOf } from "./facts.ts";
import { deviceOf, type ModelRequest } from "./options.ts";
import { punchlineEngine } from "./punchline-engine.ts";
import { engineRunner, type ModelRunner } from "./runner.ts";

export function localRunner(request: ModelRequest): Promise<ModelRunner> {
  const { layer = 1, head = 1 } = request.options;
  return engineRunner("punchline", request, openLocal, async ({ lm, cloze }, question, facts, first) => {
    const writing = await continueText(lm, cloze).catch((error: unknown) => {
      if (error instanceof UsageError) return undefined;
      throw error;
    });
    if (!first) return { writing };
    const attention = await attentionOf(lm, question, facts, { layer, head });
    return typeof attention === "string" ? { writing, notes: [attention] } : { writing, attention };
  });
}

/** Loads a model and has it answer once. */
export async function openLocal({ name, label, precision, cloze: given, options }: ModelRequest) {
  const folder = await resolveModel(name);
  const begun = performance.now();
  const quantize = precision === "fp32" ? undefined : precision;
  const lm = await loadModel(folder, { ...deviceOf(options), quantize, name: label });
  const suited = clozeFor(kindOf(lm.model), given);
  const cloze = cleanCloze(lm, suited);
  const engine = punchlineEngine(lm, cloze);
  const release = () => engine.release();
  try {
    await engine.forward(engine.question());
    const load_ms = performance.now() - begun;
    const cleaned = lm.cleaning !== undefined && (cloze.left !== suited.left || cloze.right !== suited.right);
    return { lm, engine, cloze, cleaned, load_ms, release };
  } catch (error) {
    await release();
    throw error;
  }
}

/** The text cleaned as the model's own texts were, or with plain quotes where that is not known. */
function cleanCloze(lm: LanguageModel, cloze: Cloze): Cloze {
  if (lm.cleaning === undefined) return withPlainQuotes(cloze);
  const { left, right } = cloze;
  return { left: promptText(lm, left), right: right === undefined ? undefined : readPrompt(lm, right).text };
}
