/** What a request says of the form of its answer (`response_format`, and vLLM's names for the same). */
import type { Constraint } from "../../generate/batching/penalties.ts";
import { JsonWriter } from "../../generate/json/constraint.ts";
import { ApiError, about } from "../errors.ts";
import type { SamplingRequest } from "../messages.ts";
import type { Service } from "./service.ts";

/** Models of which JSON was asked before. */
const writers = new WeakMap<Service, JsonWriter>();

/**
 * What gives each text of a request a constraint of its own.
 * @throws ApiError 400 for a schema that cannot be kept or met, and for a vocabulary that cannot spell JSON
 */
export function constraintOf(service: Service, request: SamplingRequest): () => Constraint | undefined {
  const { response_format, structured_outputs, guided_json } = request;
  const asked = [
    ...(response_format && response_format.type !== "text"
      ? [{ field: "response_format", schema: schemaOf(response_format) }]
      : []),
    ...(structured_outputs ? [{ field: "structured_outputs", schema: structured_outputs.json }] : []),
    ...(guided_json === undefined ? [] : [{ field: "guided_json", schema: guided_json }]),
  ];
  const [first, second] = asked;
  if (first === undefined) return () => undefined;
  if (second !== undefined)
    throw new ApiError(
      400,
      "Send one of response_format, structured_outputs and guided_json.",
      "invalid_value",
      second.field,
    );
  const { field, schema } = first;
  const begin = () => about(field, () => writerOf(service).constraint(schema));
  begin();
  return () => {
    const { allowed, accept } = begin();
    return { allowed: () => about(field, allowed), accept: (id) => about(field, () => accept(id)) };
  };
}

function writerOf(service: Service): JsonWriter {
  const known = writers.get(service);
  if (known) return known;
  const { tokenizer, model } = service.lm;
  const writer = new JsonWriter(tokenizer, Math.min(tokenizer.size, model.config.vocab_size));
  writers.set(service, writer);
  return writer;
}

/** Undefined for any object. */
const schemaOf = (format: NonNullable<SamplingRequest["response_format"]>): unknown =>
  "json_schema" in format ? (format.json_schema.schema ?? {}) : undefined;
