/**
 * How well a hosted model predicts texts, where its service gives log-probabilities.
 *
 * A service scores each text alone, and often not its first token: then neither that token nor its characters count.
 * The ends of items never count. So the figures are those of the inner tokens, unlike those of a local model.
 */
import { InputError, UsageError } from "../core/errors.ts";
import { checkOptions, checkTexts, option } from "../core/options.ts";
import { inParallel } from "../core/parallel.ts";
import { checkModel, type LanguageModel } from "../generate/language-model.ts";
import type { HostedModel } from "../generate/text-model.ts";
import { countText, type Evaluation, evaluationOf } from "./evaluation.ts";
import { type EvaluationOptions, evaluateTexts, evaluationOptionNames } from "./likelihood.ts";

/** Characters of a piece of a long text; each piece is scored without those before it. */
const PIECE = 8000;
/** Requests under way at once. */
const PARALLEL = 8;

/** Loss, perplexity and bits of texts under any model. Errors: `evaluateTexts` and `HostedModel.score`. */
export async function evaluateModel(
  model: LanguageModel | HostedModel,
  texts: readonly string[],
  options: EvaluationOptions = {},
): Promise<Evaluation> {
  checkTexts(texts);
  checkOptions(options, evaluationOptionNames);
  if (typeof (model as Partial<HostedModel> | undefined)?.score !== "function" || "model" in model)
    checkModel(model, "model");
  return "model" in model ? evaluateTexts(model, texts, options) : evaluateHosted(model, texts, options);
}

async function evaluateHosted(
  model: HostedModel,
  texts: readonly string[],
  { length, stride, batch = PARALLEL, prompts, onProgress, signal }: EvaluationOptions,
): Promise<Evaluation> {
  if (prompts?.some((characters) => characters > 0))
    throw new UsageError(
      `${model.name} scores texts whole and cannot leave out their prompts; name one column with ${option("column")}.`,
      { option: "prompts" },
    );
  for (const [name, value] of Object.entries({ length, stride })) {
    if (value !== undefined)
      throw new UsageError(
        `${model.name} cannot honour ${option(name)}: its service scores texts whole; leave it out.`,
        { option: name, value },
      );
  }
  const pieces = texts.flatMap(piecesOf);
  const total = { nats: 0, tokens: 0, characters: 0, bytes: 0, words: 0, context: 0 };
  let done = 0;
  await inParallel(pieces.length, batch, async (index) => {
    signal?.throwIfAborted();
    const piece = pieces[index]!;
    const { tokens, logProbabilities } = await model.score(piece, { signal });
    const scored = logProbabilities.filter((value) => value !== undefined);
    const skipped = logProbabilities[0] === undefined ? [...(tokens[0] ?? "")].length : 0;
    for (const value of scored) total.nats -= value;
    total.tokens += scored.length;
    const counted = countText([...piece].slice(skipped).join(""));
    total.characters += counted.characters;
    total.bytes += counted.bytes;
    total.words += counted.words;
    total.context = Math.max(total.context, logProbabilities.length);
    onProgress?.(++done / pieces.length);
  });
  if (total.tokens === 0)
    throw new InputError("too-short", "There is nothing to score: the text has no token after its first.");
  const { nats, tokens, context, ...counts } = total;
  return evaluationOf({ nats, tokens }, counts, { context });
}

/** A text in pieces of at most {@link PIECE} characters, no character cut. */
function piecesOf(text: string): string[] {
  const pieces: string[] = [];
  for (let start = 0; start < text.length; ) {
    let end = Math.min(text.length, start + PIECE);
    if (end < text.length && /[\uD800-\uDBFF]/.test(text[end - 1]!)) end--;
    pieces.push(text.slice(start, end));
    start = end;
  }
  return pieces;
}
