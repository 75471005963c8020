/** The side that has the model: does the jobs that it is given. */
import { setMaxListeners } from "node:events";
import { loadModel, lowLatency } from "../../generate/load.ts";
import { LocalModel } from "../../generate/local-model.ts";
import { answerOf } from "../errors.ts";
import type { ServeLimits } from "../limits.ts";
import type { JobOf } from "../model/job.ts";
import { jobs } from "../model/jobs.ts";
import { createService } from "../model/service.ts";
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

/** @returns what takes messages */
export function createHost(
  lm: LocalModel,
  { id, limits }: { readonly id: string; readonly limits: ServeLimits },
  post: (message: FromModel) => void,
): (message: ToModel) => void {
  const service = createService(lm, id, limits, (notice) => post({ notice }));
  const calls = new Map<number, AbortController>();
  /** Calls whose messages nobody takes at the moment. */
  const paused = new Set<number>();
  const { batcher } = service;
  const tellCounts = () => {
    if (batcher) post({ counts: batcher.counts });
  };
  let timer: NodeJS.Timeout | undefined;

  async function work({ call, job, request, stream }: Call): Promise<void> {
    const stop = new AbortController();
    // Each text of a request listens to it.
    setMaxListeners(0, stop.signal);
    calls.set(call, stop);
    timer ??= setInterval(tellCounts, COUNTS_MS);
    try {
      const { answer, stream: streamed } = (jobs[job] as JobOf<unknown>)(service, request, () =>
        paused.has(call),
      );
      // As text, so that the thread of the connections has no more to do with long answers than to pass them on.
      const send = (message: object) => post({ call, message: JSON.stringify(message) });
      if (stream && streamed) await streamed(send, stop.signal);
      else send(await answer(stop.signal));
      post({ call, end: true });
    } catch (error) {
      // The other texts of the request are for nobody.
      stop.abort();
      post({ call, failed: failureOf(error) });
    } finally {
      calls.delete(call);
      paused.delete(call);
      tellCounts();
      if (calls.size === 0) {
        clearInterval(timer);
        timer = undefined;
      }
    }
  }

  async function release(): Promise<void> {
    for (const stop of calls.values()) stop.abort();
    await service.release();
    await lm.release();
    post({ released: true });
  }

  return (message) => {
    if ("cancel" in message) calls.get(message.cancel)?.abort();
    else if ("release" in message) void release();
    else if ("pause" in message) paused.add(message.pause);
    else if ("resume" in message) {
      paused.delete(message.resume);
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
