/** How a model looks at a text, which decides what it can be asked. */
import { hasGrowingState, type Model } from "../models/model.ts";

/**
 * `causal`: from left to right, all at once; `masked`: both ways, naming hidden tokens; `recurrent`: from left to
 * right with a state of fixed size, one token after the other (convolutions that keep their taps included); `window`: the last tokens before the one that it predicts.
 */
export type ModelKind = "causal" | "masked" | "recurrent" | "window";

export function kindOf(model: Model): ModelKind {
  if (model.predicts === "masked") return "masked";
  if (model.predicts === "last") return "window";
  return hasGrowingState(model) ? "causal" : "recurrent";
}
