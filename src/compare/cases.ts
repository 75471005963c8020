/** What is timed for each kind of model: the senses in which one can be faster than another. */
import { joined } from "../core/array.ts";
import { argmax, createSampler, logSumExp } from "../generate/sampler.ts";
import { caseNames } from "./answers.ts";
import type { Engine, Question } from "./engine.ts";
import { kindOf } from "./facts.ts";
import { vocabularyLogits } from "./predictions.ts";
import { type SpeedCase, stopwatch } from "./speed.ts";

/** Tokens written in one run of the cases that write. */
const WRITTEN = 4;
/** Lengths of text, in tokens, of the sweep. */
const LENGTHS = [16, 64, 128, 256, 512] as const;
/** Texts in a batch of the sweep, and tokens of each, where the context holds as many. */
const BATCHES = [1, 2, 4, 8, 16] as const;
const BATCH_TOKENS = 64;

/** A case of one piece of work. */
const once = (model: string, name: string, tokens: number, work: () => unknown): SpeedCase => ({
  model,
  case: name,
  tokens,
  run: async () => [await stopwatch(work)],
});

/** @param model what the results call it */
export function casesOf(model: string, engine: Engine): readonly SpeedCase[] {
  const question = engine.question();
  const { ids } = question;
  const kind = kindOf(engine.model);
  const sampler = createSampler({ temperature: 0.8, topK: 40 });
  const choose = (logits: Float32Array) => sampler(vocabularyLogits(engine, logits), [], 0.5);
  const timed = (name: string, tokens: number, run: SpeedCase["run"]): SpeedCase => ({
    model,
    case: name,
    tokens,
    run,
  });
  const fill = async () => answer(vocabularyLogits(engine, await engine.read(engine.question())));
  const cases = [
    once(model, caseNames.tokenise, ids.length, () => engine.question()),
    once(model, caseNames.read, ids.length, () => engine.read(question)),
    once(model, caseNames.fill, 1, fill),
    timed(caseNames.choose, 1, async () => {
      const logits = await engine.read(question);
      return [await stopwatch(() => choose(logits))];
    }),
  ];
  const { next } = engine;
  if (next) {
    cases.push(
      timed(caseNames.cached, 1, async () => {
        const times: number[] = [];
        let token = argmax(vocabularyLogits(engine, await engine.read(question)));
        for (let k = 0; k < WRITTEN; k++) {
          const begun = performance.now();
          const logits = await next(token);
          times.push(performance.now() - begun);
          token = argmax(vocabularyLogits(engine, logits));
        }
        return times;
      }),
    );
  }
  if (kind !== "recurrent") {
    cases.push(
      timed(caseNames.uncached, 1, async () => {
        const times: number[] = [];
        for (let k = 1; k <= WRITTEN; k++) {
          const longer = extended(engine, question, k);
          times.push(await stopwatch(() => engine.read(longer)));
        }
        return times;
      }),
    );
  }
  return cases;
}

/** Reading texts of other lengths; none for models that always read a fixed window. */
export function lengthCases(model: string, engine: Engine): readonly SpeedCase[] {
  if (kindOf(engine.model) === "window") return [];
  return LENGTHS.filter((n) => n <= engine.model.contextLength).map((length) => {
    const text = resized(engine, length);
    return once(model, `${length}`, length, () => engine.read(text));
  });
}

/** Reading several texts at once; none for models that always read a fixed window. */
export function batchCases(model: string, engine: Engine): readonly SpeedCase[] {
  if (kindOf(engine.model) === "window") return [];
  const text = resized(engine, Math.min(BATCH_TOKENS, engine.model.contextLength));
  return BATCHES.map((n) => once(model, `${n}`, n * text.ids.length, () => engine.readMany(text, n)));
}

/** What a model cannot be asked, in sentences. */
export function limitsOf(model: string, { model: network, next }: Engine): readonly string[] {
  const kind = kindOf(network);
  if (kind === "masked")
    return [
      `${model} reads both ways, so every token that it writes changes all that it has read: it can keep no cache.`,
    ];
  if (kind === "recurrent")
    return [`${model} carries a state from token to token, so writing without one is not timed.`];
  return next
    ? []
    : [
        `${model} reads a whole window for every token: nothing can be kept, its speed does not depend on the text's length, and it never gets to see what is right of the blank.`,
      ];
}

/** The text `k` tokens later: longer, or with the gap filled and another gap after what was written. */
function extended({ mask }: Engine, { ids, at }: Question, k: number): Question {
  const written = Array.from({ length: k }, (_, i) =>
    mask === undefined ? ids[i % ids.length]! : ids[at - 1]!,
  );
  const longer =
    mask === undefined
      ? joined(ids, written)
      : joined(ids.subarray(0, at), written, [mask], ids.subarray(at + 1));
  return { ids: longer, types: new Int32Array(longer.length), at: at + k };
}

/** The words of the text, repeated to `length` tokens, with the special tokens around them. */
function resized(engine: Engine, length: number): Question {
  const { ids } = engine.question();
  const types = new Int32Array(length);
  if (engine.mask === undefined)
    return { ids: Int32Array.from({ length }, (_, i) => ids[i % ids.length]!), types, at: length - 1 };
  const [first, last] = [ids[0]!, ids.at(-1)!];
  const words = ids.filter((id) => id !== first && id !== last);
  const text = Int32Array.from({ length }, (_, i) => words[i % words.length]!);
  text[0] = first;
  text[length - 1] = last;
  return { ids: text, types, at: 1 };
}

function answer(logits: Float32Array): { id: number; probability: number } {
  const id = argmax(logits);
  return { id, probability: Math.exp(logits[id]! - logSumExp(logits)) };
}
