import { normaliseWithPositions, textOfUnits } from "../src/evaluate/novelty/normaliser.ts";

/** `text` as novelty compares it, such as `" why did the chicken "`; `""` where it has no word. */
export const normaliseText = (text: string): string => textOfUnits(normaliseWithPositions(text).units);
