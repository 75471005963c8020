/** What the side that speaks HTTP and the side that has a model say to each other; plain data. */
import type { BatcherCounts } from "../../generate/batching/batcher.ts";
import type { Quantization } from "../../models/quantize.ts";
import type { BackendChoice } from "../../runtime/backend.ts";
import type { ApiError } from "../errors.ts";
import type { ServeLimits } from "../limits.ts";
import type { JobName } from "../model/jobs.ts";

/** A model to open in a thread of its own. */
export interface OpenRequest {
  readonly name: string;
  /** Its name in requests. */
  readonly id: string;
  readonly folder: string;
  readonly adapter?: string | undefined;
  readonly limits: ServeLimits;
  readonly backend?: BackendChoice | undefined;
  readonly quantize?: Quantization | undefined;
}

export interface Call {
  readonly call: number;
  readonly job: JobName;
  /** As its schema gave it. */
  readonly request: unknown;
  readonly stream: boolean;
}

/** A part of a message, or of a whole answer, as JSON. */
export interface Piece {
  readonly piece: string;
  /** Whether the message ends with it. */
  readonly last: boolean;
}

export type ToModel =
  | Call
  | { readonly cancel: number }
  | { readonly pause: number }
  | { readonly resume: number }
  | { readonly release: true };

/** What went wrong with a call. */
export interface Failure {
  readonly status: ApiError["status"];
  readonly message: string;
  readonly code: string | null;
  readonly param: string | null;
  /** Where it is a bug of the server: the error, for the person who runs it. */
  readonly bug?: string | undefined;
}

/** Why a model could not be opened. */
export interface OpeningFailure {
  readonly kind: "usage" | "failure" | "bug";
  readonly code: string;
  readonly message: string;
}

export type FromModel =
  | { readonly ready: true }
  | { readonly notReady: OpeningFailure }
  | ({ readonly call: number } & Piece)
  | { readonly call: number; readonly end: true }
  | { readonly call: number; readonly failed: Failure }
  | { readonly counts: BatcherCounts }
  | { readonly notice: string }
  | { readonly released: true };
