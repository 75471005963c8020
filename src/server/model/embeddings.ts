/** `POST /v1/embeddings`: texts, or their tokens, as vectors; see `embed`. */
import { turn } from "../../generate/batching/turn.ts";
import { about } from "../errors.ts";
import type { EmbeddingsAnswer, EmbeddingsRequest } from "../messages.ts";
import { type Job, usageOf } from "./job.ts";
import { promptsOf, requireIds, requirePrompts, spell } from "./prompts.ts";
import type { Service } from "./service.ts";

export async function embeddingsJob(service: Service, request: EmbeddingsRequest): Promise<Job> {
  const { id } = service;
  const { input, encoding_format = "float" } = request;
  const given = promptsOf(input);
  requirePrompts(service, given, "input");
  const texts: ArrayLike<number>[] = [];
  for (const text of given) {
    // Long ones take a while.
    if (texts.length > 0) await turn();
    if (typeof text === "string") {
      const clean = about("input", () => service.clean(text));
      texts.push(await spell(service, clean, "input"));
    } else {
      requireIds(service, text, "input");
      texts.push(text);
    }
  }
  const tokens = texts.reduce((sum, { length }) => sum + length, 0);
  return {
    async answer(signal): Promise<EmbeddingsAnswer> {
      const vectors = await service.embedder().embed(texts, { signal });
      const { total_tokens, prompt_tokens } = usageOf(tokens, 0);
      return {
        object: "list",
        model: id,
        data: vectors.map((vector, index) => ({
          object: "embedding",
          index,
          embedding: encoding_format === "base64" ? base64(vector) : Array.from(vector),
        })),
        usage: { prompt_tokens, total_tokens },
      };
    },
  };
}

/** The numbers as float32, little-endian. */
const base64 = ({ buffer, byteOffset, byteLength }: Float32Array): string =>
  Buffer.from(buffer, byteOffset, byteLength).toString("base64");
