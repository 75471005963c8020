/** Trains the network of network.js in the page: `npx vite examples/browser-engine`. */
import { webBackend } from "punchline/web";
import { learnSine } from "./network.js";

const output = /** @type {HTMLOutputElement} */ (document.querySelector("output"));

learnSine(webBackend({ threads: 1 }), (line) => {
  output.value += `${line}\n`;
}).then(
  () => {
    output.dataset.state = "done";
  },
  (error) => {
    output.value += String(error);
    output.dataset.state = "failed";
  },
);
