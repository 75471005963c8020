/**
 * Writes with a character or word model of a run folder, in the page: `npx vite examples/browser`.
 *
 * The same graphs as in Node run on ONNX Runtime Web; nothing is sent anywhere.
 */
import { float32 } from "punchline/engine";
import {
  bufferTensors,
  buildModel,
  type LanguageModel,
  stream,
  tokenizerFromFiles,
  webBackend,
} from "punchline/web";

const backend = webBackend({ threads: 1 });

/** The model in the files of a run folder. */
async function openModel(files: readonly File[]): Promise<LanguageModel> {
  const file = (name: string): File => {
    const found = files.find((candidate) => candidate.name === name);
    if (!found) throw new Error(`There is no ${name} among the files: choose a run folder.`);
    return found;
  };
  const json = async (name: string) => JSON.parse(await file(name).text());
  const model = buildModel(await json("config.json"));
  const tokenizer = tokenizerFromFiles(await json("tokenizer.json"), await json("tokenizer_config.json"));
  const { eos_token_id } = await json("generation_config.json");
  const source = bufferTensors(await file("model.safetensors").arrayBuffer());
  const weights: Record<string, ReturnType<typeof float32>> = {};
  for (const { name, shape } of model.parameters) {
    weights[name] = float32(shape);
    await source.read(name, weights[name].data);
  }
  return { model, weights, tokenizer, backend, stopAtEos: eos_token_id !== undefined, name: "page" };
}

const element = <E extends HTMLElement>(selector: string): E => document.querySelector<E>(selector)!;
const output = element<HTMLOutputElement>("output");
let seed = 0;

element<HTMLFormElement>("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const prompt = element<HTMLInputElement>("#prompt").value;
  output.value = prompt;
  delete output.dataset.state;
  try {
    const lm = await openModel([...element<HTMLInputElement>("#files").files!]);
    const temperature = element<HTMLInputElement>("#temperature").valueAsNumber;
    for await (const piece of stream(lm, { prompt, temperature, seed: seed++ })) output.value += piece;
    output.dataset.state = "done";
  } catch (error) {
    output.value = error instanceof Error ? error.message : String(error);
    output.dataset.state = "failed";
  }
});
