/** What a request says of the form of its answer (`response_format`, and vLLM's names for the same). */
import type { Constraint } from "../../generate/batching/penalties.ts";
import { JsonWriter } from "../../generate/json/constraint.ts";
import { ApiError } from "../errors.ts";
import type { SamplingRequest } from "../messages.ts";
import type { Service } from "./service.ts";

/** Models of which JSON was asked before. */
const writers = new WeakMap<Service, JsonWriter>();

/**
 * What gives each text of a request a constraint of its own.
 * @throws InputError for a schema that cannot be kept or met, and for a vocabulary that cannot spell JSON
 */
export function constraintOf(service: Service, request: SamplingRequest): () => Constraint | undefined {
  const { response_format, structured_outputs, guided_json } = request;
  const asked = [
    ...(response_format && response_format.type !== "text" ? [schemaOf(response_format)] : []),
    ...(structured_outputs ? [{ schema: structured_outputs.json }] : []),
    ...(guided_json === undefined ? [] : [{ schema: guided_json }]),
  ];
  const [first, second] = asked;
  if (first === undefined) return () => undefined;
  if (second !== undefined)
    throw new ApiError(
      400,
      "Send one of response_format, structured_outputs and guided_json.",
      "invalid_value",
      "response_format",
    );
  const { tokenizer, model } = service.lm;
  let writer = writers.get(service);
  if (!writer) {
    writer = new JsonWriter(tokenizer, Math.min(tokenizer.size, model.config.vocab_size));
    writers.set(service, writer);
  }
  const { schema } = first;
  const json = writer;
  json.constraint(schema);
  return () => json.constraint(schema);
}

const schemaOf = (format: NonNullable<SamplingRequest["response_format"]>): { readonly schema: unknown } =>
  "json_schema" in format ? { schema: format.json_schema.schema ?? {} } : { schema: undefined };
