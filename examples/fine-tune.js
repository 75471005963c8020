/**
 * A small GPT-2, made on the spot and then fine-tuned to write on a topic: `node examples/fine-tune.js`.
 *
 * Pre-training and fine-tuning spell their texts in one vocabulary: it is learned once, from the first data, and the
 * second is prepared in it. To start from a published model instead, give its folder and `loadTokenizer(folder)`.
 */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { prepareData, sample, train, withSubwords } from "punchline";

const jokes = withSubwords(await prepareData("one-liners"), 1024);
const folder = join(mkdtempSync(join(tmpdir(), "fine-tune-")), "base");
const modelOptions = { layers: 2, width: 128, heads: 4, context: 64 };
await train({ model: "gpt2", modelOptions, data: jokes, options: { maxMinutes: 1 }, out: folder });

const tagged = await prepareData("one-liners", {
  vocabulary: jokes.tokenizer,
  promptColumn: "tags",
  separator: ": ",
});
const base = { folder, name: "a small GPT-2" };
const { lm, summary } = await train({ base, data: tagged, options: { maxMinutes: 1, learningRate: 1e-3 } });

console.log(`${summary.steps} steps, validation loss ${summary.val_loss?.toFixed(3)} nats per token`);
for (const { text, finish } of await sample(lm, { prompt: "animal, marriage:", n: 3, temperature: 0.8 }))
  console.log(`-${text}${finish === "eos" ? "" : " ..."}`);
