/** `punchline export`: a model in a format that other programs load. */
import { exportFormats, exportModel, resolveModel, UsageError } from "../../index.ts";
import { argument, defineCommand } from "../command.ts";
import { choice, text } from "../option.ts";

export default defineCommand({
  description:
    "Writes a model to a folder of its own, whole or not at all. hf: config.json, model.safetensors and tokenizer, " +
    "as Hugging Face's transformers reads GPT-2, BERT and DistilBERT.",
  arguments: { model: argument({ describe: "Run folder, Hugging Face folder or Hub name" }) },
  options: {
    format: choice(exportFormats, { describe: "Who is to load it", default: "hf" }),
    out: text({ describe: "Folder to be made (required)", placeholder: "DIR" }),
  },
  examples: [
    { command: "punchline export runs/a --format hf --out for-others", explain: "A Hugging Face folder" },
  ],
  async run(ctx, { model }, { format, out }) {
    if (!out) throw new UsageError("export needs --out DIR: the folder to be made.");
    const exported = await exportModel(await resolveModel(model), { format, out });
    ctx.print(`${exported.out}: ${exported.files.join(", ")}`);
    ctx.json(exported);
  },
});
