/** How fast a model writes texts, one at a time, with an example. */
import { createDecoder } from "../generate/decoders/create.ts";
import type { LanguageModel } from "../generate/language-model.ts";
import { sampleWith } from "../generate/sample.ts";

export interface SamplingSpeedOptions {
  /** Default 0. */
  readonly seed?: number | undefined;
  /** Seconds to measure, at least. Default 1. */
  readonly seconds?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface SamplingSpeed {
  /** Characters per second, the ends of texts included. */
  readonly sampling_per_s: number;
  /** The first text written, at temperature 0.8. */
  readonly sample: string;
}

/** Writes texts one after another. The first, which loads the graphs, is not timed. */
export async function measureSamplingSpeed(
  lm: LanguageModel,
  { seed = 0, seconds = 1, signal }: SamplingSpeedOptions = {},
): Promise<SamplingSpeed> {
  const decoder = createDecoder(lm, { overflow: "slide" });
  const write = async (index: number) => {
    decoder.reset();
    const [one] = await sampleWith(lm, decoder, {
      seed: seed + index,
      temperature: 0.8,
      slide: true,
      signal,
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
