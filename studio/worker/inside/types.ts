/** One training step of a tiny network, as the room Inside shows it. */

export type InsideModel = "char-rnn" | "char-lstm" | "char-transformer";

/** All that a step depends on: the same request gives the same numbers. */
export interface InsideRequest {
  readonly model: InsideModel;
  /** What the step learns from; its letters are the network's alphabet. */
  readonly text: string;
  readonly seed: number;
  /** Learning rate. */
  readonly rate: number;
  /** Steps done before this one. */
  readonly done: number;
}

/** What the graph does at a node. */
export type Phase = "forward" | "backward" | "update";

/** A value of the graph. */
export interface InsideValue {
  /** As the dump calls it, such as `%5`. */
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data: readonly number[];
  /** What the rows and columns stand for, where they are letters; columns are along the last axis. */
  readonly rows?: readonly string[] | undefined;
  readonly columns?: readonly string[] | undefined;
  /** How the loss changes with each of its numbers, from the backward pass; absent where that is not asked. */
  readonly gradient?: readonly number[] | undefined;
  /** The node that computes the gradient. */
  readonly gradientNode?: number | undefined;
}

export interface InsideNode {
  readonly op: string;
  /** Its line of the dump. */
  readonly line: string;
  readonly phase: Phase;
  /** Nodes whose values it reads. */
  readonly reads: readonly number[];
  readonly values: readonly InsideValue[];
  /** What people call it: a parameter's name, and what a gradient or an update belongs to. */
  readonly role?: string | undefined;
}

/** Where the story of the step stops, by node. */
export interface InsideStops {
  readonly ids: number;
  readonly embedding: number;
  readonly network: number;
  readonly logits: number;
  readonly surprise: number;
  readonly loss: number;
  readonly scores: number;
  readonly gradient: number;
  readonly update: number;
}

export interface InsideStep {
  readonly alphabet: readonly string[];
  readonly ids: readonly number[];
  readonly labels: readonly number[];
  readonly parameters: number;
  readonly nodes: readonly InsideNode[];
  readonly stops: InsideStops;
  /** The whole dump. */
  readonly dump: string;
  /** Mean loss in nats per letter, before each step so far and after this one. */
  readonly losses: readonly number[];
  /** How likely the right next letter was at each place, before the step and after it. */
  readonly before: readonly number[];
  readonly after: readonly number[];
}

/** Finite differences of the loss for each number of a value, all in float64. */
export interface InsideCheck {
  /** How far each number is moved to either side. */
  readonly step: number;
  /** The loss with the number moved up, and down. */
  readonly up: readonly number[];
  readonly down: readonly number[];
  readonly slopes: readonly number[];
}

/** A parameter whose gradient was checked. */
export interface CheckedParameter {
  readonly name: string;
  readonly node: number;
  readonly numbers: number;
  /** Largest absolute values. */
  readonly gradient: number;
  readonly difference: number;
}

export interface InsideCalls {
  insideStep: { request: InsideRequest; event: never; result: InsideStep };
  /** The gradient of one value, by finite differences. */
  insideCheck: {
    request: InsideRequest & { readonly node: number; readonly value: number };
    event: never;
    result: InsideCheck;
  };
  /** The gradients of all parameters, one after the other. */
  insideCheckAll: { request: InsideRequest; event: CheckedParameter; result: undefined };
}
