/**
 * Predictive typing: a model learns from the built-in jokes for two minutes, then shows in grey how the word that
 * you type may end. Tab takes it, Enter ends. Outside a terminal it suggests for a few beginnings.
 *
 *     node examples/typing.js
 */
import { emitKeypressEvents } from "node:readline";
import {
  CANDIDATES,
  createSuggester,
  lowLatency,
  prepareData,
  rankByKeystrokesSaved,
  train,
} from "punchline";

const data = await prepareData("one-liners");
const { lm } = await train({ model: "char-lstm", data, options: { maxMinutes: 2, sampleEvery: 0 } });
const suggester = createSuggester(lowLatency(lm));

/**
 * The suggestion that saves most keystrokes.
 * @param {string} text
 */
async function completionOf(text) {
  const { words } = await suggester.suggest(text, { n: CANDIDATES, kinds: ["words"] });
  return rankByKeystrokesSaved(words, 1)[0]?.text ?? "";
}

if (process.stdin.isTTY) {
  let text = "";
  let completion = await completionOf(text);
  const draw = () => process.stdout.write(`\r\u001b[K${text}\u001b[2m${completion}\u001b[22m`);
  emitKeypressEvents(process.stdin.setRawMode(true));
  draw();
  for await (const key of keys()) {
    if (key.name === "return" || (key.ctrl && key.name === "c")) break;
    if (key.name === "tab") text += completion;
    else if (key.name === "backspace") text = text.slice(0, -1);
    else text += key.sequence ?? "";
    completion = await completionOf(text);
    draw();
  }
  console.log(`\r\u001b[K${text}`);
  process.stdin.setRawMode(false).pause();
} else {
  for (const text of ["", "Why did the", "What do you c"])
    console.log(`${text}[${await completionOf(text)}]`);
}
await suggester.release();

/** @typedef {{ name?: string, sequence?: string, ctrl?: boolean }} Key */

/** @returns {AsyncGenerator<Key>} */
async function* keys() {
  while (true) {
    yield await new Promise((pressed) => process.stdin.once("keypress", (_, key) => pressed(key)));
  }
}
