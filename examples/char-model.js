/**
 * A character model of your own text: `node examples/char-model.js FILE`, a text a line.
 *
 * Without a file it learns from the jokes that come with Punchline.
 */
import { prepareData, sample, train } from "punchline";

const data = await prepareData(process.argv[2] ?? "one-liners");
console.log(`${data.splits.train.length} texts to learn from`);

const { lm, summary } = await train({
  model: "char-lstm",
  modelOptions: { width: 256, dropout: 0.3 },
  data,
  options: { maxMinutes: 2 },
  onEvent: (event) => {
    if (event.type === "validation") console.log(`step ${event.step}: ${event.loss.toFixed(3)} nats`);
  },
});

console.log(`${summary.parameters} parameters after ${summary.steps} steps`);
for (const { text } of await sample(lm, { n: 5, temperature: 0.7, seed: 1 })) console.log(`- ${text}`);
