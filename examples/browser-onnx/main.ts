/**
 * Writes with an exported character model, in the page, on ONNX Runtime Web alone: `npx vite examples/browser-onnx`.
 *
 * `onnx.json` says what goes in and comes out of a step: a token and the state, logits and the next state.
 */
import { InferenceSession, Tensor } from "onnxruntime-web";

const element = <E extends HTMLElement>(selector: string): E => document.querySelector<E>(selector)!;
const output = element<HTMLOutputElement>("output");

/** The prompt and the likeliest characters after it, up to the end of the text or `most` of them. */
async function write(files: readonly File[], prompt: string, most = 200): Promise<string> {
  const file = (name: string) => files.find((candidate) => candidate.name === name)!;
  const step = JSON.parse(await file("onnx.json").text());
  const vocab: Record<string, number> = JSON.parse(await file("tokenizer.json").text()).model.vocab;
  const characters = new Map(Object.entries(vocab).map(([character, id]) => [id, character]));
  const session = await InferenceSession.create(await file("model.onnx").arrayBuffer());
  let state: Record<string, Tensor> = {};
  for (const { input, dtype, shape } of step.state)
    state[input] = new Tensor(
      dtype,
      new Float32Array(shape.reduce((a: number, b: number) => a * b, 1)),
      shape,
    );
  let text = prompt;
  let next = step.begin;
  for (let read = 0; text.length < prompt.length + most; read++) {
    const ids = new Tensor("int32", Int32Array.of(next), step.ids.shape);
    const result = await session.run({ [step.ids.input]: ids, ...state });
    state = Object.fromEntries(
      step.state.map((s: { input: string; output: string }) => [s.input, result[s.output]]),
    );
    const logits = result[step.logits.output]!.data as Float32Array;
    next = read < prompt.length ? vocab[prompt[read]!] : logits.indexOf(Math.max(...logits));
    if (read >= prompt.length && next === step.begin) break;
    if (read >= prompt.length) text += characters.get(next);
  }
  return text;
}

element<HTMLFormElement>("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  delete output.dataset.state;
  const files = [...element<HTMLInputElement>("#files").files!];
  try {
    output.value = await write(files, element<HTMLInputElement>("#prompt").value);
    output.dataset.state = "done";
  } catch (error) {
    output.value = error instanceof Error ? error.message : String(error);
    output.dataset.state = "failed";
  }
});
