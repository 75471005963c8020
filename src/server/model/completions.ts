/** `POST /v1/completions`: continuations of texts, and the log-probabilities of texts (`echo`). */
import type { Batcher } from "../../generate/batching/batcher.ts";
import { turn } from "../../generate/batching/turn.ts";
import type { Sample } from "../../generate/sample.ts";
import { ApiError } from "../errors.ts";
import type {
  CompletionAnswer,
  CompletionChoice,
  CompletionLogprobs,
  CompletionRequest,
} from "../messages.ts";
import { ChoiceScores } from "./choice-scores.ts";
import { chunks, ending, headOf, type Job, type Paused, tokensOf, usageOf } from "./job.ts";
import {
  mostTokens,
  promptsOf,
  type ReadPrompt,
  readPrompt,
  requirePrompts,
  requireRoom,
} from "./prompts.ts";
import { batcherOf, type Service } from "./service.ts";
import { stopsOf, textsOf } from "./texts.ts";

export async function completionJob(
  service: Service,
  request: CompletionRequest,
  paused: Paused,
): Promise<Job> {
  const asked = await read(service, request, paused);
  const { prompts, n, echo } = asked;
  const head = headOf(service, "cmpl", "text_completion");
  const stop = stopsOf(request);
  const promptTokens = prompts.reduce((sum, { tokens }) => sum + tokens, 0);
  const used = (written: readonly Written[]) =>
    usageOf(promptTokens, tokensOf(written.map(({ sample }) => sample)));
  return {
    async answer(signal): Promise<CompletionAnswer> {
      const written = await writeAll(asked, signal);
      const choices = written.map(
        ({ sample, logprobs }, index): CompletionChoice => ({
          index,
          text: (echo ? prompts[Math.floor(index / n)]!.text : "") + sample.text,
          logprobs,
          ...ending(sample, stop),
        }),
      );
      return { ...head, choices, usage: used(written) };
    },

    async stream(send, signal) {
      const { piece, usage } = chunks<Pick<CompletionChoice, "text" | "logprobs">>(send, head, request);
      const written = await writeAll(asked, signal, (index, text, logprobs) =>
        piece(index, { text, logprobs }),
      );
      for (const [index, { sample, logprobs }] of written.entries())
        piece(index, { text: "", logprobs }, ending(sample, stop));
      usage(used(written));
    },
  };
}

/** A request that can be answered. */
interface Asked {
  readonly service: Service;
  readonly batcher: Batcher;
  readonly prompts: readonly ReadPrompt[];
  /** Texts of each prompt. */
  readonly n: number;
  readonly echo: boolean;
  /** Of each token whose log-probability is asked for. */
  readonly alternatives: number | undefined;
  readonly batched: ReturnType<typeof textsOf>;
}

interface Written {
  readonly sample: Sample;
  /** Those that no piece has had. */
  readonly logprobs: CompletionLogprobs | null;
}

/** Gets what is new of a choice, its prompt first where it is echoed. */
type Piece = (index: number, text: string, logprobs: CompletionLogprobs | null) => void;

/** @throws ApiError, UsageError or InputError for a request that cannot be answered */
async function read(service: Service, request: CompletionRequest, paused: Paused): Promise<Asked> {
  const batcher = batcherOf(service);
  const given = promptsOf(request.prompt);
  const maxLength = request.max_tokens ?? 16;
  const echo = request.echo === true;
  const alternatives = request.logprobs ?? undefined;
  if (maxLength === 0 && !echo)
    throw new ApiError(400, "max_tokens may be 0 only with echo.", "invalid_value", "max_tokens");
  requirePrompts(service, given, "prompt");
  const prompts: ReadPrompt[] = [];
  for (const prompt of given) {
    // Long ones take a while.
    if (prompts.length > 0) await turn();
    prompts.push(await readPrompt(service, prompt, "prompt", mostTokens(service)));
  }
  requireRoom(service, { maxTokens: maxLength, field: "max_tokens", promptField: "prompt" }, prompts);
  const batched = textsOf(service, request, { maxLength, alternatives, paused });
  return { service, batcher, prompts, n: request.n ?? 1, echo, alternatives, batched };
}

/** Writes all texts, those of a prompt one after the other. */
function writeAll(asked: Asked, signal: AbortSignal, piece?: Piece): Promise<readonly Written[]> {
  const { prompts, n } = asked;
  const all = prompts.flatMap((prompt) => Array.from({ length: n }, (_, index) => ({ prompt, index })));
  return Promise.all(
    all.map(({ prompt, index }, k) =>
      write(asked, prompt, index, signal, piece && ((text, logprobs) => piece(k, text, logprobs))),
    ),
  );
}

async function write(
  { service, batcher, echo, alternatives, batched }: Asked,
  prompt: ReadPrompt,
  index: number,
  signal: AbortSignal,
  piece?: (text: string, logprobs: CompletionLogprobs | null) => void,
): Promise<Written> {
  const scores = new ChoiceScores(service, prompt, { echo, alternatives });
  const scored = alternatives !== undefined;
  const show = piece && ((text: string) => piece(text, scores.take()));
  let begun = !echo;
  const begin = () => {
    if (!begun) show?.(prompt.text);
    begun = true;
  };
  const text = batched(prompt, index, signal, {
    onScores: echo && scored ? (some) => some.forEach((token) => void scores.promptToken(token)) : undefined,
    onToken: scored
      ? (token) => {
          begin();
          scores.writtenToken(token);
        }
      : undefined,
    onText:
      show &&
      ((more) => {
        begin();
        show(more);
      }),
  });
  const sample = await batcher.write(text);
  begin();
  return { sample, logprobs: scores.take() };
}
