/**
 * A model of texts that your program has: trained, resumed by its folder, saved: `node examples/own-texts.js`.
 */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openLocal, resume, train } from "punchline";

const texts = [
  "A stitch in time saves nine.",
  "Birds of a feather flock together.",
  "Every cloud has a silver lining.",
  "Fortune favours the bold.",
  "Good things come to those who wait.",
  "Honesty is the best policy.",
  "If it is not broken, do not fix it.",
  "Let sleeping dogs lie.",
  "Many hands make light work.",
  "No man is an island.",
  "Old habits die hard.",
  "Practice makes perfect.",
  "Rome was not built in a day.",
  "The early bird catches the worm.",
  "The pen is mightier than the sword.",
  "Too many cooks spoil the broth.",
  "When in Rome, do as the Romans do.",
  "Where there is smoke there is fire.",
  "You cannot judge a book by its cover.",
  "You can lead a horse to water, but you cannot make it drink.",
];

const home = mkdtempSync(join(tmpdir(), "own-texts-"));
const run = join(home, "run");
const steps = 60;
const { summary } = await train({
  model: "char-gru",
  modelOptions: { width: 64, embedding: 16 },
  data: texts,
  options: { steps, batchSize: 4, seqLen: 16, learningRate: 0.01 },
  out: run,
});
console.log(`step ${summary.steps}: a training loss of ${summary.train_loss?.toFixed(3)} nats per character`);

// The run's folder keeps all that is needed to go on, the texts too. A function may end the training early.
const { lm, summary: longer } = await resume(run, {
  options: { steps: steps * 2 },
  stopWhen: (log) => (log.at(-1)?.loss ?? Infinity) < 0.1,
  onEvent(event) {
    if (event.type === "start") console.log(`goes on from step ${event.resumedFrom}`);
  },
});
console.log(`step ${longer.steps}: a training loss of ${longer.train_loss?.toFixed(3)}`);

await lm.save(join(home, "model"));
const model = await openLocal(join(home, "model"));
for await (const piece of model.stream({ prompt: "The ", seed: 1 })) process.stdout.write(piece);
console.log();
await model.release();
