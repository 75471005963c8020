/** What a request says of the form of its answer (`response_format`). */
import type { Constraint } from "../../generate/batching/penalties.ts";
import type { SamplingRequest } from "../messages.ts";
import type { Service } from "./service.ts";

export function constraintOf(_service: Service, _request: SamplingRequest): Constraint | undefined {
  return undefined;
}
