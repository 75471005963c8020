/** The JSON texts that a schema allows, as the machine that writes them knows them. */
import type { Pattern } from "./pattern.ts";

/** Texts; lengths in code points. */
export interface StringShape {
  readonly kind: "string";
  readonly min: number;
  /** Infinity: as long as it likes. */
  readonly max: number;
  readonly pattern?: Pattern | undefined;
}

/** Numbers without exponents. */
export interface NumberShape {
  readonly kind: "number";
  /** Bounds that belong to the range, except where they are marked as open. */
  readonly min: number;
  readonly max: number;
  readonly openMin: boolean;
  readonly openMax: boolean;
  /** Only whole multiples of it, where it is not 0. */
  readonly step: number;
}

/** Values as they are written. */
export interface LiteralShape {
  readonly kind: "literal";
  readonly texts: readonly string[];
}

export interface Property {
  readonly name: string;
  /** As it is written, with its quotation marks. */
  readonly text: string;
  readonly shape: Shape;
  readonly required: boolean;
}

/** Objects: the properties in this order, then others where `others` has a shape for them. */
export interface ObjectShape {
  readonly kind: "object";
  properties: readonly Property[];
  others: Shape | undefined;
  readonly min: number;
  readonly max: number;
}

/** Lists: the first items have shapes of their own. */
export interface ArrayShape {
  readonly kind: "array";
  readonly first: readonly Shape[];
  readonly rest: Shape | undefined;
  readonly min: number;
  max: number;
}

/** Any of several; none of them: nothing can be written. */
export interface UnionShape {
  readonly kind: "union";
  members: readonly Shape[];
}

export type Shape = StringShape | NumberShape | LiteralShape | ObjectShape | ArrayShape | UnionShape;
