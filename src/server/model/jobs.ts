/** The jobs that a model can be given, by name. */
import { chatJob } from "./chat.ts";
import { completionJob } from "./completions.ts";
import { embeddingsJob } from "./embeddings.ts";
import type { JobOf } from "./job.ts";
import { detokenizeJob, tokenizeJob, tokenizerInfoJob } from "./tokens.ts";

export const jobs = {
  completion: completionJob,
  chat: chatJob,
  embeddings: embeddingsJob,
  tokenize: tokenizeJob,
  detokenize: detokenizeJob,
  tokenizerInfo: tokenizerInfoJob,
} satisfies Record<string, JobOf<never>>;

export type JobName = keyof typeof jobs;
