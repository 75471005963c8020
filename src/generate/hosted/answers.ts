/** What a service answers, as far as it is used; loaded with the first answer, since zod takes a tenth of a second. */
import { z } from "zod";

const count = z.int().nonnegative();
/** A count that is none is as good as absent. */
const usage = z.looseObject({ prompt_tokens: count, completion_tokens: count }).nullish().catch(undefined);
const ending = { finish_reason: z.string().nullish(), stop_reason: z.unknown().optional() };
const answer = <T extends z.ZodType>(choice: T) => z.looseObject({ choices: z.array(choice).min(1), usage });
const chunk = <T extends z.ZodType>(choice: T) =>
  z.looseObject({ choices: z.array(choice).nullish(), usage });
const text = z.string().nullish();

export const completion = answer(z.looseObject({ text: z.string(), ...ending }));
export const completionChunk = chunk(z.looseObject({ text: z.string(), ...ending }));
export const chatCompletion = answer(
  z.looseObject({ message: z.looseObject({ content: text, refusal: text }), ...ending }),
);
export const chatChunk = chunk(
  z.looseObject({ delta: z.looseObject({ content: text, refusal: text }), ...ending }),
);

/** Log-probabilities of some kind, of the first choice. */
const logProbabilities = <T extends z.ZodRawShape>(shape: T) =>
  z.looseObject({ usage, choices: z.array(z.looseObject({ logprobs: z.looseObject(shape) })).min(1) });

/** Of a given text's tokens. */
export const scored = logProbabilities({
  tokens: z.array(z.string()),
  token_logprobs: z.array(z.number().nullable()),
  text_offset: z.array(count).nullish(),
});

/** The likeliest next tokens, by either endpoint. */
export const nextCompletion = logProbabilities({
  top_logprobs: z.array(z.record(z.string(), z.number())).min(1),
});
const alternative = z.looseObject({ token: z.string(), logprob: z.number() });
export const nextChat = logProbabilities({
  content: z.array(z.looseObject({ top_logprobs: z.array(alternative) })).min(1),
});
