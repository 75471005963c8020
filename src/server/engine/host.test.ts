/** The side of the server that has the model. */
import { expect, it } from "vitest";
import { randomModel } from "../../../test/random-model.ts";
import { LocalModel } from "../../generate/local-model.ts";
import { defaultLimits } from "../limits.ts";
import { createHost } from "./host.ts";
import type { FromModel } from "./protocol.ts";

it("drops the other texts of a request when one of them fails", async () => {
  const lm = randomModel("char-transformer", { sizes: { width: 16, layers: 2, heads: 2, context: 96 } });
  const { tokenizer } = lm;
  const broken = tokenizer.id("e")!;
  const decode = (ids: ArrayLike<number>) => {
    if (Array.from(ids).includes(broken)) throw new Error("a token that cannot be read");
    return tokenizer.decode(ids);
  };
  const model = new LocalModel({ ...lm, tokenizer: { ...tokenizer, decode } });
  const messages: FromModel[] = [];
  const host = createHost(model, { id: "x", limits: defaultLimits }, (message) => messages.push(message));
  const request = { model: "x", prompt: "a", n: 8, max_tokens: 90, seed: 1 };
  host({ call: 1, job: "completion", request, stream: false });
  await expect.poll(() => messages.find((message) => "failed" in message)).toBeDefined();
  expect(messages.findLast((message) => "counts" in message)).toMatchObject({
    counts: { running: 0, waiting: 0 },
  });
  host({ release: true });
  await expect.poll(() => messages.find((message) => "released" in message)).toBeDefined();
});
