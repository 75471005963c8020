/** What a list of runs reads of `state.json`. Import this lazily, as zod takes long to load. */
import { z } from "zod";
import { freshState } from "./state.ts";

/** The counters that a list is made of, as any version has written them. */
export const counters = z.looseObject({
  format: z.literal(freshState.format),
  step: z.number(),
  plannedSteps: z.number().nullish(),
  seconds: z.number().optional(),
  bestLoss: z.number().nullish(),
  sinceBest: z.number().optional(),
  lastValidation: z.number().nullish(),
});
