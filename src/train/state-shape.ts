/** What a list of runs reads of `state.json`. Import this lazily, as zod takes long to load. */
import * as z from "zod/mini";
import { freshState } from "./state.ts";

/** The counters that a list is made of, as any version has written them. */
export const counters = z.looseObject({
  format: z.literal(freshState.format),
  step: z.number(),
  plannedSteps: z.nullish(z.number()),
  seconds: z.optional(z.number()),
  bestLoss: z.nullish(z.number()),
  sinceBest: z.optional(z.number()),
  lastValidation: z.nullish(z.number()),
});
