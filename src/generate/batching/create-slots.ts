/** The slots that a model needs, by what it keeps of what it has read. */
import { hasGrowingState } from "../../models/model.ts";
import type { LanguageModel } from "../language-model.ts";
import { CacheSlots } from "./cache-slots.ts";
import type { Slots } from "./slots.ts";
import { StateSlots } from "./state-slots.ts";
import { WindowSlots } from "./window-slots.ts";

export function createSlots(lm: LanguageModel, count: number): Slots {
  if (Object.keys(lm.model.state(1)).length === 0) return new WindowSlots(lm, count);
  return hasGrowingState(lm.model) ? new CacheSlots(lm, count) : new StateSlots(lm, count);
}
