/** A model of this machine as the memorisation measures need it: completing and scoring. */
import { beginsAfterEnd, type LanguageModel } from "../generate/language-model.ts";
import { sample } from "../generate/sample.ts";
import type { Completer, Scorer, TextCut } from "./extraction.ts";
import { tokenLosses } from "./token-losses.ts";

/** Greedy completions, and log-probabilities at temperature 1 without truncation. */
export function localModel(lm: LanguageModel, signal?: AbortSignal): Completer & Scorer {
  const { tokenizer } = lm;
  const beginning = (text: string): number[] => {
    const ids = [...tokenizer.encode(text)];
    return beginsAfterEnd(tokenizer) || ids.length === 0 ? [tokenizer.endOfText, ...ids] : ids;
  };
  return {
    cut(text, tokens): TextCut | undefined {
      const ids = tokenizer.encode(text);
      if (ids.length <= tokens) return undefined;
      const head = tokenizer.decode(ids.subarray(0, tokens));
      // Where a word vocabulary spells otherwise than it was spelt, the text cannot be cut exactly.
      if (!text.startsWith(head)) return undefined;
      return { head, rest: text.slice(head.length), restTokens: ids.length - tokens };
    },
    async complete(cuts) {
      const completions: string[] = [];
      for (const { head, restTokens } of cuts) {
        const [done] = await sample(lm, {
          prompt: head,
          temperature: 0,
          maxLength: restTokens,
          ...(signal ? { signal } : {}),
        });
        completions.push(done!.text);
      }
      return completions;
    },
    async score(pairs) {
      const heads = pairs.map(({ head }) => beginning(head));
      const rows = pairs.map(({ head, rest }, i) => [
        ...heads[i]!,
        ...[...beginning(head + rest)].slice(heads[i]!.length),
      ]);
      const losses = await tokenLosses(lm, rows, signal);
      return losses.map((list, i) => list.subarray(heads[i]!.length - 1).map((nats) => -nats));
    },
  };
}
