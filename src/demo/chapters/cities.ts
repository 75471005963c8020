/** The first chapter of the demo: something to see within seconds, before anything else is trained. */
import { prepareData } from "../../data/prepare-sources.ts";
import type { LanguageModel } from "../../generate/language-model.ts";
import { loadModel } from "../../generate/load.ts";
import { sample } from "../../generate/sample.ts";
import { stream } from "../../generate/stream.ts";
import type { CitiesData } from "../../report/index.ts";
import type { DemoChapter, DemoContext } from "../context.ts";
import { baseGpt } from "../models/gpt.ts";

const SOURCE = "cities";
/** Names that are shown at a time, and names of the finished model. */
const [SHOWN, WRITTEN] = [5, 100];
/** The most letters of a name. */
const LONGEST = 30;
const TEMPERATURE = 0.8;

/** What the pre-trained model goes on with, the most tokens of it, and the bytes after which a sentence is its last. */
const first = { prompt: "The old man", maxLength: 100, enough: 150, temperature: 0.7, topP: 0.9 } as const;

export const cities: DemoChapter<"cities"> = {
  name: "cities",
  title: "From noise to names",
  question: "What does learning look like?",
  uses: [],
  runs: ["cities"],
  seconds: ({ cities: minutes }) => 60 * minutes + 2,
  async run(context) {
    const { runs, seed, plan, emit } = context;
    const data = await prepareData(SOURCE);
    const list = new Set(Object.values(data.splits).flat());
    const marked = (names: readonly string[]) => names.map((text) => ({ text, known: list.has(text) }));
    const write = async (lm: LanguageModel, n: number) => {
      const written = await sample(lm, { n, temperature: TEMPERATURE, seed, maxLength: LONGEST });
      return written.map(({ text }) => text.trim());
    };
    const run = await runs.get("cities", async () => ({
      what: "the names",
      network: { model: "char-lstm", modelOptions: { layers: 1, width: 128, embedding: 32, dropout: 0.1 } },
      data,
      sources: [SOURCE],
      options: {
        batchSize: 32,
        seqLen: 32,
        learningRate: 1e-2,
        epochs: plan.cityEpochs,
        maxMinutes: plan.cities,
        logEvery: 5,
        seed,
      },
      async writeSample(lm) {
        const names = await write(lm, SHOWN);
        emit({ type: "names", names: marked(names), finished: false });
        return names.join("\n");
      },
    }));
    const written = marked(await write(await loadModel(run.folder), WRITTEN));
    emit({ type: "names", names: written.slice(0, SHOWN), finished: true });
    return {
      parameters: run.summary.parameters,
      names: list.size,
      seconds: run.summary.seconds,
      log: run.log,
      moments: run.samples.map(({ step, text }) => ({ step, names: marked(text.split("\n")) })),
      written,
      pretrained: await firstText(context),
      commands: {
        train: run.command,
        sample: `punchline sample ${run.folder} -n 10 --temperature ${TEMPERATURE} --max-length ${LONGEST} --seed ${seed}`,
      },
    };
  },
};

const ENDED = /[.!?]["'”’]?\s*$/;

/** A text of the pre-trained model, as it writes it: some sentences. */
async function firstText(context: DemoContext): Promise<CitiesData["pretrained"]> {
  const { seed, emit, signal } = context;
  const base = await baseGpt(context);
  const lm = await loadModel(base.folder);
  const { prompt, maxLength, temperature, topP, enough } = first;
  const shown = (piece: string, ended = false) =>
    emit({ type: "piece", model: base.name, prompt, piece, ended });
  let text = "";
  shown("");
  for await (const piece of stream(lm, { prompt, maxLength, temperature, topP, seed, signal })) {
    text += piece;
    shown(piece);
    if (text.length > enough && ENDED.test(text)) break;
  }
  if (!ENDED.test(text)) {
    text += "…";
    shown("…");
  }
  shown("", true);
  return {
    model: base.name,
    prompt,
    text,
    command: `punchline sample ${base.name} --prompt "${prompt}" --max-length ${maxLength} --temperature ${temperature} --top-p ${topP} --seed ${seed}`,
  };
}
