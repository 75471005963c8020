/** Punchline writing in a browser with the model beside its page. */
import { fetchedFiles } from "../../../src/browser/fetched-files.ts";
import { openRun } from "../../../src/browser/open-run.ts";
import { createDecoder } from "../../../src/generate/decoders/create.ts";
import type { Decoder } from "../../../src/generate/decoders/decoder.ts";
import { argmax } from "../../../src/generate/sampler.ts";
import { webBackend } from "../../../src/runtime/web.ts";
import type { WritingAsk, WritingSpeed } from "../writing.ts";

let decoder: Decoder;

/** The likeliest tokens after the prompt. */
async function write(prompt: readonly number[], tokens: number): Promise<WritingSpeed> {
  decoder.reset();
  const begun = performance.now();
  let next = argmax(await decoder.append(Int32Array.from(prompt)));
  const first = performance.now();
  const ids = [next];
  for (let t = 0; t < tokens; t++) {
    next = argmax(await decoder.append(Int32Array.of(next)));
    ids.push(next);
  }
  return { first: first - begun, rate: tokens / ((performance.now() - first) / 1000), ids };
}

export async function side(ask: WritingAsk): Promise<object> {
  if (ask.op === "write") return write(ask.prompt, ask.tokens);
  const folder = new URL("/model/", location.origin);
  decoder = createDecoder(await openRun(fetchedFiles(folder), webBackend({ threads: ask.threads })));
  return {};
}
