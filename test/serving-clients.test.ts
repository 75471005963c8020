/** The server as other clients of OpenAI's API ask it: the Vercel AI SDK, and LangChain. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { peerReason, peers } from "./peers.ts";
import { type Served, startServer } from "./served.ts";

let server: Served;

beforeAll(async () => {
  if (peers.ai || peers.langchain) server = await startServer(["punchline-gpt2", "punchline-bert"]);
});
afterAll(async () => {
  if (server !== undefined) expect(await server.stop()).toBe(0);
});

const schema = {
  type: "object",
  properties: { animal: { enum: ["hen", "rooster"] }, legs: { type: "integer", minimum: 0, maximum: 8 } },
  required: ["animal", "legs"],
  additionalProperties: false,
} as const;
const fitting = { animal: expect.stringMatching(/^(hen|rooster)$/), legs: expect.any(Number) };

/** What the server itself answers. */
async function asked(path: string, body: object): Promise<{ choices: { message: { content: string } }[] }> {
  const response = await fetch(`${server.url}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model: "punchline-gpt2", ...body }),
  });
  return (await response.json()) as { choices: { message: { content: string } }[] };
}
const answerTo = async (content: string): Promise<string> =>
  (await asked("/chat/completions", { messages: [{ role: "user", content }], seed: 3, max_tokens: 20 }))
    .choices[0]!.message.content;

/** The parts of the Vercel AI SDK that are used here. */
interface AiModule {
  generateText(
    options: object,
  ): Promise<{ text: string; finishReason: string; usage: { outputTokens: number } }>;
  streamText(options: object): { textStream: AsyncIterable<string> };
  generateObject(options: object): Promise<{ object: unknown }>;
  embedMany(options: object): Promise<{ embeddings: number[][] }>;
  jsonSchema(schema: object): object;
}
interface AiProviderModule {
  createOpenAICompatible(options: object): ((model: string) => object) & {
    textEmbeddingModel(model: string): object;
  };
}

describe.skipIf(!peers.ai || !peers.aiProvider)(
  `the AI SDK ${peerReason("ai and @ai-sdk/openai-compatible")}`,
  () => {
    it("writes, streams, embeds and gets objects", async () => {
      const ai = (await import(peers.ai!)) as AiModule;
      const { createOpenAICompatible } = (await import(peers.aiProvider!)) as AiProviderModule;
      const provider = createOpenAICompatible({
        name: "punchline",
        baseURL: server.url,
        supportsStructuredOutputs: true,
        includeUsage: true,
      });
      const model = provider("punchline-gpt2");
      const settings = { model, prompt: "The old man", seed: 3, maxOutputTokens: 20 };
      const expected = await answerTo("The old man");
      const whole = await ai.generateText(settings);
      expect(whole).toMatchObject({ text: expected, finishReason: "length", usage: { outputTokens: 20 } });
      let streamed = "";
      for await (const piece of ai.streamText(settings).textStream) streamed += piece;
      expect(streamed).toBe(expected);
      const { object } = await ai.generateObject({
        model,
        schema: ai.jsonSchema(schema),
        prompt: "The hen",
        maxOutputTokens: 100,
      });
      expect(object).toEqual(fitting);
      const { embeddings } = await ai.embedMany({
        model: provider.textEmbeddingModel("punchline-bert"),
        values: ["a hen", "a rooster"],
      });
      expect(embeddings.map(({ length }) => length > 8)).toEqual([true, true]);
    });
  },
);

/** The parts of LangChain that are used here. */
interface LangchainModule {
  readonly ChatOpenAI: new (
    options: object,
  ) => {
    invoke(prompt: string): Promise<{ content: string }>;
    stream(prompt: string): Promise<AsyncIterable<{ content: string }>>;
    withStructuredOutput(schema: object, options: object): { invoke(prompt: string): Promise<unknown> };
  };
  readonly OpenAIEmbeddings: new (
    options: object,
  ) => { embedDocuments(texts: string[]): Promise<number[][]> };
}

describe.skipIf(!peers.langchain)(`LangChain ${peerReason("@langchain/openai")}`, () => {
  it("writes, streams, embeds and gets objects", async () => {
    const { ChatOpenAI, OpenAIEmbeddings } = (await import(peers.langchain!)) as LangchainModule;
    const shared = { apiKey: "none", configuration: { baseURL: server.url }, maxRetries: 0 };
    const settings = { ...shared, model: "punchline-gpt2", modelKwargs: { seed: 3 } };
    const model = new ChatOpenAI({ ...settings, maxTokens: 20 });
    const expected = await answerTo("The old man");
    expect((await model.invoke("The old man")).content).toBe(expected);
    let streamed = "";
    for await (const { content } of await model.stream("The old man")) streamed += content;
    expect(streamed).toBe(expected);
    const structured = new ChatOpenAI({ ...settings, maxTokens: 100 }).withStructuredOutput(
      { title: "animal", ...schema },
      { name: "animal", method: "jsonSchema", strict: true },
    );
    expect(await structured.invoke("The hen")).toEqual(fitting);
    const vectors = await new OpenAIEmbeddings({ ...shared, model: "punchline-bert" }).embedDocuments([
      "a hen",
      "a rooster",
    ]);
    expect(vectors.map(({ length }) => length > 8)).toEqual([true, true]);
  });
});
