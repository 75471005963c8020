/** The side of the server that has the model. */
import { describe, expect, it } from "vitest";
import { randomModel } from "../../../test/random-model.ts";
import { turn } from "../../generate/batching/turn.ts";
import { LocalModel } from "../../generate/local-model.ts";
import { trainBpe } from "../../text/bpe-train.ts";
import { huggingfaceTokenizer } from "../../text/huggingface.ts";
import { defaultLimits } from "../limits.ts";
import type { CompletionAnswer, EmbeddingsAnswer } from "../messages.ts";
import { createHost } from "./host.ts";
import type { FromModel, Piece } from "./protocol.ts";

const sizes = { width: 16, layers: 2, heads: 2, context: 4096 };

/** A request whose answer has some hundreds of thousands of characters, and what comes of it. */
function askForMuch(stream: boolean) {
  const messages: FromModel[] = [];
  const lm = new LocalModel(randomModel("char-transformer", { sizes }));
  const host = createHost(lm, { id: "x", limits: defaultLimits }, (message) => messages.push(message));
  const request = { model: "x", prompt: "hen ".repeat(500), max_tokens: 0, echo: true, logprobs: 20 };
  host({ call: 1, job: "completion", request, stream });
  const pieces = () => messages.filter((message): message is Piece & { call: number } => "piece" in message);
  const ended = () => messages.some((message) => "end" in message);
  return { host, pieces, ended, request };
}

describe("a large answer", () => {
  it.each([false, true])(
    "comes in pieces, between which others have their turn (stream: %s)",
    async (stream) => {
      const { host, pieces, ended, request } = askForMuch(stream);
      while (pieces().length === 0) await turn();
      let [turns, counted] = [0, pieces().length];
      while (!ended()) {
        await new Promise((turned) => setImmediate(turned));
        turns++;
        expect(pieces().length - counted).toBeLessThanOrEqual(2);
        counted = pieces().length;
      }
      expect(turns).toBeGreaterThan(3);
      const lengths = pieces().map(({ piece }) => piece.length);
      expect(Math.max(...lengths)).toBeLessThan(100_000);
      const whole = pieces()
        .map(({ piece, last }) => piece + (last ? "\n" : ""))
        .join("");
      const texts = whole
        .split("\n")
        .slice(0, -1)
        .map((line) => (JSON.parse(line) as CompletionAnswer).choices[0]!.text);
      expect(texts.join("")).toBe(request.prompt);
      host({ release: true });
    },
  );

  it("waits where nobody takes it, and stops where it is cancelled", async () => {
    const { host, pieces, ended } = askForMuch(false);
    while (pieces().length === 0) await turn();
    host({ pause: 1 });
    const turns = async () => {
      for (let k = 0; k < 20; k++) await turn();
      return pieces().length;
    };
    const held = await turns();
    expect(pieces().at(-1)!.last).toBe(false);
    expect(await turns()).toBe(held);
    host({ resume: 1 });
    await turn();
    host({ pause: 1 });
    expect(await turns()).toBeGreaterThan(held);
    host({ cancel: 1 });
    await expect.poll(ended).toBe(true);
    expect(pieces().at(-1)!.last).toBe(false);
    host({ release: true });
  });
});

it("makes vectors of token ids as they are, without a text in between", async () => {
  const lm = new LocalModel(randomModel("char-transformer", { sizes }));
  const input = "a hen and a rooster";
  const ids = [...lm.tokenizer.encode(input)];
  const decode = () => {
    throw new Error("the ids are not to be decoded");
  };
  const deaf = new LocalModel({ ...lm, tokenizer: { ...lm.tokenizer, decode } });
  const messages: FromModel[] = [];
  const host = createHost(deaf, { id: "x", limits: defaultLimits }, (message) => messages.push(message));
  const isPiece = (message: FromModel) => "piece" in message || "failed" in message;
  const answers: EmbeddingsAnswer[] = [];
  for (const [call, asked] of [input, ids].entries()) {
    host({ call, job: "embeddings", request: { model: "x", input: asked }, stream: false });
    await expect.poll(() => messages.filter(isPiece)).toHaveLength(call + 1);
    answers.push(JSON.parse((messages.findLast(isPiece) as Piece).piece) as EmbeddingsAnswer);
  }
  expect(answers[1]).toEqual(answers[0]);
  expect(answers[1]!.usage.prompt_tokens).toBe(ids.length);
  host({ release: true });
});

describe("prompts", () => {
  /** A model that counts what it spells, and what comes of a request. */
  function ask(request: object) {
    const lm = new LocalModel(randomModel("char-transformer", { sizes: { ...sizes, context: 128 } }));
    const spelled: string[] = [];
    const encode = (text: string) => {
      spelled.push(text);
      return lm.tokenizer.encode(text);
    };
    const messages: FromModel[] = [];
    const counting = new LocalModel({ ...lm, tokenizer: { ...lm.tokenizer, encode } });
    const host = createHost(counting, { id: "x", limits: defaultLimits }, (message) =>
      messages.push(message),
    );
    spelled.length = 0;
    host({ call: 1, job: "completion", request: { model: "x", ...request }, stream: false });
    const ended = () => messages.find((message) => "end" in message || "failed" in message);
    return { host, spelled, ended };
  }

  it("are each spelled once, with turns for others in between", async () => {
    const prompt = Array.from({ length: 100 }, (_, k) => `hen ${k}`);
    const { host, spelled, ended } = ask({ prompt, max_tokens: 1 });
    expect(spelled.length).toBeLessThanOrEqual(1);
    while (spelled.length < 100) {
      const known = spelled.length;
      await turn();
      expect(spelled.length - known).toBeLessThanOrEqual(2);
    }
    await expect.poll(ended).toMatchObject({ end: true });
    expect(spelled).toEqual(prompt);
    host({ release: true });
  });

  it("that are long are spelled in turns with other work", async () => {
    const { files } = trainBpe(["why did the hen cross the road"], { vocabularySize: 270 });
    const tokenizer = huggingfaceTokenizer(files["tokenizer.json"], files["tokenizer_config.json"]);
    const lm = new LocalModel(randomModel("gpt2", { tokenizer, sizes }));
    const messages: FromModel[] = [];
    const host = createHost(lm, { id: "x", limits: defaultLimits }, (message) => messages.push(message));
    const prompt = "the hen did cross ".repeat(2_000);
    host({ call: 1, job: "tokenize", request: { prompt }, stream: false });
    let turns = 0;
    for (; !messages.some((message) => "end" in message); turns++) await turn();
    expect(turns).toBeGreaterThan(5);
    const whole = messages.flatMap((message) => ("piece" in message ? [message.piece] : [])).join("");
    expect(JSON.parse(whole)).toMatchObject({ tokens: [...tokenizer.encode(prompt)] });
    host({ release: true });
  });

  it("that are too long for the model are not spelled at all", async () => {
    const { host, spelled, ended } = ask({ prompt: "a".repeat(129) });
    await expect.poll(ended).toMatchObject({
      failed: {
        code: "context_length_exceeded",
        message: "This model sees at most 128 tokens at once; the prompt has more.",
      },
    });
    expect(spelled).toEqual([]);
    host({ release: true });
  });
});

/** A model whose text fails with the tokens that `isBroken` says. */
function failingModel(context: number, isBroken: (token: number | undefined) => boolean): LocalModel {
  const lm = randomModel("char-transformer", { sizes: { ...sizes, context } });
  const { tokenizer } = lm;
  const decode = (ids: ArrayLike<number>) => {
    if (Array.from(ids).some(isBroken)) throw new Error("a token that cannot be read");
    return tokenizer.decode(ids);
  };
  return new LocalModel({ ...lm, tokenizer: { ...tokenizer, decode } });
}

it("sends what was written before a text failed, and then the failure", async () => {
  const messages: FromModel[] = [];
  const settings = { id: "x", limits: defaultLimits };
  const begun = () => messages.some((message) => "piece" in message);
  const host = createHost(failingModel(4096, begun), settings, (message) => messages.push(message));
  const request = { model: "x", prompt: "a cat ".repeat(300), max_tokens: 2000, echo: true, logprobs: 20 };
  host({ call: 1, job: "completion", request, stream: true });
  await expect.poll(() => messages.find((message) => "failed" in message)).toBeDefined();
  const ofCall = messages.filter((message) => "piece" in message || "failed" in message);
  expect(ofCall.at(-1)).toMatchObject({ failed: { bug: expect.stringContaining("cannot be read") } });
  const pieces = ofCall.filter((message): message is Piece & { call: number } => "piece" in message);
  expect(pieces.at(-1)).toMatchObject({ last: true });
  const lines = pieces.map(({ piece, last }) => piece + (last ? "\n" : "")).join("");
  const texts = lines
    .trimEnd()
    .split("\n")
    .map((line) => (JSON.parse(line) as CompletionAnswer).choices[0]!.text);
  expect(texts.join("").startsWith(request.prompt)).toBe(true);
  host({ release: true });
});

it("drops the other texts of a request when one of them fails", async () => {
  const messages: FromModel[] = [];
  const settings = { id: "x", limits: defaultLimits };
  const broken = randomModel("char-transformer", { sizes }).tokenizer.id("e");
  const model = failingModel(96, (token) => token === broken);
  const host = createHost(model, settings, (message) => messages.push(message));
  const request = { model: "x", prompt: "a", n: 8, max_tokens: 90, seed: 1 };
  host({ call: 1, job: "completion", request, stream: false });
  await expect.poll(() => messages.find((message) => "failed" in message)).toBeDefined();
  expect(messages.findLast((message) => "counts" in message)).toMatchObject({
    counts: { running: 0, waiting: 0 },
  });
  host({ release: true });
  await expect.poll(() => messages.find((message) => "released" in message)).toBeDefined();
});
