/**
 * Next-token logits for a batch of growing texts, whatever the architecture: with carried state where
 * the model has one, from the whole window again where it has none.
 */

import { hasGrowingState } from "../../models/model.ts";
import type { LanguageModel } from "../language-model.ts";
import { CacheDecoder } from "./cache.ts";
import type { Decoder, DecoderOptions } from "./decoder.ts";
import { DeviceCacheDecoder, fitsDevice } from "./device-cache.ts";
import { StateDecoder } from "./state.ts";
import { WindowDecoder } from "./window.ts";

export function createDecoder(lm: LanguageModel, options: DecoderOptions = {}): Decoder {
  const { batch = 1, overflow = "error", history = 0 } = options;
  if (Object.keys(lm.model.state(batch)).length === 0) return new WindowDecoder(lm, batch, history);
  if (!hasGrowingState(lm.model)) return new StateDecoder(lm, batch, history);
  return fitsDevice(lm) ? new DeviceCacheDecoder(lm, batch, overflow) : new CacheDecoder(lm, batch, overflow);
}
