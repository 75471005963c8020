/** Answers in pieces: an error in the middle of one breaks the connection, and the server's log has it. */
import { expect, it } from "vitest";
import type { Piece } from "./engine/protocol.ts";
import { wholeBody } from "./whole-body.ts";

const broken = new Error("the model's thread has ended");

async function* pieces(count: number): AsyncGenerator<Piece, void> {
  for (let k = 0; k < count; k++) yield { piece: `${k}`, last: false };
  throw broken;
}

async function answered(count: number, signal: AbortSignal) {
  const reported: unknown[] = [];
  let ended = 0;
  const body = wholeBody(pieces(count), {
    signal,
    report: (error) => reported.push(error),
    ended: () => void ended++,
  });
  const failed = await body.then((answer) => new Response(answer).text()).catch((error: unknown) => error);
  return { failed, reported, ended };
}

it("reports an error in the middle of an answer, once", async () => {
  expect(await answered(2, new AbortController().signal)).toEqual({
    failed: broken,
    reported: [broken],
    ended: 1,
  });
});

it("leaves an error before the answer, and one after the client has left, to others", async () => {
  expect(await answered(0, new AbortController().signal)).toEqual({ failed: broken, reported: [], ended: 1 });
  expect(await answered(2, AbortSignal.abort())).toEqual({ failed: broken, reported: [], ended: 1 });
});
