/**
 * What a model says of texts, with the built-in GPT-2: `node examples/stream-and-score.js`.
 *
 * It writes piece by piece, gives the log-probability of each token, the perplexity of a text, and its vector.
 * Control-C ends it at once: every call that can take long takes an AbortSignal.
 */
import { embed, logProbabilities, openLocal, perplexity, stream } from "punchline";

const interrupted = new AbortController();
process.once("SIGINT", () => interrupted.abort(new Error("interrupted")));
const { signal } = interrupted;

const model = await openLocal("punchline-gpt2", { pull: { signal } });

process.stdout.write("The old man");
for await (const piece of stream(model, { prompt: "The old man", maxLength: 60, seed: 1, signal })) {
  process.stdout.write(piece);
  if (piece.includes(".")) break;
}
console.log();

const text = "The old man looked at the sea.";
const { tokens, logProbabilities: values } = await logProbabilities(model, text, { signal });
tokens.forEach((token, i) => {
  console.log(JSON.stringify(token).padEnd(12), values[i]?.toFixed(2) ?? "not predicted");
});
console.log(`perplexity ${(await perplexity(model, text, { signal })).toFixed(1)} per token`);

/**
 * The cosine of the angle between two vectors.
 * @param {Float32Array} a
 * @param {Float32Array} b
 */
const cosine = (a, b) => dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
/** @param {Float32Array} a @param {Float32Array} b */
const dot = (a, b) => a.reduce((total, value, i) => total + value * Number(b[i]), 0);

const [first, near, far] = await Promise.all(
  [text, "The old woman looked at the river.", "Chapter 12"].map((one) => embed(model, one, { signal })),
);
if (first && near && far)
  console.log(`cosines ${cosine(first, near).toFixed(3)}, ${cosine(first, far).toFixed(3)}`);
await model.release();
