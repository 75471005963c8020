/** What is timed of each kind of model: the senses in which one can be faster than another. */
import { createDecoder } from "../generate/decoder.ts";
import { createFiller } from "../generate/fill.ts";
import type { LanguageModel } from "../generate/language-model.ts";
import { argmax, createSampler, logSumExp } from "../generate/sampler.ts";
import type { Blank } from "./blank.ts";
import { kindOf } from "./kind.ts";
import { questionOf } from "./predictions.ts";
import { type SpeedCase, stopwatch } from "./speed.ts";

export const caseNames = {
  tokenise: "tokenise the text",
  read: "read the text",
  fill: "fill one blank",
  cached: "next token, cached",
  uncached: "next token, anew",
  choose: "choose a token",
} as const;

/** Tokens written in one run of the cases that write. */
const WRITTEN = 4;
/** Lengths of text, in tokens, of the sweep. */
const LENGTHS = [16, 64, 128, 256, 512] as const;

export interface ModelCases {
  readonly cases: readonly SpeedCase[];
  /** Reading texts of other lengths; `tokens` is the length. Empty for models that always read the same. */
  readonly sweep: readonly SpeedCase[];
  /** What this model cannot be asked, in sentences. */
  readonly notes: readonly string[];
  release(): Promise<void>;
}

/** @throws UsageError as {@link questionOf} */
export function casesOf(lm: LanguageModel, blank: Blank): ModelCases {
  return kindOf(lm.model) === "masked" ? maskedCases(lm, blank) : causalCases(lm, blank);
}

function causalCases(lm: LanguageModel, blank: Blank): ModelCases {
  const { name: model, tokenizer } = lm;
  const kind = kindOf(lm.model);
  const decoder = createDecoder(lm, { overflow: "slide" });
  const { ids } = questionOf(lm, blank);
  const sampler = createSampler({ temperature: 0.8, topK: 40 });
  const spelled = (logits: Float32Array) => logits.subarray(0, tokenizer.size);
  const readAnew = (tokens: Int32Array) => {
    decoder.reset();
    return decoder.append(tokens);
  };
  const cases: SpeedCase[] = [
    {
      model,
      case: caseNames.tokenise,
      tokens: ids.length,
      run: async () => [await stopwatch(() => tokenizer.encode(blank.left))],
    },
    {
      model,
      case: caseNames.read,
      tokens: ids.length,
      run: async () => [await stopwatch(() => readAnew(ids))],
    },
    {
      model,
      case: caseNames.fill,
      tokens: 1,
      run: async () => [
        await stopwatch(async () => answer(spelled(await readAnew(questionOf(lm, blank).ids)))),
      ],
    },
    {
      model,
      case: caseNames.choose,
      tokens: 1,
      run: async () => {
        const logits = spelled(await readAnew(ids));
        return [await stopwatch(() => sampler(logits, [], 0.5))];
      },
    },
  ];
  if (kind !== "window") {
    cases.push({
      model,
      case: caseNames.cached,
      tokens: 1,
      run: async () => {
        const times: number[] = [];
        let next = argmax(spelled(await readAnew(ids)));
        for (let k = 0; k < WRITTEN; k++) {
          let logits = new Float32Array();
          times.push(
            await stopwatch(async () => {
              logits = (await decoder.append(Int32Array.of(next))) as Float32Array<ArrayBuffer>;
            }),
          );
          next = argmax(spelled(logits));
        }
        return times;
      },
    });
  }
  if (kind !== "recurrent") {
    cases.push({
      model,
      case: caseNames.uncached,
      tokens: 1,
      run: async () => {
        const times: number[] = [];
        for (let k = 1; k <= WRITTEN; k++) {
          const longer = Int32Array.from({ length: ids.length + k }, (_, i) => ids[i % ids.length]!);
          times.push(await stopwatch(() => readAnew(longer)));
        }
        return times;
      },
    });
  }
  const lengths = kind === "window" ? [] : LENGTHS.filter((n) => n <= lm.model.contextLength);
  return {
    cases,
    sweep: lengths.map((length) => {
      const text = Int32Array.from({ length }, (_, i) => ids[i % ids.length]!);
      return {
        model,
        case: `${length}`,
        tokens: length,
        run: async () => [await stopwatch(() => readAnew(text))],
      };
    }),
    notes: [
      ...(kind === "recurrent"
        ? [`${model} carries a state from token to token, so writing without one is not timed.`]
        : []),
      ...(kind === "window"
        ? [
            `${model} reads a whole window for every token: nothing can be kept, its speed does not depend on the text's length, and it never gets to see what is right of the blank.`,
          ]
        : []),
    ],
    release: () => decoder.release(),
  };
}

function maskedCases(lm: LanguageModel, blank: Blank): ModelCases {
  const { name: model, tokenizer } = lm;
  const filler = createFiller(lm);
  const { ids, types, at } = questionOf(lm, blank);
  const mask = tokenizer.mask!;
  /** The text with the blank filled and another behind it, `k` tokens further on. */
  const longer = (k: number) => {
    const written = Array.from({ length: k }, () => ids[at - 1]!);
    const grown = Int32Array.of(...ids.subarray(0, at), ...written, mask, ...ids.subarray(at + 1));
    return { ids: grown, types: new Int32Array(grown.length), at: at + k };
  };
  const score = (q: { ids: Int32Array; types: Int32Array; at: number }) =>
    filler.score(q.ids, q.types, [q.at]);
  const cases: SpeedCase[] = [
    {
      model,
      case: caseNames.tokenise,
      tokens: ids.length,
      run: async () => [await stopwatch(() => questionOf(lm, blank))],
    },
    {
      model,
      case: caseNames.read,
      tokens: ids.length,
      run: async () => [await stopwatch(() => score({ ids, types, at }))],
    },
    {
      model,
      case: caseNames.fill,
      tokens: 1,
      run: async () => [
        await stopwatch(async () => answer((await score(questionOf(lm, blank))).subarray(0, tokenizer.size))),
      ],
    },
    {
      model,
      case: caseNames.uncached,
      tokens: 1,
      run: async () => {
        const times: number[] = [];
        for (let k = 1; k <= WRITTEN; k++) times.push(await stopwatch(() => score(longer(k))));
        return times;
      },
    },
  ];
  const words = ids.filter((id) => id !== ids[0] && id !== ids[ids.length - 1]);
  return {
    cases,
    sweep: LENGTHS.filter((n) => n <= lm.model.contextLength).map((length) => {
      const text = Int32Array.from({ length }, (_, i) => words[i % words.length]!);
      text[0] = ids[0]!;
      text[length - 1] = ids[ids.length - 1]!;
      return {
        model,
        case: `${length}`,
        tokens: length,
        run: async () => [await stopwatch(() => score({ ids: text, types: new Int32Array(length), at: 1 }))],
      };
    }),
    notes: [
      `${model} reads both ways, so every token that it writes changes all that it has read: it can keep no cache.`,
    ],
    release: () => filler.release(),
  };
}

/** The likeliest token and how likely it is. */
function answer(logits: Float32Array): { id: number; probability: number } {
  const id = argmax(logits);
  return { id, probability: Math.exp(logits[id]! - logSumExp(logits)) };
}
