/**
 * A model of texts that your program has: trained, resumed by its folder, saved: `node examples/own-texts.js`.
 */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openLocal, resume, train } from "punchline";

const animals = ["hen", "fox", "crow", "goat", "mule", "duck", "toad", "hare"];
const places = ["road", "river", "bridge", "field", "fence", "puddle"];
const texts = animals.flatMap((animal) =>
  places.map((place) => `Why did the ${animal} cross the ${place}? To see the ${animal} on the other side.`),
);

const home = mkdtempSync(join(tmpdir(), "own-texts-"));
const run = join(home, "run");
const steps = 60;
const { summary } = await train({
  model: "char-gru",
  modelOptions: { width: 64, embedding: 16 },
  data: texts,
  options: { steps, batchSize: 8, learningRate: 0.01 },
  out: run,
});
console.log(`step ${summary.steps}: ${summary.val_loss?.toFixed(3)} nats per character`);

// The run's folder keeps all that is needed to go on, the texts too. A function may end the training early.
const { lm, summary: longer } = await resume(run, {
  options: { steps: steps * 2 },
  stopWhen: (log) => (log.at(-1)?.loss ?? Infinity) < 0.1,
});
console.log(`step ${longer.steps}: ${longer.val_loss?.toFixed(3)} nats per character`);

await lm.save(join(home, "model"));
const model = await openLocal(join(home, "model"));
for await (const piece of model.stream({ prompt: "Why did", seed: 1 })) process.stdout.write(piece);
console.log();
await model.release();
