/** A Llama of SmolLM2-135M's shape, of random weights. */
import { llama } from "../../src/models/llama.ts";
import type { Model } from "../../src/models/model.ts";
import { usualSize } from "../quick.ts";
import { writeModel } from "./folder.ts";

export const SMOL_VOCABULARY = 49_152;
export const smolTitle = "SmolLM2-135M's shape";

export const smolModel = (): Model =>
  llama.build(llama.configure(usualSize("smollm2-135m"), SMOL_VOCABULARY));

export const writeSmol = (folder: string): Promise<void> => writeModel(smolModel(), folder);
