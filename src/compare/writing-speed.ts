/** How fast a model writes, one text at a time, and what. */
import { createDecoder } from "../generate/decoders/create.ts";
import type { LanguageModel } from "../generate/language-model.ts";
import { sampleWith } from "../generate/sample.ts";

export interface WritingOptions {
  /** Default 0. */
  readonly seed?: number;
  /** Least seconds to measure. Default 1. */
  readonly seconds?: number;
  readonly signal?: AbortSignal;
}

export interface Writing {
  /** Characters a second, the ends of texts included. */
  readonly sampling_per_s: number;
  /** The first text written, at temperature 0.8. */
  readonly sample: string;
}

/** Writes texts one after another; the first, which loads the graphs, does not count. */
export async function measureWriting(
  lm: LanguageModel,
  { seed = 0, seconds = 1, signal }: WritingOptions = {},
): Promise<Writing> {
  const decoder = createDecoder(lm, { overflow: "slide" });
  const write = async (index: number) => {
    decoder.reset();
    const [one] = await sampleWith(lm, decoder, {
      seed: seed + index,
      temperature: 0.8,
      slide: true,
      ...(signal ? { signal } : {}),
    });
    return one!;
  };
  try {
    const { text: sample } = await write(0);
    const begun = performance.now();
    const passed = () => (performance.now() - begun) / 1000;
    let characters = 0;
    for (let index = 1; characters === 0 || passed() < seconds; index++) {
      const { text, finish } = await write(index);
      characters += [...text].length + (finish === "eos" ? 1 : 0);
    }
    return { sampling_per_s: characters / passed(), sample };
  } finally {
    await decoder.release();
  }
}
