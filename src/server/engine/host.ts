/** The side that has the model: does the jobs that it is given. */
import { setMaxListeners } from "node:events";
import { loadModel, lowLatency } from "../../generate/load.ts";
import { LocalModel } from "../../generate/local-model.ts";
import { measuredInWords, SHORT_TEXT } from "../../runtime/measured-in-words.ts";
import { answerOf } from "../errors.ts";
import type { ServeLimits } from "../limits.ts";
import type { JobOf } from "../model/job.ts";
import { jobs } from "../model/jobs.ts";
import { createService } from "../model/service.ts";
import { Outbox } from "./outbox.ts";
import type { Call, Failure, FromModel, OpenRequest, ToModel } from "./protocol.ts";

/**
 * Opens a model for the requests of many, as `lowLatency` has it: a small one leaves the other cores to the connections.
 * @throws as `loadModel`
 */
export async function openServed({
  folder,
  name,
  adapter,
  backend,
  quantize,
}: OpenRequest): Promise<LocalModel> {
  const lm = await loadModel(folder, { ...backend, adapter, quantize, name });
  return new LocalModel(lowLatency(lm, backend), lm.folder);
}

/** Milliseconds between two messages with the counts while there is work. */
const COUNTS_MS = 200;

/** What ends a call: nobody takes its messages any more, or nothing more is to be written. */
interface Ends {
  readonly taking: AbortController;
  readonly working: AbortController;
}

/** @returns what takes messages */
export function createHost(
  lm: LocalModel,
  { id, limits }: { readonly id: string; readonly limits: ServeLimits },
  post: (message: FromModel) => void,
): (message: ToModel) => void {
  const service = createService(
    lm,
    id,
    limits,
    (notice) => post({ notice }),
    () => tellCounts(),
  );
  if (lm.choice) post({ notice: measuredInWords(lm.choice, { per: SHORT_TEXT }) });
  const calls = new Map<number, Ends>();
  const outbox = new Outbox(post);
  const { batcher } = service;
  const tellCounts = () => {
    if (batcher) post({ counts: batcher.counts });
  };
  let timer: NodeJS.Timeout | undefined;

  const cancel = (ends: Ends | undefined) => {
    ends?.taking.abort();
    ends?.working.abort();
    outbox.wake();
  };

  async function work({ call, job, request, stream }: Call): Promise<void> {
    const ends: Ends = { taking: new AbortController(), working: new AbortController() };
    const { signal } = ends.working;
    const send = (message: object) => outbox.send(call, message, ends.taking.signal);
    let sent = Promise.resolve();
    // Each text of a request listens to it.
    setMaxListeners(0, signal);
    calls.set(call, ends);
    timer ??= setInterval(tellCounts, COUNTS_MS);
    try {
      const { answer, stream: streamed } = await (jobs[job] as JobOf<unknown>)(service, request, () =>
        outbox.isPaused(call),
      );
      signal.throwIfAborted();
      if (stream && streamed) {
        await streamed((message) => {
          sent = sent.then(() => send(message));
        }, signal);
        await sent;
      } else await send(await answer(signal));
      post({ call, end: true });
    } catch (error) {
      // The other texts of the request are for nobody; what is written already comes before the error.
      ends.working.abort();
      await sent.catch(() => {});
      post({ call, failed: failureOf(error) });
    } finally {
      calls.delete(call);
      outbox.resume(call);
      tellCounts();
      if (calls.size === 0) {
        clearInterval(timer);
        timer = undefined;
      }
    }
  }

  async function release(): Promise<void> {
    for (const ends of calls.values()) cancel(ends);
    await service.release();
    await lm.release();
    post({ released: true });
  }

  return (message) => {
    if ("cancel" in message) cancel(calls.get(message.cancel));
    else if ("release" in message) void release();
    else if ("pause" in message) outbox.pause(message.pause);
    else if ("resume" in message) {
      outbox.resume(message.resume);
      batcher?.wake();
    } else void work(message);
  };
}

export const traceOf = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : String(error);

/** An error as plain data. */
export function failureOf(error: unknown): Failure {
  const { status, body, unexpected } = answerOf(error);
  const { message, code, param } = body.error;
  const bug = traceOf(error);
  return { status, message, code, param, ...(unexpected ? { bug } : {}) };
}
