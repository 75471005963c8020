/** `POST /tokenize`, `POST /detokenize` and `GET /tokenizer_info`, as vLLM has them. */

import { tokenPieces } from "../../generate/log-probabilities.ts";
import type { DetokenizeRequest, TokenizeRequest } from "../messages.ts";
import type { Job } from "./job.ts";
import { readPrompt, requirePrompts, textOfIds } from "./prompts.ts";
import type { Service } from "./service.ts";

const job = (answer: () => object): Job => ({ answer: async () => answer() });

export async function tokenizeJob(service: Service, request: TokenizeRequest): Promise<Job> {
  const { lm } = service;
  requirePrompts(service, [request.prompt], "prompt");
  const { ids: read, tokens: own } = await readPrompt(service, request.prompt, "prompt");
  const ids = request.add_special_tokens ? read : read.subarray(read.length - own);
  return job(() => ({
    count: ids.length,
    max_model_len: Number.isFinite(lm.model.contextLength) ? lm.model.contextLength : null,
    tokens: Array.from(ids),
    token_strs: request.return_token_strs ? tokenPieces(lm.tokenizer, ids) : null,
  }));
}

export function detokenizeJob(service: Service, request: DetokenizeRequest): Job {
  requirePrompts(service, [request.tokens], "tokens");
  const prompt = textOfIds(service, request.tokens, "tokens");
  return job(() => ({ prompt }));
}

export function tokenizerInfoJob({ lm }: Service): Job {
  const { tokenizer, model } = lm;
  const end = tokenizer.token(tokenizer.endOfText);
  return job(() => ({
    tokenizer_class: tokenizer.kind,
    vocab_size: Math.min(tokenizer.size, model.config.vocab_size),
    model_max_length: Number.isFinite(model.contextLength) ? model.contextLength : null,
    bos_token: end,
    eos_token: end,
    eos_token_id: tokenizer.endOfText,
  }));
}
